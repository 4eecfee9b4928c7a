import type { Era } from '../model/kernels/eras.ts';
import { eraOn } from '../model/kernels/eras.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import type { CompactionStep, OperationTable } from '../trace/operations.ts';
import { replayStructure, type StructureReport } from './structure.ts';

/** Outcomes that must be shown before they tell anything, and the share of them that may differ. */
const LEAST_JUDGED = 100;
const EXPLAINED = 0.98;
const PAGE_SIZES = [4096, 16384, 65536];
const CHAINS = [8, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16];
const SHAPES = PAGE_SIZES.flatMap((pageSize) =>
  CHAINS.map((chainSize): PoolShape => ({ pageSize, chainSize })),
);

/**
 * Page size and longest chain, where the zspages of a recording do not follow those of the era and do follow others;
 * null where the era's do, or nothing does.
 */
export function detectShape(
  era: Era,
  replayed: StructureReport,
  ops: OperationTable,
  compaction: readonly CompactionStep[],
): PoolShape | null {
  if (isExplained(replayed)) return null;
  const explains = (shape: PoolShape) => {
    const { geometry, fullness } = eraOn(era, shape);
    return isExplained(replayStructure(ops, compaction, new Geometry(geometry), fullness).report);
  };
  return SHAPES.find(explains) ?? null;
}

/** How an answer's basis says it. */
export function shapeText({ pageSize, chainSize }: PoolShape): string {
  return `its zspages are those of ${pageSize! >> 10}K pages in chains of ${chainSize}`;
}

function isExplained(report: StructureReport): boolean {
  const judged = report.mallocsJudged + report.freesJudged;
  const agree = report.mallocsAgree + report.freesAgree;
  return judged < LEAST_JUDGED || agree >= EXPLAINED * judged;
}
