import { ZSWAP_PATHS } from '../../../model/kernels/zswap.ts';
import type { Compressed } from '../../../model/zswap/store.ts';
import { mix } from '../../engine/random.ts';
import type { Page, Row } from '../recorded-rows.ts';
import type { SizesRequest } from '../sizes.ts';

const PAGE_BYTES = 4096;
const TRIED: readonly string[] = [ZSWAP_PATHS.store, ZSWAP_PATHS.storeFailed, ZSWAP_PATHS.storeUndone];

/** What a compressor makes of each page. */
export type CompressedPages = (page: Page, key: number) => Compressed;

/**
 * Sizes of all pages of a recording. With other sizes than recorded each page keeps its rank: the largest one, or one
 * that did not compress at all, gets the largest of the sample, which may not compress either. Pages that were
 * refused before anything was compressed have no rank: they get one drawn from all.
 * @param asDevice A page that does not get smaller is an error (-EIO of IAA), rather than what the codec made of it.
 * @throws {RangeError} when no page of the sample gets smaller, or sizes are neither recorded nor asked for.
 */
export function compressedPages(
  tasks: readonly (readonly Row[])[],
  request: SizesRequest | null,
  asDevice: boolean,
): CompressedPages {
  const sizes = request && [...request.sizes].sort((a, b) => a - b);
  if (sizes && !sizes.some((bytes) => bytes < PAGE_BYTES))
    throw new RangeError(`no page of ${request!.from} gets below a page with this codec`);
  const known = tasks.flatMap((rows) =>
    rows.flatMap(({ path, pages }) =>
      TRIED.includes(path) ? pages.filter(({ bytes }) => bytes !== null && bytes !== 'same-filled') : [],
    ),
  );
  if (!sizes && !known.some(({ bytes }) => typeof bytes === 'number'))
    throw new RangeError(
      'sizes of objects are not recorded (a probe of zs_malloc with size=): --ratio or --pages state them',
    );
  const ranked = known.filter(({ bytes }) => bytes !== 'stored');
  const number = ({ bytes }: Page) => (typeof bytes === 'number' ? bytes : Number.POSITIVE_INFINITY);
  // Infinity less itself is no number, and no order.
  ranked.sort((a, b) => (number(a) === number(b) ? 0 : number(a) - number(b)));
  const rankOf = new Map(ranked.map((page, rank) => [page, (rank + 0.5) / ranked.length]));
  const sized = ranked.filter(({ bytes }) => typeof bytes === 'number');
  const isStated = request?.sizes.basis === 'stated';
  // What becomes of a page that did not get smaller is the version's business.
  const made = (bytes: number): Compressed =>
    asDevice && bytes >= PAGE_BYTES
      ? { kind: 'error' }
      : { kind: 'compressed', bytes: Math.max(1, Math.round(bytes)) };
  const at = <Item>(list: readonly Item[], share: number) =>
    list[Math.min(list.length - 1, Math.floor(share * list.length))]!;
  const least = sizes ? sizes[0]! : (sized[0]!.bytes as number);
  return (page, key) => {
    if (page.bytes === 'same-filled') return { kind: 'same-filled', bytes: least };
    const uniform = mix(key, 0, 7) / 2 ** 32;
    const { bytes } = page.bytes === null ? at(known, uniform) : page;
    // A stated ratio says nothing of pages that did not compress.
    if (bytes === 'error' && (!sizes || isStated)) return { kind: 'error' };
    if (sizes) return made(at(sizes, rankOf.get(page) ?? uniform));
    return made(typeof bytes === 'number' ? bytes : (at(sized, uniform).bytes as number));
  };
}
