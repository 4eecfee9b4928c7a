import { type NameId, NameTable } from '../trace/names.ts';
import { latin1 } from '../trace/records.ts';

const CARRIAGE_RETURN = 13;
const SPACE = 32;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const PLUS = 43;
const MINUS = 45;
const SLASH = 47;
const DIGIT_0 = 48;
const COLON = 58;
const LESS = 60;
const GREATER = 62;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const LETTER_X = 120;

const TYPE_PREFIX = Buffer.from('type: ', 'latin1');
/** `type: ` and the digits of a 16-bit number. */
const MAX_TYPE_LENGTH = 11;

const IS_SYMBOL = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.$@'-");
const IS_HEX = classOf('0123456789abcdef');

/** What the text behind a record's prefix says. */
export type BodyKind = 'event' | 'function' | 'stack';

/**
 * Reads the bodies that are neither `name: text` nor a bare `F <-P`: functions with offsets, addresses, modules
 * or arguments, the heads of stack traces, the lines of tracers with a format of their own, free text.
 * Grammar: kernel/trace/trace_output.c (trace_fn_trace, seq_print_ip_sym, trace_stack_print).
 */
export class FtraceBodies {
  /** What {@link read} found. `stack`: a stack trace begins, no record. */
  kind: BodyKind = 'event';
  name: NameId = -1;
  /** Text and note as ranges; -1 without. */
  textStart = -1;
  textEnd = -1;
  noteStart = -1;
  noteEnd = -1;
  /** Where the text stands when it does not stand in one piece in the input, else null. */
  ownBytes: Uint8Array | null = null;
  /** The body cannot be text of anything else, even with no prefix before it. */
  isCertain = false;
  /** Tracer of the section: it names the lines that only it prints. */
  tracer = '';

  readonly #names: NameTable;
  readonly #typeNames = new Map<number, NameId>();
  /** The last symbol: its name, its module behind a blank (-1 without). */
  #nameEnd = 0;
  #moduleStart = -1;
  #moduleEnd = -1;

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** Reads `bytes[at, stop)`; `stop` is behind the last character that is no blank. */
  read(bytes: Uint8Array, at: number, stop: number): void {
    this.textStart = -1;
    this.noteStart = -1;
    this.ownBytes = null;
    this.isCertain = true;
    if (bytes[at] === LESS && isStackHead(bytes, at, stop)) {
      this.kind = 'stack';
      return;
    }
    if (this.#readFunction(bytes, at, stop)) {
      this.kind = 'function';
      this.isCertain = this.textStart >= 0 || this.tracer === 'function';
    } else {
      this.kind = 'event';
      this.#readFreeText(bytes, at, stop);
    }
  }

  /** The body of a `raw` line: `type: 310`, `ffffffff818235d4 ffffffff81844af7` (function and caller), or anything. */
  readRaw(bytes: Uint8Array, at: number, stop: number): void {
    this.textStart = -1;
    this.noteStart = -1;
    this.ownBytes = null;
    this.isCertain = true;
    const type = rawType(bytes, at, stop);
    this.kind = 'event';
    if (type >= 0) {
      const known = this.#typeNames.get(type);
      this.name = known ?? this.#names.internText(`type ${type}`);
      if (known === undefined) this.#typeNames.set(type, this.name);
      return;
    }
    const end = skipHex(bytes, at);
    if (end - at >= 8 && bytes[end] === SPACE && end + 1 < stop && skipHex(bytes, end + 1) === stop) {
      this.kind = 'function';
      this.name = this.#names.intern(bytes, at, end, NameTable.hash(bytes, at, end));
      this.textStart = end + 1;
    } else {
      this.isCertain = false;
      this.name = this.#names.internText('print');
      this.textStart = at;
    }
    this.textEnd = stop;
  }

  /** A frame of a stack trace, `bytes[at, stop)` being what stands behind `=> `. */
  readFrame(bytes: Uint8Array, at: number, stop: number): void {
    this.textStart = -1;
    if (bytes[at] === DIGIT_0 && bytes[at + 1] === LETTER_X) this.#unknown(at, stop);
    else if (at < stop && this.#symbol(bytes, at, stop) === stop) this.name = this.#intern(bytes, at);
    else {
      // Of user space: `<00007f...>`, `??`, `/lib/libc.so[+0x123] <00007f...>`; or `[FTRACE TRAMPOLINE]`.
      const place =
        /^(.*?)(?:\[\+0x[0-9a-f]+\])?(?: *<[0-9a-f]+>)?$/.exec(latin1(bytes, at, stop))?.[1] ?? '';
      if (place === '' || place === '??') this.#unknown(at, stop);
      else this.name = this.#names.internText(place);
    }
  }

  #unknown(at: number, stop: number): void {
    this.name = this.#names.internText('[unknown]');
    this.textStart = at;
    this.textEnd = stop;
  }

