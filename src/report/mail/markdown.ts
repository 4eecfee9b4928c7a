import type { Column, Length, Part, ReviewDocument } from './document.ts';

/** Rows of a table when not all are wanted. */
const ROWS = { brief: 5, usual: 15, full: Number.POSITIVE_INFINITY };

/** The same document as GitHub-flavoured Markdown: names whole, tables as tables, figures and commands as code. */
export function renderMarkdown(document: ReviewDocument, length: Length): string {
  const { title, words, parts, method, details, command } = document;
  const shown = length === 'brief' ? parts.slice(0, 1) : parts;
  const blocks = [
    `## ${escaped(title)}`,
    escaped(words.join(' ')),
    ...shown.flatMap((part) => partBlocks(part, ROWS[length])),
    ...[...method, ...(length === 'full' ? details : [])].map((line) => `- ${escaped(line)}`).join('\n'),
    fenced([command]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function partBlocks(part: Part, most: number): string[] {
  const title = `### ${escaped(part.title)}`;
  if (part.kind === 'figure') return [title, fenced(part.lines)];
  const { columns, rows, note } = part;
  const left = rows.length - Math.min(rows.length, most);
  return [
    title,
    [
      row(columns.map((column) => column.title)),
      `|${columns.map(rule).join('|')}|`,
      ...rows.slice(0, most).map(row),
    ].join('\n'),
    ...(left > 0 ? [`... and ${left} more (\`--full\`)`] : []),
    ...(note === '' ? [] : [escaped(note)]),
  ];
}

function rule({ isNumber }: Column): string {
  return isNumber ? '---:' : '---';
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`;
}

/** What comes from a trace stays text: no markup, no HTML, no new cell, no new line. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]|#~]/g, '\\$&');
}

/** A fence longer than any run of back quotes within. */
function fenced(lines: readonly string[]): string {
  const runs = lines.join('\n').match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
  return `${fence}\n${lines.join('\n')}\n${fence}`;
}
