import { type ZswapEra, zswapEraById, zswapEraOfRelease } from '../../model/zswap/eras.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import { loadResultsOf } from './load-results.ts';

/** Which zswap a recording is of, and what it was told by. */
export interface DetectedZswap {
  readonly era: ZswapEra;
  readonly basis: string;
  /** Era of zsmalloc that is of the same kernel, by its letter; null when this does not tell. */
  readonly zsmalloc: 'D' | 'E' | 'F' | null;
}

/**
 * zswap's version: by the release, else by functions that were seen and by results. That a function was not
 * seen tells nothing: most recordings trace a choice of functions, and what is static may be inlined.
 * Sources: mm/zswap.c, mm/zpool.c, mm/zsmalloc.c of 6.1, 6.12, 6.18 and 7.x; commits and mail for what is
 * between (zs_map_object and zswap_load as a bool ended in 6.15, zpool in 6.18; zs_obj_read_sg_begin came with
 * 7.0), held against the symbols of Debian's kernels of 6.16 to 7.3.
 */
export function detectZswap(ops: OperationTable, kernelRelease: string): DetectedZswap {
  const byRelease = zswapEraOfRelease(kernelRelease);
  // zsmalloc changed between other releases: its era is told by the release itself.
  if (byRelease)
    return { era: byRelease, basis: `the trace says that it is of ${kernelRelease}`, zsmalloc: null };
  const found = byWhatIsSeen(ops);
  if (!/^\d+\.\d+/.test(kernelRelease)) return found;
  return { ...found, basis: `${kernelRelease} is not modelled; nearest, as ${found.basis}` };
}

function byWhatIsSeen(ops: OperationTable): DetectedZswap {
  const seen = (pattern: RegExp) => [...ops.zswapSigns].find((name) => pattern.test(name));
  const frontswap = seen(/^zswap_frontswap_/);
  if (frontswap) return made('6.1', `${frontswap}: called through frontswap, which ended in 6.6`, null);
  const results = loadResultsOf(ops);
  const large = largeFolios(ops, seen(/^zswap_store_pages?$/));
  const before615 =
    seen(/^(?:zs_(?:un)?map_object|zpool_(?:un)?map_handle|zs_zpool_(?:un)?map)$/) ??
    (results === 'bool' ? 'zswap_load returns true or false' : undefined);
  if (before615) {
    const why = `${before615}: before 6.15`;
    return large
      ? made('6.13', `${why}; ${large}: 6.13 or newer`, 'D')
      : made('6.12', `${why}; single pages only, which 6.13 and 6.14 store in the same way`, 'D');
  }
  const since615 =
    seen(/^(?:zs|zpool|zs_zpool)_obj_(?:write|read)/) ??
    (results === 'error number' ? 'zswap_load returns error numbers' : undefined);
  const zpool = seen(/^(?:zpool|zs_zpool)_/);
  if (zpool) {
    const why = `${zpool}: zpool, which ended in 6.18`;
    if (since615) return made('6.15', `${why}; ${since615}: 6.15 or newer`, 'E');
    if (large) return made('6.13', `${why}; ${large}: 6.13 or newer`, null);
    return made('6.12', `${why}; single pages only`, 'D');
  }
  const since7 = seen(/^zs_obj_read_sg_/);
  if ((since615 || since7) && ops.releasesUnlocked)
    return made('7.3', `${since615 ?? since7}; pages go back behind the lock of zs_free: 7.3 or newer`, 'F');
  if (since7) return made('6.18', `${since7}: 7.0 or newer; 7.3 differs in the shrink worker alone`, 'E');
  if (seen(/^zs_get_total_pages$/))
    return made('6.18', 'zs_get_total_pages: it asks zsmalloc itself, without zpool', 'E');
  if (since615)
    return made('6.18', `${since615}: 6.15 or newer; 6.15 to 6.17 differ in what does not compress`, 'E');
  if (large) return made('6.18', `${large}: 6.13 or newer; nothing tells which`, null);
  return made('6.12', 'assumed: nothing in the trace tells', null);
}

function made(id: ZswapEra['id'], basis: string, zsmalloc: DetectedZswap['zsmalloc']): DetectedZswap {
  return { era: zswapEraById(id), basis, zsmalloc };
}

/** What shows that folios of several pages are stored; null when nothing does. */
function largeFolios(ops: OperationTable, function_: string | undefined): string | null {
  for (const [op, facts] of ops.zswap)
    if (ops.kind[op] === OperationKind.ZswapStore && facts.objects > 1)
      return 'several objects within one zswap_store';
  return function_ ?? null;
}
