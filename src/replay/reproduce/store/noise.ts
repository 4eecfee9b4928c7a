import { sampleStandardDeviation } from 'simple-statistics';
import type { ReproducedRow } from '../rows.ts';
import { RUN_TO_RUN } from '../sampling.ts';
import { PIECES, SOFTWARE_CODECS } from './by-n.ts';
import { batchNs, folioNs, middleMember, type PieceCalibration } from './pieces.ts';
import type { Find } from './published.ts';
import { ZRAM_COLUMNS, type ZramColumn, zramOwn } from './zram-rows.ts';

/** An error beside what the scatter of the published figures alone may cause. Percent of the published time. */
export interface RowNoise {
  readonly id: string;
  readonly errorPct: number;
  /** Of a row through zram: what of the error is the codec's, and what is zram's; null for other rows. */
  readonly codecPct: number | null;
  readonly zramPct: number | null;
  /** Nine in ten of zram's parts are smaller than this where only what zram adds scatters; null for other rows. */
  readonly zramScatterPct: number | null;
  /** Nine errors in ten are smaller than this where the figures scatter and, besides, repeat within 2.5 % only. */
  readonly openPct: number;
}

/** Of a normal distribution, the middle 90 %. */
const WITHIN_90 = 1.645;
const ALL_FOLIOS = [...PIECES.map((pieces) => `by_${pieces}`), ...SOFTWARE_CODECS];

type Codec = ZramColumn['codec'];

/**
 * How far published figures leave the errors of pieces and batches open: what zram adds differs from row to row
 * without order, and none of the rows but the batch of 8 was published twice (that one repeats within 0.2 %, times
 * of whole runs within 2.5 %). Looks at all published rows, so it says nothing of how good a prediction is, and
 * enters none.
 */
export function pieceNoise(find: Find, rows: readonly ReproducedRow[]): readonly RowNoise[] {
  const rowOf = (id: string) => rows.find((row) => row.id === id);
  return rows
    .filter(({ group }) => group === 'iaa-pieces' || group === 'zram-folio' || group === 'iaa-batch')
    .map((row) => {
      const { id, metric, design, published } = row;
      const column = ZRAM_COLUMNS.find((candidate) => candidate.metric === metric);
      const codec = column?.codec ?? (metric === 'decompress' ? 'decompress' : 'compress');
      const pieces = Number(design.replace('by_', ''));
      const time = (calibration: PieceCalibration) =>
        row.group === 'iaa-batch'
          ? batchNs(middleMember(calibration), 8)
          : folioNs(middleMember(calibration), pieces);
      const zramNs = column ? zramScatter(find, column) : null;
      const parts = [...calibrationScatter(find, codec, time), RUN_TO_RUN * published, zramNs ?? 0];
      const share = (ns: number) => ((WITHIN_90 * ns) / published) * 100;
      const errorPct = row.errorPct!;
      const codecPct = column ? codecPart(rowOf(`byn-${design}-${codec}`)!, published) : null;
      return {
        id,
        errorPct,
        codecPct,
        zramPct: codecPct === null ? null : errorPct - codecPct,
        zramScatterPct: zramNs === null ? null : share(zramNs),
        openPct: share(Math.hypot(...parts)),
      };
    });
}

/** By how many ns a prediction changes when each calibration row is one standard deviation off. */
function calibrationScatter(find: Find, codec: Codec, time: (of: PieceCalibration) => number): number[] {
  const given = (pieces: number) => find(`byn-by_${pieces}-${codec}`).value;
  const calibration = { one: given(1), two: given(2), many: given(64) };
  const was = time(calibration);
  return (['one', 'two', 'many'] as const).map(
    (which) => time({ ...calibration, [which]: calibration[which] * (1 + RUN_TO_RUN) }) - was,
  );
}

/** Standard deviation of what zram adds beside the copy, ns, over all published folios. */
function zramScatter(find: Find, column: ZramColumn): number {
  const { low, high } = column.copyKibNs;
  return sampleStandardDeviation(zramOwn(find, column, (low + high) / 2, ALL_FOLIOS));
}

function codecPart({ predicted, published }: ReproducedRow, ofNs: number): number {
  return ((predicted! - published) / ofNs) * 100;
}
