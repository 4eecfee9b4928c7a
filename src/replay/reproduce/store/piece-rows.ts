import type { ReproducedRow } from '../rows.ts';
import { measured } from '../sampling.ts';
import { PIECES, SOFTWARE_CODECS } from './by-n.ts';
import { batchNs, folioNs, type PieceMember, pieceMembers } from './pieces.ts';
import type { Find } from './published.ts';
import { boundedStoreRow, columnOf, givenStoreRow, predictedStoreRow } from './store-row.ts';
import { ZRAM_COLUMNS, zramRows } from './zram-rows.ts';

const SAMPLES = 600;
const CALIBRATED_ON = [1, 2, 64];

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
  for (const column of ZRAM_COLUMNS)
    rows.push(...zramRows(find, column, column.codec === 'compress' ? compress : decompress));
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
    ...SOFTWARE_CODECS.map((codec) =>
      givenStoreRow(find(`byn-${codec}-${metric}`), 'value', 'cost of a software codec, for other rows'),
    ),
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
