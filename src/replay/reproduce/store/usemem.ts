import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { ReproducedRow } from '../rows.ts';
import { measured, RUN_TO_RUN } from '../sampling.ts';
import { batchNs, FOLIO_KIB, type PieceMember } from './pieces.ts';
import type { Find, StoreRow } from './published.ts';
import { boundedStoreRow, columnOf, givenStoreRow, predictedStoreRow } from './store-row.ts';

/** 30 processes of 10 GiB each under memory.high 150G: usemem -w -O -s 10 -n 30 10g. */
const PROCESSES = 30;
const KB_PER_PROCESS = 10 * 1024 * 1024;
const BATCH = 8;
const PAGES_OF_FOLIO = FOLIO_KIB / 4;

/** Pages stored in the baseline runs of v10 (zswpout); v13 has the same within 0.4 %. */
const STORED = {
  '64K': { zstd: 48_745_750, 'deflate-iaa': 57_996_932 },
  PMD: { zstd: 48_065_103, 'deflate-iaa': 59_440_062 },
} as const;
type Folio = keyof typeof STORED;

const SERIES = ['v11', 'v12', 'v13', 'v14'] as const;
/** Own data may compress faster or slower than those of the by_n RFC. */
const OTHER_DATA = 0.1;

const nameOf = (series: string, folio: Folio) => (folio === 'PMD' && series !== 'v14' ? '2M' : folio);

function runOf(find: Find, series: string, folio: Folio, codec: string, metric: string): StoreRow {
  return find(`${series}-usemem30-${nameOf(series, folio)}-${codec}-${metric}`);
}

/** Time of each process for its 10 GiB, s: the throughput is the sum of all of them. */
export function processSeconds(throughput: number): number {
  return (PROCESSES * KB_PER_PROCESS) / throughput;
}

/** Throughput, times and sys time of usemem with IAA and with zstd. */
export function usememRows(find: Find, members: readonly PieceMember[]): readonly ReproducedRow[] {
  const rows: ReproducedRow[] = [];
  for (const folio of ['64K', 'PMD'] as const) {
    const rests = restNs(find, folio, members);
    for (const series of SERIES) {
      rows.push(...iaaRows(find, series, folio, members, rests));
      rows.push(...softwareRows(find, series, folio, members));
    }
    if (folio === '64K') {
      for (const series of ['v9', 'v10']) {
        const row = find(`${series}-usemem30-64K?-deflate-iaa-throughput`);
        rows.push(...throughputRows(row, folio, members, rests));
      }
    }
  }
  return rows;
}

/**
 * Everything but the compression of a stored page, ns, for each member: what zstd's baseline rows leave
 * when the cost of zstd is taken away. The covers' baselines differ by a tenth with zstd where they agree
 * with IAA, so one of them is not enough: all four are taken, with their spread.
 */
function restNs(find: Find, folio: Folio, members: readonly PieceMember[]): readonly number[] {
  const stored = STORED[folio].zstd / PROCESSES;
  const perPage = SERIES.map(
    (series) =>
      (processSeconds(columnOf(runOf(find, series, folio, 'zstd', 'throughput'), 'base')) * 1e9) / stored,
  );
  const compressNs = find('byn-zstd-compress').value / PAGES_OF_FOLIO;
  return members.map(
    ({ draws }) =>
      draws.normal(`zstd page ${folio}`, mean(perPage), sampleStandardDeviation(perPage)) -
      compressNs * draws.uniform('zstd data', 1 - OTHER_DATA, 1 + OTHER_DATA),
  );
}

/** Seconds of a process with batches: the rest of its pages, and an eighth of a batch for each. */
function batchedSeconds(folio: Folio, restOfPageNs: number, { costs }: PieceMember): number {
  const stored = STORED[folio]['deflate-iaa'] / PROCESSES;
  return (stored * (restOfPageNs + batchNs(costs, BATCH) / BATCH)) / 1e9;
}

function throughputRows(
  row: StoreRow,
  folio: Folio,
  members: readonly PieceMember[],
  rests: readonly number[],
): readonly ReproducedRow[] {
  const values = members.map((member, i) => {
    const seconds = batchedSeconds(folio, rests[i]!, member);
    return measured((PROCESSES * KB_PER_PROCESS) / seconds, member.draws, row.id);
  });
  return [
    givenStoreRow(row, 'base', 'the gain is told against it'),
    predictedStoreRow(row, 'value', values, {
      role: 'held-out',
      reason: "rest of a page from zstd's baselines, and an eighth of a batch of 8 on idle engines",
      group: 'iaa-throughput',
    }),
  ];
}

function iaaRows(
  find: Find,
  series: string,
  folio: Folio,
  members: readonly PieceMember[],
  rests: readonly number[],
): readonly ReproducedRow[] {
  const run = (metric: string) => runOf(find, series, folio, 'deflate-iaa', metric);
  const throughput = run('throughput');
  const sys = run('sys');
  const elapsed = run('elapsed');
  const before = processSeconds(columnOf(throughput, 'base'));
  const sysValues = members.map((member, i) => {
    const saved = PROCESSES * (before - batchedSeconds(folio, rests[i]!, member));
    return measured(columnOf(sys, 'base') - saved, member.draws, sys.id);
  });
  return [
    ...throughputRows(throughput, folio, members, rests),
    givenStoreRow(sys, 'base', 'the saving is taken from it'),
    predictedStoreRow(sys, 'value', sysValues, {
      role: 'held-out',
      reason: 'what the processes save: they poll, so all of it is sys time',
      group: 'iaa-sys',
    }),
    boundedStoreRow(
      elapsed,
      'value',
      { hi: columnOf(elapsed, 'base') },
      'less; how unevenly the processes end, and the exit of the last, are not published',
    ),
  ];
}

function softwareRows(
  find: Find,
  series: string,
  folio: Folio,
  members: readonly PieceMember[],
): readonly ReproducedRow[] {
  const run = (metric: string) => runOf(find, series, folio, 'zstd', metric);
  const throughput = run('throughput');
  const base = columnOf(throughput, 'base');
  const noMoreThanNoise =
    'not more, but for noise; entries and locks of a batch are cheaper by an unknown amount';
  return [
    givenStoreRow(throughput, 'base', 'rest of a page; the gain is told against it'),
    predictedStoreRow(
      throughput,
      'value',
      members.map(({ draws }) => measured(base, draws, throughput.id)),
      {
        role: 'held-out',
        reason: 'no gain: a software codec compresses a batch one page after the other',
        group: 'software-throughput',
      },
    ),
    ...['elapsed', 'sys'].map((metric) => {
      const row = run(metric);
      return boundedStoreRow(row, 'value', { hi: withNoise(columnOf(row, 'base')) }, noMoreThanNoise);
    }),
  ];
}

function withNoise(value: number): number {
  return value * (1 + RUN_TO_RUN);
}
