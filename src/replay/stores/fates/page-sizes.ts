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
 * @param asDevice A page that does not get smaller is an error (-EIO of IAA), rather than one that is too large.
 * @throws {RangeError} when no page of the sample gets smaller.
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
      TRIED.includes(path) ? pages.filter(({ bytes }) => bytes !== null) : [],
    ),
  );
  const number = ({ bytes }: Page) => (typeof bytes === 'number' ? bytes : Number.POSITIVE_INFINITY);
  // Infinity less itself is no number, and no order.
  known.sort((a, b) => (number(a) === number(b) ? 0 : number(a) - number(b)));
  const rankOf = new Map(known.map((page, rank) => [page, (rank + 0.5) / known.length]));
  const isStated = request?.sizes.basis === 'stated';
  const made = (bytes: number): Compressed => {
    if (bytes < PAGE_BYTES) return { kind: 'compressed', bytes: Math.max(1, Math.round(bytes)) };
    return { kind: asDevice ? 'error' : 'too-large' };
  };
  const at = (list: readonly number[], share: number) =>
    list[Math.min(list.length - 1, Math.floor(share * list.length))]!;
  return (page, key) => {
    const share = rankOf.get(page);
    const own = share === undefined ? known[Math.floor((mix(key, 0, 7) / 2 ** 32) * known.length)] : page;
    const bytes = own?.bytes ?? null;
    // A stated ratio says nothing of pages that did not compress.
    if (bytes === 'error' && (!sizes || isStated)) return { kind: 'error' };
    if (sizes) return made(at(sizes, share ?? mix(key, 0, 7) / 2 ** 32));
    return bytes === null ? { kind: 'error' } : made(bytes as number);
  };
}
