import type { SideTable } from '../trace/side-tables.ts';
import type { ParseContext } from './trace-parser.ts';

export type Cell = string | number | null;

/** Rows kept of one input; side data is small, and a file that is not must not fill the memory. */
const MAX_ROWS = 1 << 18;
const MAX_TABLES = 64;

/** Tables that grow row by row while an input is read: one for each kind and set of columns. */
export class SideTableSet {
  readonly #tables = new Map<string, { kind: string; columns: readonly string[]; rows: Cell[][] }>();
  #rows = 0;
  #dropped = 0;

  get kinds(): ReadonlySet<string> {
    return new Set([...this.#tables.values()].map((table) => table.kind));
  }

  get rows(): number {
    return this.#rows;
  }

  add(kind: string, columns: readonly string[], row: Cell[]): void {
    const key = `${kind}|${columns.join()}`;
    let table = this.#tables.get(key);
    if (this.#rows >= MAX_ROWS || (!table && this.#tables.size >= MAX_TABLES)) {
      this.#dropped++;
      return;
    }
    if (!table) {
      table = { kind, columns, rows: [] };
      this.#tables.set(key, table);
    }
    table.rows.push(row);
    this.#rows++;
  }

  /** The rows of a kind. */
  rowsOf(kind: string): readonly (readonly Cell[])[] {
    return [...this.#tables.values()].filter((table) => table.kind === kind).flatMap((table) => table.rows);
  }

  /** Hands all tables on. */
  give({ tables, inputName, diagnostics }: ParseContext): void {
    for (const { kind, columns, rows } of this.#tables.values()) {
      const table: SideTable = { source: inputName, kind, columns, rows };
      tables?.table(table);
    }
    if (this.#dropped === 0) return;
    const sentence = `rows of tables over ${MAX_ROWS} were left out`;
    diagnostics.add('side-rows-dropped', 'loss', sentence, inputName, this.#dropped);
  }
}

/** A value as a number where it is one that a double holds, else as the words that it is. */
export function cellOf(text: string): Cell {
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return text;
  const value = Number(text);
  return Number.isSafeInteger(value) || text.includes('.') ? value : text;
}
