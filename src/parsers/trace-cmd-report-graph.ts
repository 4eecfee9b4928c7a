import { RecordBits, RecordKind } from '../trace/records.ts';

// Constants stand in the module that loops over them: V8 reads an imported one from memory each time.
const SPACE = 32;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const STAR = 42;
const DOT = 46;
const SLASH = 47;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const SEMICOLON = 59;
const LESS = 60;
const EQUALS = 61;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const LETTER_F = 102;
const LETTER_R = 114;
const LETTER_S = 115;
const LETTER_U = 117;
const LETTER_X = 120;
const BRACE_OPEN = 123;
const BAR = 124;
const BRACE_CLOSE = 125;
const MINUS = 45;

const MAX_DEPTH = 32767;
const NS_DECIMALS = 3;

/** The call record of a funcgraph event: what stands behind its name. */
export class GraphBody {
  kind = 0;
  /** `bytes[nameStart, nameEnd)`; empty when the text does not name the function. */
  nameStart = 0;
  nameEnd = 0;
  bits = 0;
  textStart = 0;
  textEnd = 0;
  noteStart = 0;
  noteEnd = 0;
  durationNs = Number.NaN;
  depth = -1;

  /**
   * Reads `bytes[from, stop)` in one of the three forms that trace-cmd prints: its function_graph
   * plugin's (lib/trace-cmd/trace-ftrace.c), raw fields (`-R`), and the kernel's own format without
   * plugins (`-N`). False, with the fields in any state, when it is none of them.
   * @param isExit The event is funcgraph_exit.
   */
  read(bytes: Uint8Array, from: number, stop: number, isExit: boolean): boolean {
    this.bits = 0;
    this.durationNs = Number.NaN;
    this.nameStart = from;
    this.nameEnd = from;
    const c = bytes[from]!;
    if (c === LETTER_F) return this.#readFields(bytes, from, stop, isExit);
    if (c === MINUS || c === LESS) return this.#readArrow(bytes, from, stop, isExit);
    let p = from;
    if (c !== BAR) {
      p = this.#readDuration(bytes, from, stop);
      if (p < 0) return false;
    }
    p++;
    const bodyAt = p;
    let d = bytes[p]!;
    while (d === SPACE) d = bytes[++p]!;
    const depth = (p - bodyAt - 2) >> 1;
    this.depth = depth > MAX_DEPTH ? MAX_DEPTH : depth;
    if (isExit) {
      if (d !== BRACE_CLOSE) return false;
      this.kind = RecordKind.Exit;
      return p + 1 === stop || this.#readTail(bytes, p + 1, stop);
    }
    // A function that trace-cmd could not name begins a call as `) {`.
    if (d !== PAREN_CLOSE) {
      const at = p;
      while (d !== PAREN_OPEN && d > SPACE) d = bytes[++p]!;
      if (d === SPACE && bytes[p + 1] === BRACKET_OPEN) {
        while (p < stop && bytes[p] !== BRACKET_CLOSE) p++;
        d = bytes[++p]!;
      }
      if (d !== PAREN_OPEN || p === at || p >= stop) return false;
      this.nameStart = at;
      this.nameEnd = p;
      p++;
      if (bytes[p] !== PAREN_CLOSE) {
        p = this.#readArguments(bytes, p, stop);
        if (p < 0) return false;
      }
    }
    p++;
    const rest = stop - p;
    if (rest === 1 && bytes[p] === SEMICOLON) {
      this.kind = RecordKind.Leaf;
      return true;
    }
    if (rest === 2 && bytes[p] === SPACE && bytes[p + 1] === BRACE_OPEN) {
      this.kind = RecordKind.Entry;
      return true;
    }
    this.kind = 0;
    return this.#readTail(bytes, p, stop) && this.kind !== 0;
  }

