import type { SideHistogram, SideTable } from '../../analysis/result.ts';
import { countText, durationText, sideBorderText } from '../quantities.ts';
import { bar } from './histogram.ts';
import { clip, WIDTH, wrap } from './layout.ts';

/** A histogram of another tool in `[lo, hi)` form. */
export function sideHistogramLines(side: SideHistogram): string[] {
  const { buckets, unit } = side;
  if (buckets.length === 0) return [];
  const most = Math.max(...buckets.map((bucket) => bucket.count));
  const border = (value: number) => sideBorderText(value, unit);
  const lines = buckets.map(({ lo, hi, count }) =>
    clip(`${`[${border(lo)}, ${border(hi)})`.padEnd(18)}${bar(count, most)}`, WIDTH),
  );
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return [...lines, ...wrap(`${countText(total, 'value')}, from ${side.source}`, '')];
}

/** A table of the kernel or of another tool, as wide as there is room; times of `_ns` columns with their unit. */
export function sideTableLines(side: SideTable, entries: number): string[] {
  const { rows } = side;
  if (rows.length === 0) return [];
  const isTime = side.columns.map((name) => name.endsWith('_ns'));
  const columns = side.columns.map((name) => name.replace(/_ns$/, ''));
  const text = (value: string | number | null | undefined, at: number) => {
    if (value === null || value === undefined) return '-';
    return isTime[at] && typeof value === 'number' ? durationText(value) : String(value);
  };
  const shown = rows.slice(0, entries).map((row) => columns.map((_, at) => text(row[at], at)));
  const widths = columns.map((name, at) => Math.max(name.length, ...shown.map((row) => row[at]!.length)));
  let used = 0;
  let fitting = 0;
  while (fitting < columns.length && used + widths[fitting]! <= WIDTH) used += widths[fitting++]! + 2;
  const line = (cells: readonly string[]) =>
    cells
      .slice(0, fitting)
      .map((cell, at) => cell.padStart(widths[at]!))
      .join('  ');
  const lines = fitting === 0 ? [] : [line(columns)];
  for (const row of shown) {
    if (fitting > 0) lines.push(line(row));
    // What does not fit beside the others stands below them, with its name: nothing is left out.
    for (let at = fitting; at < columns.length; at++)
      lines.push(clip(`    ${columns[at]}: ${row[at]}`, WIDTH));
  }
  if (rows.length > entries)
    lines.push(`... and ${countText(rows.length - entries, 'row')} more (--entries, --json)`);
  return [...lines, ...wrap(`from ${side.source}`, '')];
}
