/** How the number of pages of a zspage is chosen. */
export type ChainRule =
  /** 6.3 and newer: the shortest chain with the least waste. */
  | 'least-waste'
  /** Up to 6.2: the chain with the largest used percentage, cut to a whole number. */
  | 'used-percentage';

/** What zsmalloc's classes depend on. */
export interface ZsmallocConfig {
  /** Bytes: 4096, 16384 or 65536. */
  readonly pageSize: number;
  /** Bytes of a machine word: 8 or 4. A handle of that size is added to every request. */
  readonly wordBytes: 4 | 8;
  /** Most pages of a zspage: 4 before 6.3, CONFIG_ZSMALLOC_CHAIN_SIZE (4..16, default 8) since. */
  readonly chainSize: number;
  readonly chainRule: ChainRule;
  /** Bits of an object word that hold the object's index in its zspage. */
  readonly objectIndexBits: number;
  /**
   * So many times the same classes, one set behind another; 1 in every kernel. More is the study of
   * processes that never meet in a class: requests go to the first set, callers add the others.
   */
  readonly classSets?: number;
}

/** A size class; slots of the class table that were merged share one. */
export interface SizeClass {
  /** Slot in the class table: that of the largest size merged into it. */
  readonly index: number;
  /** Bytes of an object with its handle. */
  readonly size: number;
  readonly objectsPerZspage: number;
  readonly pagesPerZspage: number;
  /** Bytes of a zspage that no object can use. */
  readonly wastedBytes: number;
  /** One object that fills one page: it keeps its handle outside of the object. */
  readonly huge: boolean;
}

const ALIGN = 8;
const CLASS_BITS = 8;
const SMALLEST = 32;

/** x86-64 and 52-bit arm64 with 4 KiB pages: 64 - (52 - 12) bits, one less while the tag bit was kept. */
export const X86_64: ZsmallocConfig = {
  pageSize: 4096,
  wordBytes: 8,
  chainSize: 8,
  chainRule: 'least-waste',
  objectIndexBits: 24,
};

/** The same machine up to 6.2. */
export const X86_64_BEFORE_6_3: ZsmallocConfig = {
  ...X86_64,
  chainSize: 4,
  chainRule: 'used-percentage',
  objectIndexBits: 23,
};

/**
 * Size classes of a pool as zs_create_pool makes them (mm/zsmalloc.c of 6.1 and 6.12): sizes in equal
 * steps, pages per zspage by the rule, neighbours with equal pages and objects merged.
 */
export class Geometry {
  readonly config: ZsmallocConfig;
  /** Bytes of the smallest class. */
  readonly minSize: number;
  /** Bytes between the sizes of two slots. */
  readonly sizeStep: number;
  /** Slots of the class table; several may share a class. */
  readonly slots: readonly SizeClass[];
  /** Each class once, by rising size; set after set where there are several. */
  readonly classes: readonly SizeClass[];
  /** Requests of this many bytes or more do not fit the largest class that is not huge. */
  readonly hugeClassSize: number;

  /** @throws {RangeError} when the configuration has no class. */
  constructor(config: ZsmallocConfig) {
    this.config = config;
    const { pageSize, chainSize, objectIndexBits } = config;
    this.sizeStep = pageSize >> CLASS_BITS;
    const byIndexBits = Math.floor((chainSize * pageSize) / 2 ** objectIndexBits);
    this.minSize = Math.ceil(Math.max(SMALLEST, byIndexBits) / ALIGN) * ALIGN;
    if (this.minSize > pageSize) {
      throw new RangeError(
        `${objectIndexBits} object index bits are too few for ${chainSize} pages a zspage`,
      );
    }
    const count = Math.ceil((pageSize - this.minSize) / this.sizeStep) + 1;
    const slots: SizeClass[] = [];
    for (let index = count - 1; index >= 0; index--) {
      const made = this.#classOfSize(index, Math.min(this.minSize + index * this.sizeStep, pageSize));
      const larger = slots[index + 1];
      slots[index] = larger && sameZspage(larger, made) ? larger : made;
    }
    this.slots = slots;
    const once = slots.filter((made, index) => made.index === index);
    const others = Array.from({ length: (config.classSets ?? 1) - 1 }, () =>
      once.map((made) => ({ ...made })),
    );
    this.classes = [...once, ...others.flat()];
    const largest = once.findLast((c) => c.pagesPerZspage !== 1 && c.objectsPerZspage !== 1);
    this.hugeClassSize = largest ? largest.size - (config.wordBytes - 1) : pageSize;
  }

  /** The class for a request of so many bytes (without handle). */
  classFor(requestBytes: number): SizeClass {
    const need = requestBytes + this.config.wordBytes;
    if (need <= this.minSize) return this.slots[0]!;
    const index = Math.ceil((need - this.minSize) / this.sizeStep);
    return this.slots[Math.min(index, this.slots.length - 1)]!;
  }

  #classOfSize(index: number, size: number): SizeClass {
    const { pageSize } = this.config;
    const pages = this.#pagesPerZspage(size);
    const objects = Math.floor((pages * pageSize) / size);
    return {
      index,
      size,
      objectsPerZspage: objects,
      pagesPerZspage: pages,
      wastedBytes: pages * pageSize - objects * size,
      huge: pages === 1 && objects === 1,
    };
  }

  #pagesPerZspage(size: number): number {
    const { pageSize, chainSize, chainRule } = this.config;
    const isPowerOfTwo = (size & (size - 1)) === 0;
    if (chainRule === 'least-waste' && isPowerOfTwo) return 1;
    let best = 1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let pages = 1; pages <= chainSize; pages++) {
      const bytes = pages * pageSize;
      const waste = bytes % size;
      const score = chainRule === 'least-waste' ? -waste : Math.floor(((bytes - waste) * 100) / bytes);
      if (score > bestScore) {
        best = pages;
        bestScore = score;
      }
    }
    return best;
  }
}

function sameZspage(a: SizeClass, b: SizeClass): boolean {
  return a.pagesPerZspage === b.pagesPerZspage && a.objectsPerZspage === b.objectsPerZspage;
}
