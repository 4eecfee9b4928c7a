import type { Geometry, SizeClass } from '../zsmalloc/geometry.ts';

/** Who stores the pages; zswap by version, as what it does with incompressible pages changed. */
export type Backend = 'zram' | 'zswap-6.12' | 'zswap-7';

export const BACKENDS: readonly Backend[] = ['zram', 'zswap-6.12', 'zswap-7'];

/** What becomes of a page. */
export type Fate =
  /** All words alike: only the word is kept (zram), or a bit for zero pages (the swap layer). */
  | 'same-filled'
  | 'compressed'
  /** Kept as it is, one page. */
  | 'incompressible'
  /** Refused; it goes to the swap device. */
  | 'rejected';

/** A page as the compressor left it. */
export interface CompressedPage {
  readonly bytes: number;
  /** All 8-byte words alike. */
  readonly sameFilled: boolean;
  readonly zero: boolean;
}

/** Bytes that zsmalloc is asked for; 0 for none. */
export interface Stored {
  readonly fate: Fate;
  readonly bytes: number;
}

const PAGE_BYTES = 4096;

/**
 * zram keeps pages of huge_class_size or more as they are; zswap stores anything below a page, and refuses
 * the rest (6.12) or keeps it as it is (7.x, where the memcg allows writeback).
 */
export function storedPage(page: CompressedPage, backend: Backend, geometry: Geometry): Stored {
  if (backend === 'zram' ? page.sameFilled : page.zero) return { fate: 'same-filled', bytes: 0 };
  const limit = backend === 'zram' ? geometry.hugeClassSize : PAGE_BYTES;
  if (page.bytes < limit) return { fate: 'compressed', bytes: page.bytes };
  return backend === 'zswap-6.12'
    ? { fate: 'rejected', bytes: 0 }
    : { fate: 'incompressible', bytes: PAGE_BYTES };
}

/** Objects of one class, and the pages that they take when all zspages are full. */
export interface ClassShare {
  readonly size: number;
  readonly objects: number;
  readonly pages: number;
}

/** How stored pages spread over zsmalloc's classes, by rising size. */
export function classSpread(stored: readonly Stored[], geometry: Geometry): readonly ClassShare[] {
  const objects = new Map<SizeClass, number>();
  for (const { bytes } of stored) {
    if (bytes === 0) continue;
    const of = geometry.classFor(bytes);
    objects.set(of, (objects.get(of) ?? 0) + 1);
  }
  return [...objects]
    .toSorted(([a], [b]) => a.size - b.size)
    .map(([{ size, objectsPerZspage, pagesPerZspage }, count]) => ({
      size,
      objects: count,
      pages: (count / objectsPerZspage) * pagesPerZspage,
    }));
}
