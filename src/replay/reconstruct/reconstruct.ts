import type { Geometry } from '../../model/zsmalloc/geometry.ts';
import { OperationKind, type OperationTable, Reconstructed } from '../../trace/operations.ts';
import type { SideTable } from '../../trace/side-tables.ts';
import { fittedMix } from './fit-mix.ts';
import { type OlderFree, olderFrees } from './older-frees.ts';
import { effectiveClasses, oneClass, requestBytes, type SizeMix, sizeMix } from './size-mix.ts';
import { lacksTimes, layOutTimes } from './times.ts';
import { layOut, type OlderLayout } from './zspages.ts';

/** A share of a class that no object of a recording's size would be in. */
const NEARLY_NONE = 1e-4;

/** What a reconstruction filled in, and from what. */
export interface Reconstruction {
  /** Frees of all, of which the object is reconstructed. */
  readonly frees: number;
  readonly of: number;
  /** Frees of these whose handle the trace shows: objects older than the recording. */
  readonly older: number;
  /** Where the sizes come from; null where none was needed. */
  readonly sizes: {
    readonly basis: 'measured' | 'assumed';
    readonly source: string;
    /** Classes of equal shares that would meet as often. */
    readonly classes: number;
    /** Share of the objects that had to be of classes that the source has nearly none of. */
    readonly elsewhere: number;
  } | null;
  /** Frees of these whose release of a zspage the trace shows, and the zspages that were laid out. */
  readonly releasesShown: number;
  readonly zspages: number;
  /** Released zspages that had to be partly free when the recording began. */
  readonly partialZspages: number;
  /** Beginnings of frees are assumed: the trace has no time stamps. */
  readonly times: boolean;
  readonly seed: number;
}

export interface ReconstructOptions {
  readonly geometry: Geometry;
  /** Side data of the inputs: sizes by class, or of all. */
  readonly tables: readonly SideTable[];
  readonly seed: number;
  /** Assumed shares of classes are raised to this power: 1 as they are, more for fewer classes. */
  readonly concentration?: number;
  /** All objects in one class: the other end of what is possible. */
  readonly inOneClass?: boolean;
}

/**
 * Completes operations to a consistent stream: every free gets an object that was allocated before it, in a
 * zspage that is released where the trace shows it, and a beginning where there are no time stamps. What is
 * filled in is marked in `reconstructed`; allocations before the recording are added as rows of their own.
 * @returns a copy, or the operations themselves and null when nothing is missing. Deterministic for a seed.
 */
export function reconstruct(
  recorded: OperationTable,
  { geometry, tables, seed, inOneClass, concentration = 1 }: ReconstructOptions,
): { readonly operations: OperationTable; readonly reconstruction: Reconstruction | null } {
  const older = olderFrees(recorded);
  const times = lacksTimes(recorded);
  if (older.length === 0 && !times) return { operations: recorded, reconstruction: null };
  const ops = recorded.copy();
  if (times) layOutTimes(ops);
  const total = countFrees(recorded);
  const base = { frees: older.length, of: total, times, seed };
  if (older.length === 0) {
    return {
      operations: ops,
      reconstruction: { ...base, older: 0, sizes: null, releasesShown: 0, zspages: 0, partialZspages: 0 },
    };
  }
  const fitted = fittedMix(sizeMix(ops, tables, geometry), older, geometry, concentration);
  const mix = inOneClass ? oneClass(fitted, geometry) : fitted;
  const layout = layOut(older, mix, geometry, seed);
  const shares = classShares(layout, mix);
  addObjects(ops, older, layout, geometry);
  return {
    operations: ops,
    reconstruction: {
      ...base,
      older: older.filter(({ hasHandle }) => hasHandle).length,
      sizes: {
        basis: mix.basis,
        source: mix.source,
        classes: effectiveClasses(shares),
        elsewhere: shares.reduce((sum, share, k) => sum + (mix.share[k]! < NEARLY_NONE ? share : 0), 0),
      },
      releasesShown: older.filter(({ released }) => released >= 0).length,
      zspages: layout.zspages.length,
      partialZspages: layout.partial,
    },
  };
}

function countFrees(ops: OperationTable): number {
  let count = 0;
  for (let row = 0; row < ops.length; row++) if (ops.kind[row] === OperationKind.Free) count++;
  return count;
}

/** Shares of the classes among the objects as laid out. */
function classShares({ zspages }: OlderLayout, mix: SizeMix): Float64Array {
  const counts = new Float64Array(mix.share.length);
  for (const { sizeClass, members } of zspages) counts[sizeClass]! += members.length;
  const objects = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / objects);
}

/**
 * Adds the allocations of all zspages before the first record, and frees of what was gone by then; gives the
 * recorded frees their handles. Zspages are filled one after the other, so that zsmalloc's own rules make them.
 */
function addObjects(
  ops: OperationTable,
  older: readonly OlderFree[],
  { zspages }: OlderLayout,
  geometry: Geometry,
): void {
  const hasHandle = new Map(older.map((free) => [free.row, free.hasHandle]));
  const gone: number[] = [];
  const history: { readonly kind: number; readonly handle: number; readonly size: number }[] = [];
  let number = 0;
  for (const { sizeClass, members, isReleased } of zspages) {
    const shape = geometry.classes[sizeClass]!;
    const size = requestBytes(shape, geometry);
    for (let k = 0; k < shape.objectsPerZspage; k++) {
      const row = members[k];
      let handle: number;
      if (row !== undefined && hasHandle.get(row)) handle = ops.handle[row]!;
      else handle = ops.handles.add(`r${number++}`);
      history.push({ kind: OperationKind.Malloc, handle, size });
      if (row === undefined) {
        if (isReleased) gone.push(handle);
        continue;
      }
      const bits = hasHandle.get(row) ? Reconstructed.Size : Reconstructed.Size | Reconstructed.Handle;
      ops.handle[row] = handle;
      ops.size[row] = size;
      ops.reconstructed[row]! |= bits;
    }
  }
  for (const handle of gone) history.push({ kind: OperationKind.Free, handle, size: -1 });
  history.forEach(({ kind, handle, size }, k) => {
    const row = ops.add(kind);
    const at = k - history.length;
    ops.handle[row] = handle;
    ops.size[row] = size;
    ops.reconstructed[row] = Reconstructed.Operation | Reconstructed.Size | Reconstructed.Handle;
    for (const column of [ops.firstAt, ops.enteredAt, ops.returnedAt, ops.changedAt]) column[row] = at;
  });
}
