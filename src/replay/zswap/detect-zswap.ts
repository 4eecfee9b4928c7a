import { type ZswapEra, zswapEraById, zswapEraOfRelease } from '../../model/zswap/eras.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/** Which zswap a recording is of, and what it was told by. */
export interface DetectedZswap {
  readonly era: ZswapEra;
  readonly basis: string;
}

/** zswap's version by the release, else by the functions that it calls. */
export function detectZswap(ops: OperationTable, kernelRelease: string): DetectedZswap {
  const byRelease = zswapEraOfRelease(kernelRelease);
  if (byRelease) return { era: byRelease, basis: `the trace says that it is of ${kernelRelease}` };
  const hints = ops.zswapHints;
  if (hints.has('frontswap')) return { era: zswapEraById('6.1'), basis: 'it is called through frontswap' };
  if (storesLargeFolios(ops)) {
    return hints.has('zpool')
      ? { era: zswapEraById('6.13'), basis: 'it stores folios of several pages, through zpool' }
      : { era: zswapEraById('6.18'), basis: 'it stores folios of several pages, in zsmalloc' };
  }
  if (hints.has('zpool'))
    return { era: zswapEraById('6.12'), basis: 'it calls zpool, and stores single pages only' };
  if (hints.has('zsmalloc')) return { era: zswapEraById('6.18'), basis: 'it calls zsmalloc directly' };
  return { era: zswapEraById('6.12'), basis: 'assumed: nothing in the trace tells' };
}

/** A store within which several objects were asked for. */
function storesLargeFolios(ops: OperationTable): boolean {
  for (const [op, facts] of ops.zswap)
    if (ops.kind[op] === OperationKind.ZswapStore && facts.objects > 1) return true;
  return false;
}
