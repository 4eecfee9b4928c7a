import type { Table } from './document.ts';

const GAP = '  ';
/** A name cut shorter than this says nothing. */
const SHORTEST = 10;
/** A name that would lose more of itself than this leaves gets a line of its own. */
const ENOUGH = 0.6;

/**
 * A table's first rows as lines of at most `width` columns; names that do not fit lose their middle, or stand above their
 * row where that would be most of them.
 */
export function tableLines({ columns, rows }: Table, shown: number, width: number): string[] {
  const visible = rows.slice(0, shown);
  const cells = [columns.map(({ title }) => title), ...visible];
  const widths = columns.map((_, k) => Math.max(...cells.map((row) => row[k]!.length)));
  const total = () => widths.reduce((sum, w) => sum + w, 0) + GAP.length * (columns.length - 1);
  while (total() > width) {
    const widest = columns.reduce(
      (best, { isNumber }, k) => (!isNumber && (best < 0 || widths[k]! > widths[best]!) ? k : best),
      -1,
    );
    if (widest < 0 || widths[widest]! <= SHORTEST) break;
    widths[widest]!--;
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, k) =>
        columns[k]!.isNumber ? cell.padStart(widths[k]!) : shortened(cell, widths[k]!).padEnd(widths[k]!),
      )
      .join(GAP)
      .trimEnd()
      .slice(0, width);
  return cells.flatMap((row) => {
    const [name, ...others] = row as [string, ...string[]];
    if (columns[0]!.isNumber || widths[0]! >= ENOUGH * name.length) return [line(row)];
    return [shortened(name, width), line(['', ...others])];
  });
}

/** A name with two dots for its middle where it is longer than its room. */
function shortened(name: string, room: number): string {
  if (name.length <= room) return name;
  const end = Math.floor((room - 2) / 2);
  return `${name.slice(0, room - 2 - end)}..${name.slice(name.length - end)}`;
}
