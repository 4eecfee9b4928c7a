import type { Geometry, SizeClass } from '../../model/zsmalloc/geometry.ts';
import { OperationKind, type OperationTable, Reconstructed } from '../../trace/operations.ts';
import type { SideTable } from '../../trace/side-tables.ts';

/** How many objects are of which class, for objects whose size no recording shows. */
export interface SizeMix {
  /** Share of each class of the geometry, sum 1. */
  readonly share: Float64Array;
  /** Where the shares come from. */
  readonly basis: 'measured' | 'assumed';
  readonly source: string;
}

/**
 * Compressed sizes without a side file: log-normal with this median and spread, and this share of pages
 * that do not compress. Between what LZ4 makes of heaps (mean 1.2 KB) and of program text (2.5 KB).
 */
export const ASSUMED_MEDIAN_BYTES = 1300;
export const ASSUMED_SPREAD = 0.6;
export const ASSUMED_HUGE_SHARE = 0.02;

/** Fewer recorded sizes than this say little of a distribution. */
const LEAST_SIZES = 100;

/** The mix that the inputs show best: recorded sizes, a classes file, mm_stat, else the assumed one. */
export function sizeMix(ops: OperationTable, tables: readonly SideTable[], geometry: Geometry): SizeMix {
  return (
    recordedMix(ops, geometry) ??
    classesMix(tables, geometry) ??
    mmStatMix(tables, geometry) ??
    assumedMix(geometry)
  );
}

/** All objects in the class that the mix has most of: the other end of what is possible. */
export function oneClass(mix: SizeMix, geometry: Geometry): SizeMix {
  const share = new Float64Array(mix.share.length);
  let best = 0;
  mix.share.forEach((value, k) => {
    if (value > mix.share[best]! && !geometry.classes[k]!.huge) best = k;
  });
  share[best] = 1;
  return { share, basis: 'assumed', source: `all in the class of ${geometry.classes[best]!.size} bytes` };
}

/** Number of classes of equal shares that meet as often: 1 / sum of squares. */
export function effectiveClasses(share: Float64Array): number {
  return 1 / share.reduce((sum, value) => sum + value * value, 0);
}

/** A request that goes to a class. */
export function requestBytes(sizeClass: SizeClass, geometry: Geometry): number {
  const { pageSize, wordBytes } = geometry.config;
  return sizeClass.huge ? pageSize : sizeClass.size - wordBytes;
}

export function assumedMix(geometry: Geometry): SizeMix {
  return {
    share: logNormal(geometry, ASSUMED_MEDIAN_BYTES, ASSUMED_HUGE_SHARE),
    basis: 'assumed',
    source: `log-normal compressed sizes, median ${ASSUMED_MEDIAN_BYTES} bytes, sigma ${ASSUMED_SPREAD}, ${ASSUMED_HUGE_SHARE * 100} % of pages that do not compress`,
  };
}

function recordedMix(ops: OperationTable, geometry: Geometry): SizeMix | null {
  const counts = new Float64Array(geometry.classes.length);
  const ordinals = new Map(geometry.classes.map((sizeClass, k) => [sizeClass, k]));
  let n = 0;
  for (let row = 0; row < ops.length; row++) {
    const isRecorded =
      ops.kind[row] === OperationKind.Malloc && (ops.reconstructed[row]! & Reconstructed.Size) === 0;
    if (!isRecorded || ops.size[row]! < 0) continue;
    counts[ordinals.get(geometry.classFor(ops.size[row]!))!]!++;
    n++;
  }
  if (n < LEAST_SIZES) return null;
  return { share: normalised(counts), basis: 'measured', source: `the sizes of ${n} recorded allocations` };
}

/** `obj_used` by class of the classes file; `obj_allocated` where nothing was in use. */
function classesMix(tables: readonly SideTable[], geometry: Geometry): SizeMix | null {
  for (const column of ['obj_used', 'obj_allocated']) {
    const counts = new Float64Array(geometry.classes.length);
    let source = '';
    for (const table of tables.filter(({ kind }) => kind === 'zsmalloc-classes')) {
      const size = table.columns.indexOf('size_bytes');
      const used = table.columns.indexOf(column);
      for (const row of table.rows) {
        const bytes = Number(row[size]);
        const k = geometry.classes.findIndex((sizeClass) => sizeClass.size >= bytes);
        if (k >= 0 && Number(row[used]) > 0) counts[k]! += Number(row[used]);
      }
      source = table.source;
    }
    const objects = counts.reduce((sum, count) => sum + count, 0);
    if (objects > 0)
      return {
        share: normalised(counts),
        basis: 'measured',
        source: `${column} of ${objects} objects in ${source}`,
      };
  }
  return null;
}

/** Mean size and share of incompressible pages of mm_stat; the spread stays assumed. */
function mmStatMix(tables: readonly SideTable[], geometry: Geometry): SizeMix | null {
  const { pageSize } = geometry.config;
  let best: { source: string; objects: number; bytes: number; huge: number } | null = null;
  for (const table of tables.filter(({ kind }) => kind === 'zram-mm-stat')) {
    const at = (name: string, row: readonly unknown[]) => Number(row[table.columns.indexOf(name)] ?? 0) || 0;
    for (const row of table.rows) {
      const objects = at('orig_data_bytes', row) / pageSize - at('same_pages', row);
      if (objects < LEAST_SIZES || (best && objects < best.objects)) continue;
      best = {
        source: table.source,
        objects,
        bytes: at('compr_data_bytes', row),
        huge: at('huge_pages', row),
      };
    }
  }
  if (!best) return null;
  const { objects, bytes, huge } = best;
  const small = Math.max(1, objects - huge);
  const mean = Math.max(32, (bytes - huge * pageSize) / small);
  const median = mean / Math.exp(ASSUMED_SPREAD ** 2 / 2);
  return {
    share: logNormal(geometry, median, huge / objects),
    basis: 'assumed',
    source: `mean size (${Math.round(mean)} bytes) and incompressible pages of ${best.source}, log-normal with sigma ${ASSUMED_SPREAD} around it`,
  };
}

function logNormal(geometry: Geometry, median: number, huge: number): Float64Array {
  const share = new Float64Array(geometry.classes.length);
  const ordinals = new Map(geometry.classes.map((sizeClass, k) => [sizeClass, k]));
  for (let bytes = geometry.minSize; bytes < geometry.hugeClassSize; bytes++) {
    const z = Math.log(bytes / median) / ASSUMED_SPREAD;
    share[ordinals.get(geometry.classFor(bytes))!]! += Math.exp((-z * z) / 2) / bytes;
  }
  const rest = normalised(share).map((value) => value * (1 - huge));
  rest[ordinals.get(geometry.classFor(geometry.config.pageSize))!]! += huge;
  return rest;
}

export function normalised(values: Float64Array): Float64Array {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}
