import type { ReproducedRow } from '../rows.ts';
import { buildRows, vswapRows } from './bounds.ts';
import { type Comparison, compareBuilds, compareSoftware } from './comparisons.ts';
import { pieceNoise, type RowNoise } from './noise.ts';
import { pieceStudy } from './piece-rows.ts';
import { type Find, PUBLISHED_STORE, type StoreRow } from './published.ts';
import { usememRows } from './usemem.ts';

export interface StoreReproduction {
  readonly rows: readonly ReproducedRow[];
  readonly comparisons: readonly Comparison[];
  readonly noise: readonly RowNoise[];
}

/**
 * Published numbers of the store path beside predictions from their baseline.
 * @throws {RangeError} when a row is missing, or no parameter set reproduces the calibration.
 */
export function reproduceStore(
  options: { readonly seed: number; readonly effort: number },
  published: readonly StoreRow[] = PUBLISHED_STORE,
): StoreReproduction {
  const find: Find = (id) => {
    const row = published.find((candidate) => candidate.id === id);
    if (!row) throw new RangeError(`no published row ${id}`);
    return row;
  };
  const { rows, compress } = pieceStudy(find, options.effort, options.seed);
  return {
    rows: [
      ...rows,
      ...usememRows(find, compress),
      ...buildRows(published),
      ...vswapRows(find, published, compress),
    ],
    comparisons: [...compareBuilds(find), ...compareSoftware(find)],
    noise: pieceNoise(find, rows),
  };
}
