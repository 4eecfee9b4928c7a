import { median, sampleStandardDeviation } from 'simple-statistics';
import type { ReproducedRow } from '../rows.ts';
import { measured } from '../sampling.ts';
import { batchNs, folioNs, type PieceMember, pieceMembers } from './pieces.ts';
import type { StoreRow } from './published.ts';
import { boundedStoreRow, columnOf, givenStoreRow, predictedStoreRow } from './store-row.ts';

/** Looks a row up. @throws {RangeError} when it is missing. */
export type Find = (id: string) => StoreRow;

const SAMPLES = 600;
const CALIBRATED_ON = [1, 2, 64];
const PIECES = [1, 2, 4, 8, 16, 32, 64];
const SOFTWARE = ['lz4', 'lzo_rle', 'zstd'];

export interface PieceStudy {
  readonly rows: readonly ReproducedRow[];
  /** Parameter sets for compression. */
  readonly compress: readonly PieceMember[];
}

/** The folio in n pieces, zram with it, and the batch of 8 pages. */
export function pieceStudy(find: Find, effort: number, seed: number): PieceStudy {
  const rows: ReproducedRow[] = [];
  const ensembles = (['compress', 'decompress'] as const).map((metric) => {
    const time = (pieces: number) => find(`byn-by_${pieces}-${metric}`).value;
    const samples = Math.ceil(SAMPLES * effort);
    const members = pieceMembers({ one: time(1), two: time(2), many: time(64) }, samples, seed);
    rows.push(...folioRows(find, metric, members));
    return members;
  });
  const [compress, decompress] = ensembles as [readonly PieceMember[], readonly PieceMember[]];
  rows.push(...zramRows(find, 'zram_write', 'compress', compress));
  rows.push(...zramRows(find, 'zram_read', 'decompress', decompress));
  rows.push(...batchRows(find, compress));
  return { rows, compress };
}

function folioRows(find: Find, metric: string, members: readonly PieceMember[]): ReproducedRow[] {
  const rows = PIECES.map((pieces) => {
    const row = find(`byn-by_${pieces}-${metric}`);
    const isGiven = CALIBRATED_ON.includes(pieces);
    return predictedStoreRow(
      row,
      'value',
      members.map(({ costs, draws }) =>
        isGiven ? folioNs(costs, pieces) : measured(folioNs(costs, pieces), draws, row.id),
      ),
      isGiven
        ? { role: 'calibration', reason: 'single piece, rate and cost of a descriptor', group: null }
        : { role: 'held-out', reason: 'by_1, by_2, by_64 and 8 engines', group: 'iaa-pieces' },
    );
  });
  return [
    ...rows,
    ...SOFTWARE.map((codec) =>
      givenStoreRow(find(`byn-${codec}-${metric}`), 'value', 'cost of a software codec, for other rows'),
    ),
  ];
}

/** zram adds to a folio what it adds with the codecs as they were, deflate-iaa in one piece among them. */
function zramRows(
  find: Find,
  metric: string,
  of: string,
  members: readonly PieceMember[],
): readonly ReproducedRow[] {
  const asTheyWere = ['by_1', ...SOFTWARE].map((codec) => ({
    row: find(`byn-${codec}-${metric}`),
    codecNs: find(`byn-${codec}-${of}`).value,
  }));
  const own = asTheyWere.map(({ row, codecNs }) => row.value - codecNs);
  const [ownNs, spread] = [median(own), sampleStandardDeviation(own)];
  return [
    ...asTheyWere.map(({ row }) => givenStoreRow(row, 'value', 'what zram adds to a folio')),
    ...PIECES.filter((pieces) => pieces !== 1).map((pieces) => {
      const row = find(`byn-by_${pieces}-${metric}`);
      const values = members.map(({ costs, draws }) =>
        measured(folioNs(costs, pieces) + draws.normal(`zram ${metric}`, ownNs, spread), draws, row.id),
      );
      return predictedStoreRow(row, 'value', values, {
        role: 'held-out',
        reason: `${of}, and the ${Math.round(ownNs)} ns that zram adds (median of four codecs, with their spread)`,
        group: 'zram-folio',
      });
    }),
  ];
}

function batchRows(find: Find, members: readonly PieceMember[]): readonly ReproducedRow[] {
  return ['', 'b'].flatMap((session) => {
    const middle = find(`iaa-batch8-p50${session}`);
    const tail = find(`iaa-batch8-p99${session}`);
    return [
      predictedStoreRow(
        middle,
        'base',
        members.map(({ costs, draws }) => measured(batchNs(costs, 8), draws, `${middle.id}.base`)),
        { role: 'held-out', reason: 'by_1, by_2, by_64 of the by_n RFC and 8 engines', group: 'iaa-batch' },
      ),
      boundedStoreRow(
        middle,
        'value',
        { hi: columnOf(middle, 'base') },
        'less, as the patch only takes instructions away; by how much is not told by the base',
      ),
      boundedStoreRow(
        tail,
        'value',
        { hi: columnOf(tail, 'base') },
        'less, as the patch only takes instructions away; the tail is not modelled',
      ),
    ];
  });
}
