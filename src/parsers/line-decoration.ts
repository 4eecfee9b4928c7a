/**
 * What people's tools put before each line of a trace: quote marks of a mail, `grep -n` numbers,
 * printk stamps of a dump to the console. Any combination, outermost first.
 */
const QUOTE = /^(?:\s*>)+ ?/;
const GREP_NUMBER = /^\d+[:-]/;
const PRINTK_STAMP = /^(?:<\d+>)?\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? ?/;

/** A line without its decoration, and which kinds were taken off (`quote grep printk`, or ''). */
export interface UndecoratedLine {
  readonly text: string;
  readonly decoration: string;
}

/** Takes the decoration off; the text comes back unchanged when there is none. */
export function undecorate(line: string): UndecoratedLine {
  const kinds: string[] = [];
  let text = line;
  for (let round = 0; round < 4; round++) {
    const before = text;
    text = without(text, QUOTE, 'quote', kinds);
    text = without(text, GREP_NUMBER, 'grep', kinds);
    text = without(text, PRINTK_STAMP, 'printk', kinds);
    if (text === before) break;
  }
  return { text, decoration: kinds.join(' ') };
}

function without(text: string, pattern: RegExp, kind: string, kinds: string[]): string {
  const rest = text.replace(pattern, '');
  if (rest !== text && !kinds.includes(kind)) kinds.push(kind);
  return rest;
}
