/** Lines fit a mail: two levels of `> ` still leave them within 80. */
export const WIDTH = 72;

/** Words filled into lines; `indent` before each, the first may have its own. */
export function wrap(text: string, indent: string, first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  // A number and its % stay together.
  for (const word of text.split(/ (?!%)/)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `${indent === '' ? '' : indent}  `.slice(0, indent.length + (lines.length > 0 ? 2 : 0));
      empty = true;
    }
    line += (empty ? '' : ' ') + word;
    empty = false;
    // A word longer than a line (a path) is broken: a mail must not have longer lines.
    while (line.length > WIDTH) {
      lines.push(line.slice(0, WIDTH));
      line = `${indent}  ${line.slice(WIDTH)}`;
    }
  }
  lines.push(line);
  return lines;
}

/** A line cut to a width, with dots where something is missing. */
export function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 3)}...`;
}

/** Task names may hold anything; a mail and a terminal should not get it raw. */
export function ascii(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, '?');
}
