/** Room for the lines of one input in the line column of merged records: see {@link Places}. */
export const LINES_PER_INPUT = 2 ** 40;

/**
 * Names places for people. Where the records of several inputs are merged into one stream, line `l` of
 * input `n` is `n * LINES_PER_INPUT + l`; a single input's lines are what they are.
 */
export class Places {
  readonly #names: readonly string[];

  constructor(inputNames: readonly string[]) {
    this.#names = inputNames;
  }

  /** The input that a line is of. */
  file(line: number): string {
    return this.#names[Math.floor(line / LINES_PER_INPUT)] ?? this.#names[0]!;
  }

  /** The line's number in its input. */
  line(line: number): number {
    return line % LINES_PER_INPUT;
  }

  /** `file:line`. */
  text(line: number): string {
    return `${this.file(line)}:${this.line(line)}`;
  }
}
