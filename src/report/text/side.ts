import type { SideHistogram, SideTable } from '../../analysis/result.ts';
import { borderText, countText } from '../quantities.ts';
import { bar } from './histogram.ts';
import { clip, WIDTH } from './layout.ts';

/** A histogram of another tool in `[lo, hi)` form. */
export function sideHistogramLines(side: SideHistogram): string[] {
  const { buckets, unit } = side;
  if (buckets.length === 0) return [];
  const most = Math.max(...buckets.map((bucket) => bucket.count));
  const border = (value: number) =>
    value === Number.POSITIVE_INFINITY ? '...' : Number.isInteger(value) ? borderText(value) : String(value);
  const lines = buckets.map(({ lo, hi, count }) =>
    clip(`${`[${border(lo)}, ${border(hi)})`.padEnd(16)}${bar(count, most)}`, WIDTH),
  );
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return [...lines, `${countText(total, 'value')}${unit === 'ns' ? ', in ns' : ''}`];
}

/** A table of the kernel or of another tool, as wide as there is room. */
export function sideTableLines(side: SideTable, entries: number): string[] {
  const { columns, rows } = side;
  if (rows.length === 0) return [];
  const text = (value: string | number | null) => (value === null ? '-' : String(value));
  const shown = rows.slice(0, entries).map((row) => row.map(text));
  const widths = columns.map((name, at) =>
    Math.max(name.length, ...shown.map((row) => (row[at] ?? '').length)),
  );
  // Columns that do not fit stand below, each with its name: nothing is left out.
  let used = 0;
  let fitting = 0;
  while (fitting < columns.length && used + widths[fitting]! + 2 <= WIDTH) used += widths[fitting++]! + 2;
  const line = (cells: readonly string[]) =>
    cells
      .slice(0, fitting)
      .map((cell, at) => cell.padStart(widths[at]!))
      .join('  ');
  const lines = fitting === 0 ? [] : [line(columns)];
  for (const row of shown) {
    if (fitting > 0) lines.push(line(row));
    for (let at = fitting; at < columns.length; at++)
      lines.push(clip(`    ${columns[at]}: ${row[at] ?? '-'}`, WIDTH));
  }
  if (rows.length > entries)
    lines.push(`... and ${countText(rows.length - entries, 'row')} more (--entries, --json)`);
  return lines;
}
