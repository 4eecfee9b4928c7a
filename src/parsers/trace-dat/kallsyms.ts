import { latin1 } from '../../trace/records.ts';

const NEWLINE = 10;
const SPACE = 32;
const DOLLAR = 36;
const LETTER_A = 97;

/** Low half of an address and number of the symbol are sorted as one double: 32 + 21 bits. */
const INDEX_BITS = 2 ** 21;

/** A symbol that an address lies in. */
export interface KernelSymbol {
  readonly name: string;
  /** '' when it is built in. */
  readonly module: string;
  /** How far behind the symbol's beginning the address lies; it may be past 2^32. */
  readonly offset: number;
}

interface Group {
  readonly high: number;
  readonly keys: Float64Array;
}

/**
 * Finds symbols by address in the text of /proc/kallsyms. The text stays bytes; only addresses are
 * kept beside it, and only the symbols asked for become strings.
 */
export class Kallsyms {
  readonly #bytes: Uint8Array;
  readonly #groups: Group[] = [];
  /** Where in the text the line of each symbol begins. */
  #lines = new Uint32Array(1 << 16);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#index();
  }

  /** The symbol that begins at the address or last before it; null when there is none. */
  find(high: number, low: number): KernelSymbol | null {
    let lo = 0;
    let hi = this.#groups.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.#groups[mid]!.high <= high) lo = mid + 1;
      else hi = mid;
    }
    if (lo === 0) return null;
    const group = this.#groups[lo - 1]!;
    if (group.high !== high) {
      // The last symbol below a boundary of 4 GiB: nothing is known to reach so far.
      return null;
    }
    const { keys } = group;
    let from = 0;
    let to = keys.length;
    const limit = (low + 1) * INDEX_BITS;
    while (from < to) {
      const mid = (from + to) >> 1;
      if (keys[mid]! < limit) from = mid + 1;
      else to = mid;
    }
    // Behind the last symbol anything may follow: trace-cmd resolves nothing there either.
    if (from === 0 || from === keys.length) return null;
    const address = Math.floor(keys[from - 1]! / INDEX_BITS);
    // Of aliases the first, as the kernel prints.
    let first = from - 1;
    while (first > 0 && keys[first - 1]! >= address * INDEX_BITS) first--;
    return this.#symbol(keys[first]! % INDEX_BITS, low - address);
  }

  #symbol(index: number, offset: number): KernelSymbol {
    const bytes = this.#bytes;
    let end = bytes.indexOf(NEWLINE, this.#lines[index]!);
    if (end < 0) end = bytes.length;
    const line = latin1(bytes, this.#lines[index]!, end);
    const m = /^\S+ \S+ ([^\t ]+)(?:[\t ]+\[([^\]]*)\])?/.exec(line);
    return { name: m?.[1] ?? '', module: m?.[2] ?? '', offset };
  }

  /** Reads all addresses: `ADDRESS TYPE NAME` and `[MODULE]` behind a tab. */
  #index(): void {
    const bytes = this.#bytes;
    const end = bytes.length;
    const lists = new Map<number, KeyList>();
    let count = 0;
    let lastHigh = -1;
    let list = new KeyList();
    for (let p = 0; p < end && count < INDEX_BITS; ) {
      const start = p;
      let high = 0;
      let low = 0;
      let c = bytes[p]!;
      while (c > SPACE) {
        const digit = c <= 57 ? c - 48 : (c | 32) - 87;
        high = (high << 4) | (low >>> 28);
        low = (low << 4) | (digit & 15);
        c = bytes[++p]!;
      }
      const type = bytes[p + 1]! | 32;
      // Absolute addresses (`A`) are of per-CPU variables, `$x` marks of the assembler: no code.
      if (c === SPACE && type !== LETTER_A && bytes[p + 3] !== DOLLAR && bytes[p + 3]! > SPACE) {
        high >>>= 0;
        if (high !== lastHigh) {
          lastHigh = high;
          list = lists.get(high) ?? new KeyList();
          lists.set(high, list);
        }
        if (count === this.#lines.length) {
          const more = new Uint32Array(count * 2);
          more.set(this.#lines);
          this.#lines = more;
        }
        this.#lines[count] = start;
        list.push((low >>> 0) * INDEX_BITS + count);
        count++;
      }
      // A loop, not indexOf: lines are short.
      while (p < end && bytes[p] !== NEWLINE) p++;
      p++;
    }
    for (const high of [...lists.keys()].sort((a, b) => a - b))
      this.#groups.push({ high, keys: lists.get(high)!.sorted() });
  }
}

/** A list of doubles that grows. */
class KeyList {
  #keys = new Float64Array(64);
  #length = 0;

  push(key: number): void {
    if (this.#length === this.#keys.length) {
      const more = new Float64Array(this.#length * 2);
      more.set(this.#keys);
      this.#keys = more;
    }
    this.#keys[this.#length++] = key;
  }

  sorted(): Float64Array {
    const keys = this.#keys.subarray(0, this.#length);
    for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.slice().sort();
    return keys;
  }
}
