import type { PageSizes } from '../../model/codecs/sizes.ts';
import type { FullnessRule } from '../../model/zsmalloc/fullness.ts';
import type { Geometry } from '../../model/zsmalloc/geometry.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import { replayStructure, type StructureOutcome } from '../structure.ts';

const PAGE_BYTES = 4096;

/** Sizes of a codec other than the recorded ones. */
export interface SizesRequest {
  readonly sizes: PageSizes;
  /** Where they come from, in words. */
  readonly from: string;
}

/** What the sizes of the stored pages come to. */
export interface SizesUsed {
  readonly basis: 'recorded' | 'pages' | 'stated';
  readonly from: string;
  readonly objects: number;
  readonly meanBytes: number;
  /** Most pages that the pool held at once. */
  readonly poolPages: number;
  /** Share of the sample that does not get below a page; null for recorded sizes. */
  readonly doesNotCompress: number | null;
}

/** Which zspages are made and emptied, and what that comes to. */
export interface Sized {
  readonly outcome: StructureOutcome;
  readonly used: SizesUsed;
}

/** Sizes as recorded. */
export function recordedSizes(ops: OperationTable, outcome: StructureOutcome): Sized {
  const sizes = mallocsOf(ops).map((op) => ops.size[op]!);
  return {
    outcome,
    used: {
      basis: 'recorded',
      from: 'the recording',
      ...held(ops, outcome),
      meanBytes: mean(sizes.filter((size) => size >= 0)),
      doesNotCompress: null,
    },
  };
}

/**
 * The pool with objects of other sizes: each page keeps its rank, so the largest recorded one has the largest
 * of the sample. Pages of the sample that do not get smaller have no object and are left out.
 * @throws {RangeError} when no page of the sample gets smaller.
 */
export function otherSizes(
  ops: OperationTable,
  request: SizesRequest,
  geometry: Geometry,
  fullness: FullnessRule,
): Sized {
  const { sizes, from } = request;
  const all = [...sizes];
  const kept = all.filter((bytes) => bytes < PAGE_BYTES);
  if (kept.length === 0) throw new RangeError(`no page of ${from} gets below a page with this codec`);
  const mallocs = mallocsOf(ops);
  const byRank = mallocs.toSorted((a, b) => ops.size[a]! - ops.size[b]! || a - b);
  const size = ops.size.slice();
  byRank.forEach((op, rank) => {
    size[op] = Math.max(1, Math.round(kept[Math.floor(((rank + 0.5) / byRank.length) * kept.length)]!));
  });
  const resized = Object.create(ops, { size: { value: size } }) as OperationTable;
  const { outcome } = replayStructure(resized, [], geometry, fullness);
  return {
    outcome,
    used: {
      basis: sizes.basis,
      from,
      ...held(resized, outcome),
      meanBytes: mean(mallocs.map((op) => size[op]!)),
      doesNotCompress: 1 - kept.length / all.length,
    },
  };
}

function mallocsOf(ops: OperationTable): number[] {
  return Array.from({ length: ops.length }, (_, op) => op).filter(
    (op) => ops.kind[op] === OperationKind.Malloc,
  );
}

function held(ops: OperationTable, { pages }: StructureOutcome) {
  let objects = 0;
  let now = 0;
  let poolPages = 0;
  for (let op = 0; op < ops.length; op++) {
    if (ops.kind[op] === OperationKind.Malloc) {
      objects++;
      now += Math.max(0, pages[op]!);
    } else if (ops.kind[op] === OperationKind.Free) now -= Math.max(0, pages[op]!);
    poolPages = Math.max(poolPages, now);
  }
  return { objects, poolPages };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
