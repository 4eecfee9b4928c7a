import type { TextOutput } from './exporter.ts';
import { readable } from './text.ts';

/**
 * Writes a table row by row. The values of a row are given in the order of the columns; unknown ones
 * are given as '' or NaN.
 */
export interface RowWriter {
  text(value: string): void;
  number(value: number): void;
  /** A number whose digits are more than a double holds. */
  digits(value: string): void;
  end(): void;
}

/** One JSON object a line; what is not known is left out. */
export class NdjsonRows implements RowWriter {
  readonly #output: TextOutput;
  readonly #keys: readonly string[];
  #column = 0;
  #row = '';

  constructor(columns: readonly string[], output: TextOutput) {
    this.#keys = columns.map((column) => `,${JSON.stringify(column)}:`);
    this.#output = output;
  }

  text(value: string): void {
    const key = this.#keys[this.#column++]!;
    if (value !== '') this.#row += key + JSON.stringify(readable(value));
  }

  number(value: number): void {
    const key = this.#keys[this.#column++]!;
    if (Number.isFinite(value)) this.#row += key + value;
  }

  digits(value: string): void {
    const key = this.#keys[this.#column++]!;
    if (value !== '') this.#row += key + value;
  }

  end(): void {
    this.#output(`{${this.#row.slice(1)}}\n`);
    this.#row = '';
    this.#column = 0;
  }
}

/** CSV as in RFC 4180, but lines end in a newline alone; what is not known is an empty field. */
export class CsvRows implements RowWriter {
  readonly #output: TextOutput;
  #row = '';

  constructor(columns: readonly string[], output: TextOutput) {
    this.#output = output;
    output(`${columns.join(',')}\n`);
  }

  text(value: string): void {
    const field = readable(value);
    this.#row += /[",\r\n]/.test(field) ? `,"${field.replaceAll('"', '""')}"` : `,${field}`;
  }

  number(value: number): void {
    this.#row += Number.isFinite(value) ? `,${value}` : ',';
  }

  digits(value: string): void {
    this.#row += `,${value}`;
  }

  end(): void {
    this.#output(`${this.#row.slice(1)}\n`);
    this.#row = '';
  }
}
