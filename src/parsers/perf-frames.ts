import { latin1 } from '../trace/records.ts';
import { withoutEndBlanks } from './line-blanks.ts';

const SPACE = 32;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
/** An address is printed right-aligned in 16 places (tools/perf/util/evsel_fprintf.c). */
const IP_WIDTH = 16;

/** Names in brackets instead of a path that are no kernel module. */
const NOT_A_MODULE =
  /^(?:guest\.)?(?:kernel.*|vdso.*|vsyscall|vectors|unknown|heap|stack.*|anon.*|uprobes|bpf|hypervisor)$/;

/**
 * The name of a frame as a trace names functions: without offset, with ` [module]` when the code is of a
 * module. `text` is what stands behind the address: `zs_malloc+0x5 ([kernel.kallsyms])`.
 */
export function frameName(text: string): string {
  const end = withoutEndBlanks(text);
  const open = dsoStart(end);
  const symbol = withoutEndBlanks(open < 0 ? end : end.slice(0, open))
    .replace(/^ +/, '')
    .replace(/\+0x[0-9a-f]+$/, '');
  if (symbol === '' || symbol === '[unknown]') return '[unknown]';
  const module = open < 0 ? '' : moduleOf(end.slice(open + 2, -1));
  return module === '' ? symbol : `${symbol} [${module}]`;
}

/** The module that a file is of, '' for the kernel itself and for user programs. */
export function moduleOf(dso: string): string {
  const bracket = /^\[(.+)\]$/.exec(dso);
  if (bracket) return NOT_A_MODULE.test(bracket[1]!) ? '' : bracket[1]!;
  const file = /([^/]+)\.ko(?:\.(?:gz|xz|zst|debug))?$/.exec(dso);
  // The kernel names a module by its file, `-` as `_`.
  return file ? file[1]!.replaceAll('-', '_') : '';
}

/** Where ` (dso)` begins at the end of a text; -1 when there is none. The name may hold parentheses. */
function dsoStart(text: string): number {
  if (!text.endsWith(')')) return -1;
  let nesting = 0;
  for (let at = text.length - 1; at > 0; at--) {
    if (text[at] === ')') nesting++;
    else if (text[at] === '(' && --nesting === 0) return text[at - 1] === ' ' ? at - 1 : -1;
  }
  return -1;
}

/**
 * Where the fields of an address begin in the text behind an event (`-G`, or `-F +ip` without
 * callchains): at once, or behind the fields of a tracepoint. Returns the place of the blank before the
 * 16 places of the address; -1 when there is no address. `end` stands behind the last character.
 */
export function inlineFrameAt(bytes: Uint8Array, start: number, end: number): number {
  if (isAddress(bytes, start, end)) return start;
  let symbolEnd = end;
  if (bytes[end - 1] === PAREN_CLOSE) {
    let nesting = 0;
    let at = end - 1;
    for (; at > start; at--) {
      const c = bytes[at];
      if (c === PAREN_CLOSE) nesting++;
      else if (c === PAREN_OPEN && --nesting === 0) break;
    }
    // No name in front of the parenthesis: it is the text's own.
    if (at <= start || bytes[at - 1] !== SPACE) return -1;
    symbolEnd = at - 1;
  }
  const bare = symbolEnd - IP_WIDTH - 1;
  if (bare >= start && isAddress(bytes, bare, symbolEnd)) return bare;
  let symbol = symbolEnd;
  while (symbol > start && bytes[symbol - 1] !== SPACE) symbol--;
  if (symbol === symbolEnd) return -1;
  const at = symbol - IP_WIDTH - 2;
  return at >= start && isAddress(bytes, at, symbol) ? at : -1;
}

/** True when a blank, the 16 places of an address and then a blank or the end stand at `at`. */
function isAddress(bytes: Uint8Array, at: number, end: number): boolean {
  const stop = at + 1 + IP_WIDTH;
  if (stop > end || bytes[at] !== SPACE || (stop < end && bytes[stop] !== SPACE)) return false;
  let p = at + 1;
  while (p < stop && bytes[p] === SPACE) p++;
  if (p === stop) return false;
  for (; p < stop; p++) {
    const c = bytes[p]!;
    if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102))) return false;
  }
  return true;
}

/** The text behind the address of such a field, as {@link frameName} takes it. */
export function inlineFrameText(bytes: Uint8Array, at: number, end: number): string {
  return latin1(bytes, Math.min(end, at + 1 + IP_WIDTH), end);
}
