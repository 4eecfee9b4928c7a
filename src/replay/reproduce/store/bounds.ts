import type { ReproducedRow } from '../rows.ts';
import { measured, RUN_TO_RUN } from '../sampling.ts';
import type { PieceMember } from './pieces.ts';
import type { Find, StoreRow } from './published.ts';
import { boundedStoreRow, columnOf, givenStoreRow, predictedStoreRow } from './store-row.ts';

const BUILD = 'a sign at most: pages stored and read, limits and the share of waiting are not published';
const BULK = 'not even a sign: bulk allocation saves slab calls and moves entries to the node of the CPU';
const WRITTEN =
  'a closed loop of reclaim, limits and shrinker; its limits are not published, so not even a sign';

/** Kernel builds: sys and real time are bounded by the base, and by what one run differs from the next. */
export function buildRows(published: readonly StoreRow[]): readonly ReproducedRow[] {
  return published
    .filter(({ id }) => /-(?:kernel|kc)-/.test(id))
    .map((row) => {
      if (row.metric === 'written_back_pages') return boundedStoreRow(row, 'value', {}, WRITTEN);
      const hi = columnOf(row, 'base') * (1 + RUN_TO_RUN);
      return boundedStoreRow(row, 'value', { hi }, row.id.startsWith('v12-kc') ? `${BUILD}; ${BULK}` : BUILD);
    });
}

const OLDER = 'not even a sign: two versions of one design took from 10 % less to 15 % more than their base';
const VSWAP =
  'a table instead of an xarray saves its lock and nodes, releases by tag cost; neither is published, and older versions went either way';

/** Times to free swapped memory, and whole runs, with virtual swap. */
export function vswapRows(
  find: Find,
  published: readonly StoreRow[],
  members: readonly PieceMember[],
): readonly ReproducedRow[] {
  const off = find('vswap-v2-usemem_56GB/32GB_free_ms-vss_off');
  const on = find('vswap-v2-usemem_56GB/32GB_free_ms-vss_on');
  const base = columnOf(off, 'base');
  return [
    givenStoreRow(off, 'base', 'the free path without virtual swap'),
    predictedStoreRow(
      off,
      'value',
      members.map(({ draws }) => measured(base, draws, off.id)),
      { role: 'held-out', reason: 'no change: the free path is that of the base', group: 'vswap-free' },
    ),
    boundedStoreRow(on, 'value', {}, VSWAP),
    ...published
      .filter(({ id }) => /^vswap-v2-.*_s-vss_off$/.test(id))
      .flatMap((row) => [
        givenStoreRow(row, 'base', 'the run without virtual swap'),
        predictedStoreRow(
          row,
          'value',
          members.map(({ draws }) => measured(columnOf(row, 'base'), draws, row.id)),
          { role: 'held-out', reason: 'no change: no path of the base is another one', group: 'vswap-free' },
        ),
      ]),
    ...published
      .filter(({ id }) => /^vswap-v2-.*_s-vss_on$/.test(id))
      .map((row) => boundedStoreRow(row, 'value', {}, VSWAP)),
    ...published
      .filter(({ id }) => id.startsWith('vss-old-'))
      .map((row) => boundedStoreRow(row, 'value', {}, OLDER)),
  ];
}
