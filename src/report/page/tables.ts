import type { TableExhibit } from '../exhibits.ts';
import { Html, html, joinHtml, NOTHING } from './escape.ts';
import { plainText } from './plain-text.ts';

/** A cell that is exported otherwise than it is shown. */
export interface Exact {
  readonly shown: string | Html;
  readonly value: string | number | null;
  /** Unit of the value, where the title of the column need not say it. */
  readonly unit?: 'us';
}

/** A cell that shows a value rounded or decorated, and exports it whole. */
export function exact(shown: string | Html, value: string | number | null): Exact {
  return { shown, value };
}

/** A column: `name` is the row's heading, `text` left and `number` right aligned. */
export interface Column<Row> {
  readonly title: string;
  readonly kind: 'name' | 'text' | 'number' | 'bar' | 'wide';
  readonly cell: (row: Row) => string | Html | Exact;
  /** What the title means, for the pointer and for screen readers. */
  readonly hint?: string;
  /** Its name in exports, where the title does not say all; else the title. */
  readonly name?: string;
}

export interface TableOptions<Row> {
  /** Read to those who cannot see the table; not shown. */
  readonly caption: string;
  /** Tables of a group are sorted together, their lengths kept. No group: not sortable. */
  readonly group?: string;
  readonly rowId?: (row: Row) => string | null;
  readonly rowClass?: (row: Row) => string;
  /** Name of the file when the table is exported by itself, not as that of a chart. */
  readonly file?: string;
  /** All rows, where the page shows the first ones only. */
  readonly all?: readonly Row[];
}

const CELL_CLASS = { text: 't', bar: 'b', wide: 'w' } as const;

/** A table in a box of its own that scrolls when it is too wide. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions<Row>,
): Html {
  const group = options.group === undefined ? NOTHING : html` data-sort="${options.group}"`;
  // A heading without words would be announced as an empty one.
  const head = columns.map((column) =>
    column.title === ''
      ? html`<td></td>`
      : html`<th scope="col"${headClass(column)}${hint(column)}>${column.title}</th>`,
  );
  const body = rows.map((row) => renderRow(row, columns, options));
  const { text } =
    html`<div class="scroll" role="group" tabindex="0" aria-label="${options.caption}"><table${group}><caption>${options.caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${joinHtml(body, '\n')}
</tbody></table></div>`;
  return new Html(text, [tableExhibit(options.all ?? rows, columns, options.file ?? null)]);
}

/** A table that is exported and not shown: all rows of which the page shows some. */
export function exportedTable<Row>(
  file: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Html {
  return new Html('', [tableExhibit(rows, columns, file)]);
}

function tableExhibit<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  name: string | null,
): TableExhibit {
  const kept = columns.filter(({ kind }) => kind !== 'bar');
  const units = kept.map(({ cell }) => {
    const first = rows.length > 0 ? cell(rows[0]!) : '';
    return typeof first === 'object' && 'unit' in first ? first.unit : undefined;
  });
  return {
    kind: 'table',
    name,
    header: exportNames(kept).map((title, k) => (units[k] === undefined ? title : withUnit(title, units[k]))),
    rows: () => rows.map((row) => kept.map(({ kind, cell }) => exportValue(cell(row), kind === 'number'))),
  };
}

/** Titles as names that differ: `from` and `to` with the title that they belong to. */
function exportNames(columns: readonly { readonly title: string; readonly name?: string }[]): string[] {
  let before = '';
  return columns.map(({ title, name }) => {
    if (name !== undefined) return name;
    if (title === 'from' || title === 'to') return `${before} ${title}`.trim();
    before = title;
    return title;
  });
}

function withUnit(title: string, unit: string): string {
  return title.split(/[ ,]/).includes(unit) ? title : `${title}, ${unit}`;
}

function exportValue(cell: string | Html | Exact, isNumber: boolean): string | number | null {
  if (typeof cell === 'object' && 'value' in cell) return cell.value;
  const text = plainText(cell);
  if (!isNumber) return text;
  const bare = text.replace(/^~/, '').replaceAll(',', '');
  if (bare === '' || bare === '-') return null;
  return /^-?\d+(?:\.\d+)?$/.test(bare) ? Number(bare) : text;
}

function renderRow<Row>(row: Row, columns: readonly Column<Row>[], options: TableOptions<Row>): Html {
  const id = options.rowId?.(row) ?? null;
  const className = options.rowClass?.(row) ?? '';
  const cells = columns.map((column) => {
    const cell = column.cell(row);
    const value = typeof cell === 'object' && 'shown' in cell ? cell.shown : cell;
    if (column.kind === 'name') return html`<th scope="row">${value}</th>`;
    if (column.kind === 'number') return html`<td>${value}</td>`;
    return html`<td class="${CELL_CLASS[column.kind]}">${value}</td>`;
  });
  return html`<tr${id === null ? NOTHING : html` id="${id}"`}${className === '' ? NOTHING : html` class="${className}"`}>${cells}</tr>`;
}

function headClass<Row>(column: Column<Row>): Html {
  return column.kind === 'number' ? NOTHING : html` class="t"`;
}

function hint<Row>(column: Column<Row>): Html {
  return column.hint === undefined ? NOTHING : html` title="${column.hint}"`;
}

/** A bar for a share from 0 to 1; the number is beside it in its own column. */
export function shareBar(share: number | null): Html {
  if (share === null || !Number.isFinite(share)) return NOTHING;
  const width = Math.round(Math.min(1, Math.max(0, share)) * 800) / 10;
  return html`<svg class="bar" aria-hidden="true"><rect width="${width}"/></svg>`;
}

/** `… and 12 more`, or nothing. */
export function moreNote(total: number, shown: number, what: string): Html {
  const rest = total - shown;
  if (rest <= 0) return NOTHING;
  return html`<p class="note">${rest} more ${what} not shown here: the JSON report has all.</p>`;
}
