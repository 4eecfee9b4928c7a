/** What a reviewer is told, without a layout: the mail and the Markdown writer lay out the same value. */
export interface ReviewDocument {
  /** What this is about, a few words. */
  readonly title: string;
  /** The answer in sentences, the most important first: what was measured, on what, what changed, how sure. */
  readonly words: readonly string[];
  /** Tables and figures, the most important first. */
  readonly parts: readonly Part[];
  /** How the numbers were made, and from what. */
  readonly method: readonly string[];
  /** Everything else that the numbers rest on; for those who ask for all. */
  readonly details: readonly string[];
  /** Words of the command line that makes this report again. */
  readonly command: string;
}

export type Part = Table | Figure;

export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** What has to be known to read the table; '' for nothing. */
  readonly note: string;
}

export interface Column {
  readonly title: string;
  /** Numbers stand on the right, and are never cut. */
  readonly isNumber: boolean;
}

/** Lines that are looked at, not read: never wrapped, at most 72 columns. */
export interface Figure {
  readonly kind: 'figure';
  readonly title: string;
  readonly lines: readonly string[];
}

/** How much is wanted: about a screen, at most 60 lines, or all there is. */
export type Length = 'brief' | 'usual' | 'full';

export function text(title: string): Column {
  return { title, isNumber: false };
}

export function number(title: string): Column {
  return { title, isNumber: true };
}
