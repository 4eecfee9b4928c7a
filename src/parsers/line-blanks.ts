/**
 * The blanks that perf and terminals put around text: blank, tab and carriage return. `trim` would take
 * bytes of names as well (0xa0).
 */
const NOT_BLANK = /[^ \t\r]/;

/** A line without the blanks at its end. */
export function withoutEndBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlankCode(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** True when a text holds nothing but blanks. */
export function isBlank(text: string): boolean {
  return !NOT_BLANK.test(text);
}

function isBlankCode(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}