  /** `F`, `F <-P`, each with offset, module, address; arguments behind F; repeats behind P. */
  #readFunction(bytes: Uint8Array, at: number, stop: number): boolean {
    let p = this.#symbol(bytes, at, stop);
    if (p < 0) return false;
    const nameEnd = this.#nameEnd;
    const moduleStart = this.#moduleStart;
    const moduleEnd = this.#moduleEnd;
    if (bytes[p] === PAREN_OPEN && p < stop) {
      const close = endOfArguments(bytes, p, stop);
      if (close < 0) return false;
      if (close > p + 1) {
        this.noteStart = p + 1;
        this.noteEnd = close;
      }
      p = close + 1;
    }
    if (p < stop) {
      if (bytes[p] !== SPACE || bytes[p + 1] !== LESS || bytes[p + 2] !== MINUS) return false;
      p += 3;
      const end = this.#symbol(bytes, p, stop);
      if (end < 0) return false;
      this.#takeCaller(bytes, p);
      if (end < stop) {
        if (bytes[end] === SPACE && bytes[end + 1] === PAREN_OPEN && bytes[stop - 1] === PAREN_CLOSE) {
          // Of func-no-repeats: how often.
          this.noteStart = end + 2;
          this.noteEnd = stop - 1;
        } else {
          // Text of another program ran into the line: a hit all the same.
          this.ownBytes = null;
          this.textStart = p;
          this.textEnd = stop;
        }
      }
    }
    this.#nameEnd = nameEnd;
    this.#moduleStart = moduleStart;
    this.#moduleEnd = moduleEnd;
    this.name = this.#intern(bytes, at);
    return true;
  }

  /** The caller's text: as printed, without what stands between its name and its module. */
  #takeCaller(bytes: Uint8Array, at: number): void {
    this.textStart = at;
    this.textEnd = this.#nameEnd;
    if (this.#moduleStart === this.#nameEnd) this.textEnd = this.#moduleEnd;
    else if (this.#moduleStart >= 0) {
      this.ownBytes = this.#joined(bytes, at);
      this.textStart = 0;
      this.textEnd = this.ownBytes.length;
    }
  }

  /** `symbol+0x4/0x30 [module]: text`, lines of single tracers, trace_printk from code without a symbol. */
  #readFreeText(bytes: Uint8Array, at: number, stop: number): void {
    this.textStart = at;
    this.textEnd = stop;
    this.noteStart = -1;
    this.ownBytes = null;
    const end = this.#symbol(bytes, at, stop);
    const isName = !(bytes[at] === DIGIT_0 && bytes[at + 1] === LETTER_X);
    if (end > 0 && isName && bytes[end] === COLON && (end + 1 === stop || bytes[end + 1] === SPACE)) {
      this.name = this.#intern(bytes, at);
      let text = end + 1;
      while (text < stop && bytes[text] === SPACE) text++;
      this.textStart = text;
      return;
    }
    this.isCertain = false;
    this.name = this.#names.internText(this.#recordName(latin1(bytes, at, Math.min(stop, at + 64))));
  }

  /** The kernel's name of a record whose line does not give one (kernel/trace/trace_entries.h). */
  #recordName(text: string): string {
    if (this.tracer === 'hwlat' && text.startsWith('#')) return 'hwlat';
    if (this.tracer === 'timerlat' && text.startsWith('#')) return 'timerlat';
    if (this.tracer === 'osnoise' && /^ *\d+ +\d+ +\d+\.\d+ /.test(text)) return 'osnoise';
    const wakeup = /^ *\d+: *\d+:\S+ *(\+|==>) \[\d+\] /.exec(text);
    if (wakeup) return wakeup[1] === '+' ? 'wakeup' : 'context_switch';
    if (/^# [0-9a-f]+ buf:/.test(text)) return 'raw_data';
    return 'print';
  }

  /** `name+0x4/0xf0 [module] <ffffffff81823540>`; returns where it ends, -1 when there is no name. */
  #symbol(bytes: Uint8Array, at: number, stop: number): number {
    let p = at;
    while (IS_SYMBOL[bytes[p]!]) p++;
    if (p === at) return -1;
    this.#nameEnd = p;
    this.#moduleStart = -1;
    if (bytes[p] === PLUS && bytes[p + 1] === DIGIT_0 && bytes[p + 2] === LETTER_X) {
      p = skipHex(bytes, p + 3);
      if (bytes[p] === SLASH && bytes[p + 1] === DIGIT_0 && bytes[p + 2] === LETTER_X)
        p = skipHex(bytes, p + 3);
    }
    if (bytes[p] === SPACE && bytes[p + 1] === BRACKET_OPEN) {
      let q = p + 2;
      while (q < stop && bytes[q] !== BRACKET_CLOSE && bytes[q] !== SPACE) q++;
      if (q < stop && bytes[q] === BRACKET_CLOSE) {
        this.#moduleStart = p;
        this.#moduleEnd = q + 1;
        p = q + 1;
      }
    }
    if (bytes[p] === SPACE && bytes[p + 1] === LESS && IS_HEX[bytes[p + 2]!]) {
      const q = skipHex(bytes, p + 2);
      if (bytes[q] === GREATER) p = q + 1;
    }
    return p;
  }

  /** The id of the last symbol, which begins at `at`. */
  #intern(bytes: Uint8Array, at: number): NameId {
    if (this.#moduleStart < 0 || this.#moduleStart === this.#nameEnd) {
      const end = this.#moduleStart < 0 ? this.#nameEnd : this.#moduleEnd;
      return this.#names.intern(bytes, at, end, NameTable.hash(bytes, at, end));
    }
    const joined = this.#joined(bytes, at);
    return this.#names.intern(joined, 0, joined.length, NameTable.hash(joined, 0, joined.length));
  }

  /** `name [module]` of the last symbol, which begins at `at`. */
  #joined(bytes: Uint8Array, at: number): Uint8Array {
    const length = this.#nameEnd - at;
    const joined = new Uint8Array(length + this.#moduleEnd - this.#moduleStart);
    joined.set(bytes.subarray(at, this.#nameEnd));
    joined.set(bytes.subarray(this.#moduleStart, this.#moduleEnd), length);
    return joined;
  }
}

/** Behind the last character of a line that is no blank; `newline` is where the line ends. */
export function trimmedEnd(bytes: Uint8Array, from: number, newline: number): number {
  let stop = newline;
  while (stop > from && (bytes[stop - 1] === SPACE || bytes[stop - 1] === CARRIAGE_RETURN)) stop--;
  return stop;
}

/** The `)` that ends the arguments which begin at `open`: the last one before ` <-`, or at the end; -1 without. */
function endOfArguments(bytes: Uint8Array, open: number, stop: number): number {
  for (let p = stop - 4; p > open; p--) {
    const isBeforeCaller = bytes[p + 1] === SPACE && bytes[p + 2] === LESS && bytes[p + 3] === MINUS;
    if (bytes[p] === PAREN_CLOSE && isBeforeCaller) return p;
  }
  return bytes[stop - 1] === PAREN_CLOSE ? stop - 1 : -1;
}

/** The number of `type: 310`, which is all that `bytes[at, stop)` holds; -1 for other texts. */
function rawType(bytes: Uint8Array, at: number, stop: number): number {
  if (stop - at <= TYPE_PREFIX.length || stop - at > MAX_TYPE_LENGTH) return -1;
  for (let i = 0; i < TYPE_PREFIX.length; i++) if (bytes[at + i] !== TYPE_PREFIX[i]) return -1;
  let type = 0;
  for (let p = at + TYPE_PREFIX.length; p < stop; p++) {
    const digit = bytes[p]! - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    type = type * 10 + digit;
  }
  return type;
}

function isStackHead(bytes: Uint8Array, at: number, stop: number): boolean {
  return stop - at < 20 && /^<(?:user )?stack trace>$/.test(latin1(bytes, at, stop));
}

function skipHex(bytes: Uint8Array, at: number): number {
  let p = at;
  while (IS_HEX[bytes[p]!]) p++;
  return p;
}

function classOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of characters) table[c.charCodeAt(0)] = 1;
  return table;
}
