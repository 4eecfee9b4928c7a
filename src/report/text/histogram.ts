import type { HistogramBucket } from '../../analysis/result.ts';
import { borderText } from '../quantities.ts';

const BAR = 40;

/** Powers of two in `[lo, hi)` form with bars, as bpftrace prints them. */
export function histogram(buckets: readonly HistogramBucket[]): string[] {
  const byOctave = new Map<number, number>();
  for (const { loNs, count } of buckets) {
    const octave = loNs < 1 ? 0 : Math.floor(Math.log2(loNs)) + 1;
    byOctave.set(octave, (byOctave.get(octave) ?? 0) + count);
  }
  const octaves = [...byOctave.keys()];
  const most = Math.max(...byOctave.values());
  const lines: string[] = [];
  for (let octave = Math.min(...octaves); octave <= Math.max(...octaves); octave++) {
    const count = byOctave.get(octave) ?? 0;
    const lo = borderText(octave === 0 ? 0 : 2 ** (octave - 1));
    const range = `[${lo}, ${borderText(2 ** octave)})`.padEnd(16);
    lines.push(`${range}${bar(count, most)}`);
  }
  return lines;
}

/** A count with its bar, the longest for `most`; anything but nothing has one. */
export function bar(count: number, most: number): string {
  const filled = '@'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * BAR)));
  return `${String(count).padStart(9)} |${filled.padEnd(BAR)}|`;
}
