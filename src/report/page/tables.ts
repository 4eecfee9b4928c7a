import { type Html, html, joinHtml, NOTHING } from './escape.ts';

/** A column: `name` is the row's heading, `text` left and `number` right aligned. */
export interface Column<Row> {
  readonly title: string;
  readonly kind: 'name' | 'text' | 'number' | 'bar' | 'wide';
  readonly cell: (row: Row) => string | Html;
  /** What the title means, for the pointer and for screen readers. */
  readonly hint?: string;
}

export interface TableOptions<Row> {
  /** Read to those who cannot see the table; not shown. */
  readonly caption: string;
  /** Tables of a group are sorted together, their lengths kept. No group: not sortable. */
  readonly group?: string;
  readonly rowId?: (row: Row) => string | null;
  readonly rowClass?: (row: Row) => string;
}

const CELL_CLASS = { text: 't', bar: 'b', wide: 'w' } as const;

/** A table in a box of its own that scrolls when it is too wide. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions<Row>,
): Html {
  const group = options.group === undefined ? NOTHING : html` data-sort="${options.group}"`;
  const head = columns.map(
    (column) => html`<th scope="col"${headClass(column)}${hint(column)}>${column.title}</th>`,
  );
  const body = rows.map((row) => renderRow(row, columns, options));
  // Browsers let the keyboard into boxes that scroll; the widest tables say so themselves.
  const region =
    options.group === undefined ? NOTHING : html` role="region" tabindex="0" aria-label="${options.caption}"`;
  return html`<div class="scroll"${region}><table${group}><caption>${options.caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${joinHtml(body, '\n')}
</tbody></table></div>`;
}

function renderRow<Row>(row: Row, columns: readonly Column<Row>[], options: TableOptions<Row>): Html {
  const id = options.rowId?.(row) ?? null;
  const className = options.rowClass?.(row) ?? '';
  const cells = columns.map((column) => {
    const value = column.cell(row);
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
