import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { ZswapFacts } from '../../trace/zswap-facts.ts';
import type { Owners } from './owners.ts';

/**
 * Which calls of zswap a recording traces at all, told by there being one. Only then says it something that
 * an operation has none: captures of a chosen set of functions are the usual ones.
 */
export interface Shown {
  /** Calls within a store: the look at the pool's size, an entry's memory, the compressor, room for an object. */
  readonly limit: boolean;
  readonly entry: boolean;
  readonly compressor: boolean;
  readonly object: boolean;
  /** Entries are put on their list. */
  readonly list: boolean;
  readonly decompressor: boolean;
  /** Entries are freed: zswap_entry_free, or zs_free by a probe within an operation. */
  readonly entryFree: boolean;
}

/** Looks through a recording for what it traces. */
export function shownIn(ops: OperationTable, { objects }: Owners): Shown {
  const any = (of: (facts: ZswapFacts, kind: number) => boolean) => {
    for (const [row, facts] of ops.zswap) if (of(facts, ops.kind[row]!)) return true;
    return false;
  };
  return {
    limit: any(({ limitAt }) => !Number.isNaN(limitAt)),
    entry: any(({ entries }) => entries > 0),
    compressor: any(({ compressions }) => compressions > 0),
    object: any((facts) => facts.objects > 0) || objects.size > 0,
    list: any(({ published }) => published.length > 0),
    decompressor: any(({ parts }) => parts.decompress !== undefined),
    entryFree: any((_, kind) => kind === OperationKind.ZswapEntryFree) || isFreedWithinOperations(ops),
  };
}

/** Operations of zswap that free entries themselves. */
const FREEING: readonly number[] = [
  OperationKind.ZswapStore,
  OperationKind.ZswapLoad,
  OperationKind.ZswapInvalidate,
  OperationKind.ZswapWriteback,
];

/** zs_free below an operation of zswap without a zswap_entry_free between them: it stands for the entry. */
export function standsForEntry(ops: OperationTable, row: number): boolean {
  const parent = ops.parent[row]!;
  return ops.kind[row] === OperationKind.Free && parent >= 0 && FREEING.includes(ops.kind[parent]!);
}

function isFreedWithinOperations(ops: OperationTable): boolean {
  for (let row = 0; row < ops.length; row++) if (standsForEntry(ops, row)) return true;
  return false;
}
