import type { ZsmallocConfig } from './geometry.ts';

/** What of a kernel's configuration zsmalloc depends on, as far as it is known. */
export interface PoolShape {
  /** Bytes of a page. */
  readonly pageSize?: number;
  /** CONFIG_ZSMALLOC_CHAIN_SIZE, from 6.3 on. */
  readonly chainSize?: number;
  readonly wordBits?: 32 | 64;
  /** Bits of a physical address that the kernel is built for (MAX_POSSIBLE_PHYSMEM_BITS). */
  readonly physicalBits?: number;
}

const PAGE_4K = 4096;
/** x86-64 with five levels and arm64 with 52 bits; 32 bits without PAE or LPAE. */
const USUAL_PHYSICAL_BITS = { 64: 52, 32: 32 } as const;

/**
 * An era's configuration on another machine: bits of an object word are those that the page frame number leaves
 * (OBJ_INDEX_BITS, mm/zsmalloc.c of 6.12), one fewer while the tag bit was kept in it (to 6.2).
 */
export function configOn(era: ZsmallocConfig, shape: PoolShape): ZsmallocConfig {
  const isOld = era.chainRule === 'used-percentage';
  const pageSize = shape.pageSize ?? PAGE_4K;
  const wordBits = shape.wordBits ?? 64;
  const frameBits = (shape.physicalBits ?? USUAL_PHYSICAL_BITS[wordBits]) - Math.log2(pageSize);
  return {
    ...era,
    pageSize,
    wordBytes: wordBits === 64 ? 8 : 4,
    chainSize: isOld ? era.chainSize : (shape.chainSize ?? era.chainSize),
    objectIndexBits: wordBits - frameBits - (isOld ? 1 : 0),
  };
}

/** Bits of the class in an object word: 256 classes and one more for what is no class (CLASS_BITS + 1). */
const CLASS_FIELD_BITS = 9;
/** The smallest object has 2^5 bytes. */
const SMALLEST_SHIFT = 5;

/**
 * Bits of an object word that the class and the object's index want together (commit 9909b088b1f0): where there
 * are fewer, the word holds no class and zs_free takes the pool's lock.
 */
export function classIndexBits({ pageSize, chainSize }: ZsmallocConfig): number {
  const chainBits = chainSize <= 4 ? 2 : chainSize <= 8 ? 3 : 4;
  return CLASS_FIELD_BITS + chainBits + Math.log2(pageSize) - SMALLEST_SHIFT;
}