  /** `+ 12.345 us   |`: returns where the bar stands, -1 when it is not that. */
  #readDuration(bytes: Uint8Array, from: number, stop: number): number {
    let p = from;
    let c = bytes[p]!;
    if (c < ZERO || c > NINE) {
      // The mark of a long duration.
      c = bytes[++p]!;
      while (c === SPACE) c = bytes[++p]!;
    }
    let ns = 0;
    const at = p;
    while (c >= ZERO && c <= NINE) {
      ns = ns * 10 + c - ZERO;
      c = bytes[++p]!;
    }
    if (p === at) return -1;
    let decimals = 0;
    if (c === DOT) {
      c = bytes[++p]!;
      while (c >= ZERO && c <= NINE) {
        ns = ns * 10 + c - ZERO;
        decimals++;
        c = bytes[++p]!;
      }
      if (decimals > NS_DECIMALS) return -1;
    }
    for (; decimals < NS_DECIMALS; decimals++) ns *= 10;
    if (c !== SPACE || bytes[p + 1] !== LETTER_U || bytes[p + 2] !== LETTER_S) return -1;
    p += 3;
    while (bytes[p] === SPACE) p++;
    if (p >= stop || bytes[p] !== BAR) return -1;
    this.durationNs = ns;
    return p;
  }

  /** Arguments up to the `)` behind which the line goes on as a call does; returns where that stands, or -1. */
  #readArguments(bytes: Uint8Array, from: number, stop: number): number {
    for (let p = from; p < stop; p++) {
      if (bytes[p] !== PAREN_CLOSE) continue;
      const c = bytes[p + 1]!;
      const d = bytes[p + 2]!;
      if (c !== SEMICOLON && !(c === SPACE && (d === BRACE_OPEN || d === SLASH))) continue;
      this.textStart = from;
      this.textEnd = p;
      this.bits |= RecordBits.Text;
      return p;
    }
    return -1;
  }

  /**
   * What may stand behind a call or `}`, in the order of the plugin's options: `;` or `{`, the depth
   * ` (3)`, `/* <-caller *\/` or the name of the function that ends, ` (ret=0x0)`, and trace-cmd's
   * own debugging ` [1907:0x2a4:20]`. A caller and a return value are one note, as they stand.
   */
  #readTail(bytes: Uint8Array, from: number, stop: number): boolean {
    let p = from;
    while (p < stop) {
      const c = bytes[p]!;
      if (c === SPACE) p++;
      else if (c === SEMICOLON && this.kind === 0) {
        this.kind = RecordKind.Leaf;
        p++;
      } else if (c === BRACE_OPEN && this.kind === 0) {
        this.kind = RecordKind.Entry;
        p++;
      } else if (c === PAREN_OPEN || c === BRACKET_OPEN) {
        const close = find(bytes, c === PAREN_OPEN ? PAREN_CLOSE : BRACKET_CLOSE, p, stop);
        if (close < 0) return false;
        if (bytes[p + 1] === LETTER_R) this.#addNote(p + 1, close);
        p = close + 1;
      } else if (c === SLASH && bytes[p + 1] === STAR && bytes[p + 2] === SPACE) {
        let end = p + 3;
        while (end < stop && !(bytes[end] === STAR && bytes[end + 1] === SLASH)) end++;
        if (end >= stop) return false;
        const last = bytes[end - 1] === SPACE ? end - 1 : end;
        if (bytes[p + 3] === LESS) this.#addNote(p + 3, last);
        else {
          this.nameStart = p + 3;
          this.nameEnd = last;
        }
        p = end + 2;
      } else return false;
    }
    return true;
  }

  #addNote(start: number, end: number): void {
    if (!(this.bits & RecordBits.Note)) this.noteStart = start;
    this.noteEnd = end;
    this.bits |= RecordBits.Note;
  }

  /** `func=F depth=1 overrun=0 calltime=5e6384c2c5 rettime=5e6384c95b`, times in hexadecimal ns. */
  #readFields(bytes: Uint8Array, from: number, stop: number, isExit: boolean): boolean {
    this.kind = isExit ? RecordKind.Exit : RecordKind.Entry;
    this.depth = -1;
    let call = Number.NaN;
    let back = Number.NaN;
    let p = from;
    while (p < stop) {
      // From 3.2 on, a function has its address behind it: ` (0xffffffff81234567)`.
      if (bytes[p] === PAREN_OPEN) {
        while (p < stop && bytes[p] !== SPACE) p++;
        while (p < stop && bytes[p] === SPACE) p++;
      }
      const keyAt = p;
      while (p < stop && bytes[p] !== EQUALS) p++;
      const at = p + 1;
      p = at;
      while (p < stop && bytes[p] !== SPACE) p++;
      switch (keyHash(bytes, keyAt, at - 1)) {
        case KEY_FUNC:
          if (bytes[p] === SPACE && bytes[p + 1] === BRACKET_OPEN) {
            while (p < stop && bytes[p] !== BRACKET_CLOSE) p++;
            if (p < stop) p++;
          }
          this.nameStart = at;
          this.nameEnd = p;
          break;
        case KEY_DEPTH:
          this.depth = decimal(bytes, at, p);
          if (this.depth > MAX_DEPTH) this.depth = MAX_DEPTH;
          break;
        case KEY_CALLTIME:
          call = at;
          break;
        case KEY_RETTIME:
          back = at;
          break;
        case KEY_RETVAL:
        case KEY_RETADDR:
          this.#addNote(keyAt, p);
          break;
        default:
      }
      while (p < stop && bytes[p] === SPACE) p++;
    }
    if (!Number.isNaN(call) && !Number.isNaN(back)) this.durationNs = hexDifference(bytes, call, back);
    return this.nameEnd > this.nameStart && this.depth >= 0;
  }

  /** `--> F (1)` and `<-- F (1) (start: 94a2cf9129  end: 94a2cfac66) over: 3`. */
  #readArrow(bytes: Uint8Array, from: number, stop: number, isExit: boolean): boolean {
    let p = from + 3;
    if (bytes[p] !== SPACE) return false;
    const at = ++p;
    while (p < stop && !(bytes[p] === SPACE && bytes[p + 1] === PAREN_OPEN)) p++;
    if (p === at || p >= stop) return false;
    this.nameStart = at;
    this.nameEnd = p;
    const close = find(bytes, PAREN_CLOSE, p, stop);
    if (close < 0) return false;
    this.depth = decimal(bytes, p + 2, close);
    if (this.depth > MAX_DEPTH) this.depth = MAX_DEPTH;
    this.kind = isExit ? RecordKind.Exit : RecordKind.Entry;
    if (this.depth < 0) return false;
    if (!isExit) return true;
    let start = -1;
    let end = -1;
    for (p = close; p + 2 < stop; p++) {
      if (bytes[p] !== COLON || bytes[p + 1] !== SPACE) continue;
      if (start < 0) start = p + 2;
      else if (end < 0) end = p + 2;
    }
    if (end < 0) return false;
    this.durationNs = hexDifference(bytes, start, end);
    return true;
  }
}

