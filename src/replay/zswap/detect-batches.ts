import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/** How a patched kernel stores the pages of a folio together, as the order of its calls shows it. */
export interface RecordedBatches {
  /** Pages in a batch. */
  readonly size: number;
  /** The context's mutex is locked once for a batch, or for each of its pages. */
  readonly mutex: 'batch' | 'page';
  /** One slab call brings the entries of a batch. */
  readonly bulk: boolean;
  /** What shows it. */
  readonly basis: string;
}

/**
 * Whether pages are stored in batches. Names of functions do not decide, because what is static may be inlined
 * and patches name things as they like; what is done together does: pages compressed under one hold of the
 * mutex, entries asked for before the first page is compressed.
 * @returns null where pages are stored one by one, or the calls that would show it are not traced.
 */
export function detectBatches(ops: OperationTable): RecordedBatches | null {
  let held = 0;
  let inRow = 0;
  let perBulk = 0;
  let bulk = false;
  for (const [op, facts] of ops.zswap) {
    if (ops.kind[op] !== OperationKind.ZswapStore) continue;
    held = Math.max(held, facts.compressionsInHold);
    inRow = Math.max(inRow, facts.entriesInRow);
    if (facts.bulkEntries === 0) continue;
    bulk = true;
    // Without the mutex: as many pages as each call brings entries for.
    perBulk = Math.max(perBulk, Math.ceil(facts.compressions / facts.bulkEntries));
  }
  const entries = bulk ? 'kmem_cache_alloc_bulk' : `${inRow} entries asked for in a row`;
  if (held > 1)
    return {
      size: held,
      mutex: 'batch',
      bulk,
      basis: `${held} pages compressed under one hold of the mutex; ${entries}`,
    };
  const together = bulk ? perBulk : inRow;
  if (together < 2) return null;
  const mutex = held === 1 ? 'page' : 'batch';
  return {
    size: together,
    mutex,
    bulk,
    basis: `${entries}${held === 1 ? ', the mutex locked for each page' : '; the mutex is not traced'}`,
  };
}

/** What a report says of batches: how they are told, or that only a function's name points to them; null without either. */
export function batchesText(ops: OperationTable): string | null {
  const batches = detectBatches(ops);
  if (batches) return `patched, stores in batches: ${batches.basis}`;
  const name = [...ops.zswapSigns].find((sign) => /^zswap_store_pages$|batch/.test(sign));
  return name === undefined
    ? null
    : `${name}: patched; what is stored together is not shown, and pages are taken to be stored one by one`;
}

/** The designs that a kernel without batches would get, as `--design` writes them. */
export function designOf({ size, mutex, bulk }: RecordedBatches): string {
  return `batch-store:size=${size}${mutex === 'page' ? '+mutex-per-page' : ''}${bulk ? '+bulk-entries' : ''}`;
}
