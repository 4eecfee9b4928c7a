import { ContextLevel } from '../trace/context.ts';
import { latin1 } from '../trace/records.ts';

/** Pieces of the lines of a report: flags, stamps, symbols and addresses. */

const TAB = 9;
const SPACE = 32;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const EQUALS = 61;
const GREATER = 62;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const LETTER_X = 120;

export function isDigit(c: number): boolean {
  return c >= ZERO && c <= NINE;
}

/** A latency flag, or the dash of raw flags, as it follows the CPU number of `-l`. */
export function isFlag(c: number): boolean {
  return c === DOT || c === MINUS || c === 0x64 || c === 0x58 || c === 0x62 || c === 0x44;
}

/** `name: ` or blanks: what stands before a record when files or instances are named. */
export function isPrefix(bytes: Uint8Array, from: number, width: number): boolean {
  if (width < 2 || bytes[from + width - 1] !== SPACE) return false;
  if (bytes[from + width - 2] === COLON) return true;
  for (let i = 0; i < width; i++) if (bytes[from + i] !== SPACE) return false;
  return true;
}

/** Where a symbol ends: before its offset, its arguments, its address, or a blank; ` [module]` belongs to it. */
export function symbolEnd(bytes: Uint8Array, from: number, stop: number): number {
  let p = from;
  while (p < stop) {
    const c = bytes[p]!;
    if (c <= SPACE || c === PAREN_OPEN) break;
    if (c === PLUS && bytes[p + 1] === ZERO && bytes[p + 2] === LETTER_X) return p;
    p++;
  }
  if (p > from && bytes[p] === SPACE && bytes[p + 1] === BRACKET_OPEN) {
    let q = p + 2;
    while (q < stop && bytes[q]! > SPACE && bytes[q] !== BRACKET_CLOSE && bytes[q] !== COLON) q++;
    if (q < stop && bytes[q] === BRACKET_CLOSE) return q + 1;
  }
  return p;
}

function isHexDigit(c: number): boolean {
  return (c >= ZERO && c <= NINE) || (c >= 97 && c <= 102);
}

/** An address that has no symbol: at least eight hexadecimal digits and nothing else. */
export function isAddress(bytes: Uint8Array, from: number, end: number): boolean {
  let p = from;
  if (bytes[p] === ZERO && bytes[p + 1] === LETTER_X) p += 2;
  if (end - p < 8) return end - p === 1 && bytes[p] === ZERO;
  for (; p < end; p++) if (!isHexDigit(bytes[p]!)) return false;
  return true;
}

/** `0`, `(00000000)`, `(ffffffffffffffff)`: no caller, or the mark behind the last one. */
export function isNoAddress(bytes: Uint8Array, from: number, stop: number): boolean {
  let p = bytes[from] === PAREN_OPEN ? from + 1 : from;
  const first = bytes[p];
  if (first !== ZERO && first !== 0x66) return false;
  while (p < stop && bytes[p] === first) p++;
  return p === stop || bytes[p] === PAREN_CLOSE;
}

/**
 * The flags that `-R` prints as a number, as `packContext` packs them; the preempt depth is not among
 * them. Bits: libtraceevent's trace_flag_type.
 */
export function contextOfRawFlags(bytes: Uint8Array, at: number): number {
  let flags = 0;
  for (let p = at; isHexDigit(bytes[p]!); p++) {
    const c = bytes[p]!;
    flags = (flags << 4) | (c <= NINE ? c - ZERO : c - 87);
  }
  const isHard = (flags & 0x08) !== 0;
  const isSoft = (flags & 0x10) !== 0;
  const level = isHard ? ContextLevel.Hardirq : isSoft ? ContextLevel.Softirq : ContextLevel.Task;
  return level | (flags & 0x01 ? 1 << 3 : 0) | (flags & 0x04 ? 1 << 4 : 0);
}

/** `<stack trace >`, nothing, or the first frame: the frames of a stack follow. Raw fields do not begin so. */
export function opensStack(bytes: Uint8Array, from: number, stop: number): boolean {
  if (from === stop) return true;
  let p = from;
  if (bytes[p] === TAB) p++;
  if (bytes[p] === EQUALS && bytes[p + 1] === GREATER) return true;
  return latin1(bytes, from, Math.min(stop, from + 15)).startsWith('<stack trace');
}

/** The digits of a whole number before its last nine, as a number. */
export function wholeSeconds(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let p = from; p < end - 9; p++) value = value * 10 + bytes[p]! - ZERO;
  return value;
}

export function lastNineDigits(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let p = Math.max(from, end - 9); p < end; p++) value = value * 10 + bytes[p]! - ZERO;
  return value;
}