/** A key of raw fields as one number: its length and three of its characters tell them apart. */
function keyHash(bytes: Uint8Array, from: number, end: number): number {
  const length = end - from;
  if (length < 4 || length > 8) return 0;
  return ((length * 128 + bytes[from]!) * 128 + bytes[from + 3]!) * 128 + bytes[end - 1]!;
}

function keyHashOf(key: string): number {
  return keyHash(new Uint8Array(Buffer.from(key)), 0, key.length);
}

const KEY_FUNC = keyHashOf('func');
const KEY_DEPTH = keyHashOf('depth');
const KEY_CALLTIME = keyHashOf('calltime');
const KEY_RETTIME = keyHashOf('rettime');
const KEY_RETVAL = keyHashOf('retval');
const KEY_RETADDR = keyHashOf('retaddr');

/** Where a byte stands in `bytes[from, end)`, or -1. */
function find(bytes: Uint8Array, byte: number, from: number, end: number): number {
  for (let p = from; p < end; p++) if (bytes[p] === byte) return p;
  return -1;
}

/** The number in `bytes[from, end)`, -1 when it is none. */
function decimal(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  if (from >= end) return -1;
  for (let p = from; p < end; p++) {
    const c = bytes[p]!;
    if (c < ZERO || c > NINE) return -1;
    value = value * 10 + c - ZERO;
  }
  return value;
}

/**
 * How much larger the hexadecimal number at `b` is than the one at `a`, of their last 48 bits: the
 * numbers themselves may be too large for a double, a duration is not.
 */
function hexDifference(bytes: Uint8Array, a: number, b: number): number {
  const difference = hex48(bytes, b) - hex48(bytes, a);
  return difference < 0 ? difference + 2 ** 48 : difference;
}

function hex48(bytes: Uint8Array, at: number): number {
  let high = 0;
  let low = 0;
  let p = bytes[at] === ZERO && bytes[at + 1] === LETTER_X ? at + 2 : at;
  const from = p;
  for (;;) {
    const c = bytes[p++]!;
    let digit: number;
    if (c >= ZERO && c <= NINE) digit = c - ZERO;
    else if (c >= 97 && c <= LETTER_F) digit = c - 87;
    else break;
    high = ((high << 4) | (low >>> 20)) & 0xffffff;
    low = ((low << 4) | digit) & 0xffffff;
  }
  return p - 1 === from ? Number.NaN : high * 0x1000000 + low;
}
