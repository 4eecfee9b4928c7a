import { ascii, clip, WIDTH } from '../text/layout.ts';
import { tableLines } from './columns.ts';
import type { Length, Part, ReviewDocument } from './document.ts';
import { commandLines, fill } from './fill.ts';

const MOST_LINES = { brief: 24, usual: 60, full: Number.POSITIVE_INFINITY };
/** Rows that a table keeps before a whole part is left out: the first part is the answer in figures. */
const FEWEST_ROWS = 3;
const FEWEST_FIRST_ROWS = 8;

/** What of a document is shown. */
interface Cut {
  readonly sentences: number;
  /** Rows of each part; figures are shown whole or not at all (0). */
  readonly rows: readonly number[];
}

/**
 * A report to paste into a mail: ASCII, lines of at most 72 columns, which two levels of quotes leave within 80. At most 60
 * lines, or 24 when brief: rows of the longest tables go first, then the last parts, then the last sentences. What is left
 * out is counted. `full` leaves nothing out.
 */
export function renderMail(document: ReviewDocument, length: Length): string {
  const parts = length === 'brief' ? document.parts.slice(0, 1) : document.parts;
  const shown = { ...document, parts };
  let cut: Cut = { sentences: document.words.length, rows: parts.map(rowsOf) };
  let lines = mailLines(shown, cut, length);
  while (lines.length > MOST_LINES[length]) {
    const shorter = shorten(shown, cut);
    if (shorter === null) break;
    cut = shorter;
    lines = mailLines(shown, cut, length);
  }
  return `${lines.map((line) => ascii(line.trimEnd())).join('\n')}\n`;
}

function rowsOf(part: Part): number {
  return part.kind === 'table' ? part.rows.length : part.lines.length;
}

/** The next smaller cut; null when nothing is left that could go. */
function shorten({ parts }: ReviewDocument, { sentences, rows }: Cut): Cut | null {
  const longest = rows.reduce((best, n, k) => {
    const fewest = k === 0 ? FEWEST_FIRST_ROWS : FEWEST_ROWS;
    return parts[k]!.kind === 'table' && n > fewest && n > (rows[best] ?? 0) ? k : best;
  }, -1);
  if (longest >= 0) return { sentences, rows: rows.with(longest, rows[longest]! - 1) };
  const last = rows.findLastIndex((n, k) => n > 0 && k > 0);
  if (last >= 0) return { sentences, rows: rows.with(last, 0) };
  if ((rows[0] ?? 0) > FEWEST_ROWS && parts[0]!.kind === 'table') {
    return { sentences, rows: rows.with(0, rows[0]! - 1) };
  }
  return sentences > 1 ? { sentences: sentences - 1, rows } : null;
}

function mailLines(document: ReviewDocument, { sentences, rows }: Cut, length: Length): string[] {
  const { words, parts, method, details, command } = document;
  const more = length === 'full' ? '' : ' (--full)';
  const blocks = [
    fill(words.slice(0, sentences).join(' ')),
    ...parts.flatMap((part, k) => (rows[k] === 0 ? [] : [partLines(part, rows[k]!, more)])),
    [...method.flatMap(fill), ...(length === 'full' ? details.flatMap(fill) : [])],
    commandLines(`$ ${command}`),
  ];
  const hidden = parts.filter((_, k) => rows[k] === 0).map(({ title }) => title);
  if (hidden.length > 0) blocks.splice(-2, 0, [clip(`Left out: ${hidden.join('; ')}${more}`, WIDTH)]);
  return blocks.flatMap((lines, k) => (k === 0 ? lines : ['', ...lines]));
}

function partLines(part: Part, rows: number, more: string): string[] {
  const title = `${clip(part.title, WIDTH - 1)}:`;
  if (part.kind === 'figure') return [title, ...part.lines.map((line) => clip(line, WIDTH))];
  const left = part.rows.length - rows;
  return [
    title,
    ...tableLines(part, rows, WIDTH),
    ...(left > 0 ? [`... and ${left} more${more}`] : []),
    ...(part.note === '' ? [] : fill(part.note)),
  ];
}
