import type { PageSizes } from '../../model/codecs/sizes.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { StructureOutcome } from '../structure.ts';
import type { StoreFates } from './fates/result.ts';

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
  /** Null where no size is recorded. */
  readonly meanBytes: number | null;
  /** Most pages that the pool held at once; null where neither sizes nor new zspages are recorded. */
  readonly poolPages: number | null;
  /** Share of the sample that does not get below a page; null for recorded sizes. */
  readonly doesNotCompress: number | null;
}

/** Sizes as recorded. */
export function recordedSizes(ops: OperationTable, outcome: StructureOutcome): SizesUsed {
  const sizes = mallocsOf(ops)
    .map((op) => ops.size[op]!)
    .filter((size) => size >= 0);
  const { objects, poolPages } = held(ops, outcome);
  return {
    basis: 'recorded',
    from: 'the recording',
    objects,
    poolPages: sizes.length === 0 && poolPages === 0 ? null : poolPages,
    meanBytes: sizes.length === 0 ? null : mean(sizes),
    doesNotCompress: null,
  };
}

/** Sizes of a sample, as the base stored them. */
export function sampledSizes(
  { sizes, from }: SizesRequest,
  { objects, meanBytes, poolPages }: StoreFates,
): SizesUsed {
  const all = [...sizes];
  const large = all.filter((bytes) => bytes >= PAGE_BYTES).length;
  return { basis: sizes.basis, from, objects, meanBytes, poolPages, doesNotCompress: large / all.length };
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
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
