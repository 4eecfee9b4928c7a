import { median, sampleStandardDeviation } from 'simple-statistics';
import type { ReproducedRow } from '../rows.ts';
import { measured } from '../sampling.ts';
import { compressedKib, PIECES, SOFTWARE_CODECS } from './by-n.ts';
import { folioNs, type PieceMember } from './pieces.ts';
import type { Find } from './published.ts';
import { givenStoreRow, predictedStoreRow } from './store-row.ts';

/** Two columns of the RFC: a folio through zram, and what the codec alone takes of it. */
export interface ZramColumn {
  readonly metric: 'zram_write' | 'zram_read';
  readonly codec: 'compress' | 'decompress';
  /**
   * Copying a compressed KiB, ns. A write copies the object into the pool (zram_write_page, 6.8 to 6.12);
   * one core, cold pages, 7 to 20 GB/s (assumed). A read of a folio lets the codec read the object where it lies.
   */
  readonly copyKibNs: { readonly low: number; readonly high: number };
}

export const ZRAM_COLUMNS: readonly ZramColumn[] = [
  { metric: 'zram_write', codec: 'compress', copyKibNs: { low: 50, high: 150 } },
  { metric: 'zram_read', codec: 'decompress', copyKibNs: { low: 0, high: 0 } },
];

/** Codecs as they were before the RFC: deflate-iaa in one piece among them. */
const AS_THEY_WERE = ['by_1', ...SOFTWARE_CODECS];

/** What zram adds to a folio beside the copy, ns, where copying a KiB takes so long. */
export function zramOwn(
  find: Find,
  { metric, codec }: ZramColumn,
  copyKibNs: number,
  designs: readonly string[] = AS_THEY_WERE,
): readonly number[] {
  return designs.map(
    (design) =>
      find(`byn-${design}-${metric}`).value -
      find(`byn-${design}-${codec}`).value -
      copyKibNs * compressedKib(design),
  );
}

/** zram adds to a folio what it adds with the codecs as they were, and copies what it stores. */
export function zramRows(
  find: Find,
  column: ZramColumn,
  members: readonly PieceMember[],
): readonly ReproducedRow[] {
  const { metric, codec, copyKibNs } = column;
  const added = members.map(({ draws }) => {
    const copy = draws.uniform(`${metric} copy`, copyKibNs.low, copyKibNs.high);
    const own = zramOwn(find, column, copy);
    return { copy, ownNs: draws.normal(`zram ${metric}`, median(own), sampleStandardDeviation(own)) };
  });
  const copies = copyKibNs.high > 0 ? ' beside the copy of what is stored' : '';
  const usualNs = Math.round(median(zramOwn(find, column, (copyKibNs.low + copyKibNs.high) / 2)));
  return [
    ...AS_THEY_WERE.map((design) =>
      givenStoreRow(find(`byn-${design}-${metric}`), 'value', 'what zram adds to a folio'),
    ),
    ...PIECES.filter((pieces) => pieces !== 1).map((pieces) => {
      const row = find(`byn-by_${pieces}-${metric}`);
      const values = members.map(({ costs, draws }, i) => {
        const { copy, ownNs } = added[i]!;
        const ns = folioNs(costs, pieces) + ownNs + copy * compressedKib(row.design);
        return measured(ns, draws, row.id);
      });
      return predictedStoreRow(row, 'value', values, {
        role: 'held-out',
        reason: `${codec}, and the ${usualNs} ns that zram adds${copies} (median of four codecs, with their spread)`,
        group: 'zram-folio',
      });
    }),
  ];
}
