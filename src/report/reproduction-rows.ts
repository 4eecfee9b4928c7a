import type { Group, ReproducedRow } from '../replay/reproduce/rows.ts';

/** Groups of held-out rows as the reports name them, by part. */
export const GROUP_TITLES: Readonly<Record<ReproducedRow['part'], readonly (readonly [Group, string])[]>> = {
  free: [
    ['multi-process', 'class-idx, 2 and 4 processes'],
    ['no-lock', 'no-lock column'],
    ['single-process', 'single process'],
    ['size', 'sizes'],
    ['baseline', 'baseline, 3 processes'],
    ['other-machine', 'other machine'],
  ],
  store: [
    ['iaa-pieces', 'folio in n pieces'],
    ['zram-folio', 'the same through zram'],
    ['iaa-batch', 'batch of 8'],
    ['iaa-throughput', 'throughput, IAA batches'],
    ['iaa-sys', 'sys time, IAA batches'],
    ['software-throughput', 'throughput, zstd'],
    ['vswap-free', 'vswap compiled in, off'],
  ],
};

/** Ids are as published; what all rows of a kind have in common is left out. */
export function shortName(id: string): string {
  return id
    .replace('byn-', '')
    .replace('usemem30-', '')
    .replace('deflate-iaa', 'iaa')
    .replace('usemem_56GB/32GB_', '')
    .replace('kernel_build', 'build')
    .replaceAll('-', ' ');
}

/** What single rows are judged by. */
const MOST_ERROR_PCT = 10;

/** Held-out rows beyond it, so that nobody has to look for them; null where there is none. */
export function missedText(rows: readonly ReproducedRow[]): string | null {
  const missed = rows.filter((row) => row.role === 'held-out' && Math.abs(row.errorPct!) > MOST_ERROR_PCT);
  if (missed.length === 0) return null;
  const names = missed.map((row) => shortName(row.id)).join(', ');
  return `More than ${MOST_ERROR_PCT} % off (docs/reproduce.md says what is known): ${names}`;
}

/** The configuration of a row that is compared: `64K iaa`, `v11 PMD`. */
export function configurationText(id: string): string {
  const [series, , folio, codec] = id.replace('deflate-iaa', 'iaa').replace('2M', 'PMD').split('-');
  return id.includes('usemem') ? `${series} ${folio}` : `${folio} ${codec}`;
}

/** Throughputs of stores in GB/s, their times as published. */
export function storeNumber(unit: string): (value: number) => string {
  return unit === 'KB/s' ? (value) => (value / 1e6).toFixed(2) : (value) => value.toFixed(0);
}

/** Times of frees in ms, shares in percent. */
export function freeNumber(unit: string): (value: number) => string {
  const scale = unit === 'ns' ? 1e6 : 1;
  return (value) => (value / scale).toFixed(1);
}

/** A difference in percent with its sign; nothing for null. */
export function signedText(value: number | null): string {
  if (value === null) return '';
  const text = value.toFixed(1);
  return Number(text) === 0 ? '0.0' : `${value < 0 ? '' : '+'}${text}`;
}

/** Half of a range around nothing; nothing for null. */
export function withinText(value: number | null): string {
  return value === null ? '' : `+-${value.toFixed(1)}`;
}

/** What the columns of the table of scatter mean. */
export const SCATTER_NOTE =
  'codec, zram: whose part of the error it is. scatter: 90 % of what zram adds to a folio, over all published ' +
  'codecs. open: 90 %, where figures repeat within 2.5 % (those of whole runs do; few of these were repeated).';
