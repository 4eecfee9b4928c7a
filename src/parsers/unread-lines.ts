import type { Diagnostics, Severity } from '../trace/diagnostics.ts';

const PLACES_KEPT = 3;

/**
 * Lines that no reader understood, until what follows tells what they are: text around the traces of
 * the input, other text between trace lines, or lines of the trace that nobody understands.
 */
export class UnreadLines {
  /** Lines that are certainly of the trace and were not understood. */
  notUnderstood = 0;
  /** The last line when it has no newline: not understood, it is cut, not damaged; -1: no such line. */
  cutLine = -1;
  /** Lines whose place is not settled yet. */
  pending = 0;
  /** Those of them that have nothing of a trace line: the output of another program, say. */
  #foreign = 0;
  #places: number[] = [];
  readonly #diagnostics: Diagnostics;
  readonly #inputName: string;
  readonly #prose: boolean;

  /** @param prose Such lines are prose wherever they stand (mails). */
  constructor(diagnostics: Diagnostics, inputName: string, prose: boolean) {
    this.#diagnostics = diagnostics;
    this.#inputName = inputName;
    this.#prose = prose;
  }

  /** A line that was not understood, and may be none of the trace's. */
  add(line: number, text: string): void {
    if (line === this.cutLine && !this.#prose) {
      this.#addCut(line);
      return;
    }
    this.pending++;
    if (!looksLikeTrace(text)) this.#foreign++;
    if (this.#places.length < PLACES_KEPT) this.#places.push(line);
  }

  /** A line that is certainly the trace's, and damaged. */
  addDamaged(line: number, id: string, sentence: string): void {
    if (line === this.cutLine) {
      this.#addCut(line);
      return;
    }
    this.notUnderstood++;
    this.#diagnostics.add(id, 'warning', sentence, this.place(line));
  }

  #addCut(line: number): void {
    this.notUnderstood++;
    this.#diagnostics.add(
      'truncated-line',
      'loss',
      'the input ends in the middle of a line',
      this.place(line),
    );
  }

  /** Says what the pending lines are: around a trace, or between its lines. */
  settle(around: boolean): void {
    if (this.pending === 0) return;
    if (around || this.#prose) {
      this.#count('text-around', 'info', 'lines of text stand around the trace');
    } else if (this.#foreign === this.pending) {
      this.#count('text-between', 'info', 'lines of other text stand between trace lines');
    } else {
      this.notUnderstood += this.pending;
      this.#count('unknown-line', 'warning', 'lines within the trace are not understood');
    }
    this.pending = 0;
    this.#foreign = 0;
    this.#places = [];
  }

  /** `file:line`, for diagnostics. */
  place(line: number): string {
    return `${this.#inputName}:${line}`;
  }

  #count(id: string, severity: Severity, sentence: string): void {
    for (const line of this.#places) this.#diagnostics.add(id, severity, sentence, this.place(line));
    const rest = this.pending - this.#places.length;
    if (rest > 0) this.#diagnostics.add(id, severity, sentence, undefined, rest);
  }
}

/** True when a line has any of the marks that trace lines are made of. */
function looksLikeTrace(text: string): boolean {
  return (
    /[|{};]|\/\*|\*\/|\(\)| us\b|^\s*\d+\)|\[LOST|=>|[^\x20-\x7e\t]/.test(text) || !/[A-Za-z]/.test(text)
  );
}
