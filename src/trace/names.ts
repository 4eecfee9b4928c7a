/** Index into a {@link NameTable}; -1 means "no name known". */
export type NameId = number;

const INITIAL_SLOTS = 4096;

/**
 * Interned names of functions and events, kept as bytes exactly as the kernel prints them,
 * with the module: `zs_free [zsmalloc]`. Equal bytes always give the same {@link NameId},
 * so the parser's hot loop never makes a string; text is made on first use by a report.
 *
 * Text is decoded as latin1 on purpose: kernel symbols are bytes, and every byte survives.
 */
export class NameTable {
  /** All names, each from a multiple of four on, so that hot loops may compare words. */
  heap: Uint8Array = new Uint8Array(1 << 16);
  /** The same memory as words, in this machine's byte order. */
  words: Int32Array = new Int32Array(this.heap.buffer);
  /** Start of each name in `heap`. */
  offset: Int32Array<ArrayBufferLike> = new Int32Array(1024);
  /** Length of each name in bytes. */
  length: Int32Array = new Int32Array(1024);
  /** Number of names. */
  size = 0;

  #used = 0;
  #hashes = new Int32Array(1024);
  #slots = new Int32Array(INITIAL_SLOTS).fill(-1);
  #text: (string | undefined)[] = [];

  /** The hash that {@link intern} expects: h = h * 31 + byte, in 32 bits, from 0. */
  static hash(bytes: Uint8Array, start: number, end: number): number {
    let h = 0;
    for (let i = start; i < end; i++) h = ((h << 5) - h + bytes[i]!) | 0;
    return h;
  }

  /** The id of `bytes[start, end)`, added when new. `hash` must be {@link NameTable.hash} of it. */
  intern(bytes: Uint8Array, start: number, end: number, hash: number): NameId {
    const len = end - start;
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = this.#slots[slot]!;
      if (id < 0) break;
      if (this.#hashes[id] === hash && this.length[id] === len) {
        const at = this.offset[id]!;
        let i = 0;
        while (i < len && this.heap[at + i] === bytes[start + i]) i++;
        if (i === len) return id;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes, start, len, hash, slot);
  }

  /** The id of a text, added when new. */
  internText(text: string): NameId {
    const bytes = Buffer.from(text, 'latin1');
    return this.intern(bytes, 0, bytes.length, NameTable.hash(bytes, 0, bytes.length));
  }

  /** The whole name as printed, module included. */
  text(id: NameId): string {
    if (id < 0) return '(unknown)';
    let text = this.#text[id];
    if (text === undefined) {
      const at = this.offset[id]!;
      text = Buffer.from(this.heap.buffer, at, this.length[id]).toString('latin1');
      this.#text[id] = text;
    }
    return text;
  }

  /** The function's name without its module. */
  functionName(id: NameId): string {
    const text = this.text(id);
    const at = text.endsWith(']') ? text.lastIndexOf(' [') : -1;
    return at > 0 ? text.slice(0, at) : text;
  }

  /** The module's name, or '' for code that is built in. */
  moduleName(id: NameId): string {
    const text = this.text(id);
    const at = text.endsWith(']') ? text.lastIndexOf(' [') : -1;
    return at > 0 ? text.slice(at + 2, -1) : '';
  }

  #add(bytes: Uint8Array, start: number, len: number, hash: number, slot: number): NameId {
    while (this.#used + len > this.heap.length) {
      const bigger = new Uint8Array(this.heap.length * 2);
      bigger.set(this.heap);
      this.heap = bigger;
      this.words = new Int32Array(bigger.buffer);
    }
    if (this.size === this.offset.length) {
      this.offset = grown(this.offset);
      this.length = grown(this.length);
      this.#hashes = grown(this.#hashes);
    }
    const id = this.size++;
    this.heap.set(bytes.subarray(start, start + len), this.#used);
    this.offset[id] = this.#used;
    this.length[id] = len;
    this.#hashes[id] = hash;
    this.#used += (len + 3) & ~3;
    this.#slots[slot] = id;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      const hash = this.#hashes[id]!;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(column.length * 2);
  bigger.set(column);
  return bigger;
}
