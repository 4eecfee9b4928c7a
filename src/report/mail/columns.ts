import type { Table } from './document.ts';

const GAP = '  ';
/** A name cut shorter than this says nothing. */
const SHORTEST = 10;
/** A name that would lose more of itself than this leaves gets a line of its own. */
const ENOUGH = 0.6;

/**
 * A table's first rows as lines of at most `width` columns. Names that do not fit lose their middle, or stand above their
 * rows: where that would be most of them, or where numbers would not fit beside them. Numbers are never cut; columns that
 * do not fit even so are left out, and named.
 */
export function tableLines({ columns, rows }: Table, shown: number, width: number): string[] {
  const visible = rows.slice(0, shown);
  const cells = [columns.map(({ title }) => title), ...visible];
  const widths = columns.map((_, k) => Math.max(...cells.map((row) => row[k]!.length)));
  const total = () => widths.reduce((sum, w) => sum + w, 0) + GAP.length * (widths.length - 1);
  while (total() > width) {
    const widest = columns.reduce(
      (best, { isNumber }, k) => (!isNumber && (best < 0 || widths[k]! > widths[best]!) ? k : best),
      -1,
    );
    if (widest < 0 || widths[widest]! <= SHORTEST) break;
    widths[widest]!--;
  }
  const isStacked = total() > width && !columns[0]!.isNumber;
  if (isStacked) widths[0] = 0;
  while (total() > width && widths.length > 2) widths.pop();
  const line = (row: readonly string[]) =>
    widths
      .map((room, k) =>
        columns[k]!.isNumber ? row[k]!.padStart(room) : shortened(row[k]!, room).padEnd(room),
      )
      .join(GAP)
      .trimEnd()
      .slice(0, width);
  let above = '';
  const lines = cells.flatMap((row, k) => {
    const [name, ...others] = row as [string, ...string[]];
    const fits = !isStacked && (columns[0]!.isNumber || widths[0]! >= ENOUGH * name.length);
    if (fits) return [line(row)];
    // Over numbers a heading of names says nothing.
    const isSame = isStacked && (name === above || k === 0);
    above = name;
    return [...(isSame ? [] : [shortened(name, width)]), line(['', ...others])];
  });
  const left = columns.slice(widths.length).map(({ title }) => title);
  return left.length === 0 ? lines : [...lines, shortened(`(no room for: ${left.join(', ')})`, width)];
}

/** A name with two dots for its middle where it is longer than its room. */
function shortened(name: string, room: number): string {
  if (name.length <= room) return name;
  const end = Math.floor((room - 2) / 2);
  return `${name.slice(0, room - 2 - end)}..${name.slice(name.length - end)}`;
}
