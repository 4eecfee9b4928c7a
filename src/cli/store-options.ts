import type { Design } from '../model/designs/design.ts';
import { changesStores, parseDesign } from '../model/designs/registry.ts';
import { UsageError } from '../trace/diagnostics.ts';

export type StorePath = 'free' | 'store';

/** Options of what-if that tell which path is replayed. */
export interface PathOptions {
  readonly path?: StorePath;
  readonly zswap?: string;
  readonly folioPages: number;
}

/**
 * The store path is replayed where it is asked for: by `--path`, by an option that only it has, or by a design
 * that changes it. Designs of frees go with it, when one of stores is there or `--path store` is given.
 * @throws {UsageError} when what is asked for does not go together.
 */
export function isAboutStores(
  { path, zswap, folioPages }: PathOptions,
  designs: readonly string[],
  known: readonly Design[],
): boolean {
  const ofStores = designs.filter((text) => changesStores(parseDesign(text, known)));
  if (path === 'free') {
    if (ofStores.length > 0)
      throw new UsageError(`${ofStores[0]} changes stores: --path free does not replay them`);
    if (zswap !== undefined || folioPages > 1)
      throw new UsageError('--zswap and --folio-pages are for stores: not with --path free');
    return false;
  }
  return path === 'store' || ofStores.length > 0 || zswap !== undefined || folioPages > 1;
}
