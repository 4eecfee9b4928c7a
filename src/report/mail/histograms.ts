import type { HistogramBucket } from '../../analysis/result.ts';
import { borderText, shareText } from '../quantities.ts';
import { clip, WIDTH } from '../text/layout.ts';

const RANGE_WIDTH = 14;
const SHARE_WIDTH = 7;
/** A long tail of single calls would fill the mail: from here on it is one row. */
const MOST_ROWS = 12;

export interface Series {
  readonly name: string;
  readonly buckets: readonly HistogramBucket[];
}

/**
 * Histograms beside each other, one row for each power of two of ns, so that a shift is seen at once. Bars are shares of a
 * series' own calls, all on one scale; at most three series have room in 72 columns.
 */
export function histogramsSideBySide(series: readonly Series[]): string[] {
  const shares = series.map(({ buckets }) => sharesByOctave(buckets));
  const octaves = shares.flatMap((s) => [...s.keys()]);
  if (octaves.length === 0) return [];
  const most = Math.max(...shares.flatMap((s) => [...s.values()]));
  const room = Math.floor((WIDTH - RANGE_WIDTH) / series.length);
  const bar = room - SHARE_WIDTH - ' ||'.length - 1;
  const lines = [
    ' '.repeat(RANGE_WIDTH) +
      series
        .map(({ name }) => ` ${clip(name, room - 1)}`.padEnd(room))
        .join('')
        .trimEnd(),
  ];
  const first = Math.min(...octaves);
  const last = Math.max(...octaves);
  const end = Math.min(last, first + MOST_ROWS - 1);
  for (let octave = first; octave <= end; octave++) {
    const isRest = octave === end && end < last;
    const low = borderText(octave === 0 ? 0 : 2 ** (octave - 1));
    const high = isRest ? '...' : borderText(2 ** octave);
    const cells = shares.map((s) => {
      const share = isRest ? sumFrom(s, octave) : (s.get(octave) ?? 0);
      const length = share === 0 ? 0 : Math.max(1, Math.round((share / most) * bar));
      const text = share === 0 ? '' : shareText(share).replace(' %', '%');
      return ` ${text.padStart(SHARE_WIDTH)} |${'@'.repeat(length).padEnd(bar)}|`;
    });
    lines.push(`[${low}, ${high})`.padEnd(RANGE_WIDTH) + cells.join(''));
  }
  return lines;
}

function sumFrom(shares: ReadonlyMap<number, number>, octave: number): number {
  return [...shares].reduce((sum, [at, share]) => (at < octave ? sum : sum + share), 0);
}

function sharesByOctave(buckets: readonly HistogramBucket[]): Map<number, number> {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const shares = new Map<number, number>();
  for (const { loNs, count } of buckets) {
    const octave = loNs < 1 ? 0 : Math.floor(Math.log2(loNs)) + 1;
    shares.set(octave, (shares.get(octave) ?? 0) + count / total);
  }
  return shares;
}
