import { type Era, eraById, eraOn } from '../model/kernels/eras.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import type { Pool } from '../model/zsmalloc/pool.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { type CompactionStep, OperationKind, type OperationTable } from '../trace/operations.ts';
import { detectEra } from './detect-era.ts';
import { detectShape, shapeText } from './detect-shape.ts';
import { placedWorkload } from './placed-workload.ts';
import { replayStructure, type StructureReport } from './structure.ts';
import { AS_RECORDED, freeWorkload, type Pricing, type Workload } from './workload.ts';

/** Operations of a recording with what its kernel is told by. */
export interface PreparedInput {
  readonly operations: OperationTable;
  readonly compaction: readonly CompactionStep[];
  readonly kernelRelease: string;
  /** CPUs of the machine; 0 or absent: not known. */
  readonly onlineCpus?: number;
  /** What is known of the kernel's configuration; null or absent: nothing. */
  readonly shape?: PoolShape | null;
}

/** A recording as the engine needs it, before anything is assumed of its costs. */
export interface Prepared {
  readonly era: Era;
  readonly basis: string;
  readonly structure: StructureReport;
  readonly workload: Workload;
  /** The workload with shares of the tracer taken out; null where times are not those of the recording. */
  readonly make: ((pricing: Pricing) => Workload) | null;
  /** The pool when the first free begins. */
  readonly pool: Pool;
  /** Place of the first replayed free; what is before it is history. */
  readonly from: number;
  /** CPUs of the machine where the recording says it, else those that freed. */
  readonly cpus: number;
}

/**
 * Replays the structure of a recording and makes its frees closed loops.
 * @param timed Operations with times; null: their times are not wanted, a platform's are.
 * @param placed The same workload with sizes and handles.
 * @param bulkFrees Whether recorded bulk frees of pages are told apart from the pages.
 * @throws {RangeError} when there is no free with what is wanted, or no era of that name.
 */
export function prepare(
  timed: PreparedInput | null,
  placed: PreparedInput,
  eraId: string | null,
  bulkFrees: 'apart' | 'in-pages' = 'apart',
): Prepared {
  const { operations: ops, compaction } = placed;
  const release = timed?.kernelRelease || placed.kernelRelease;
  const detected = (serialised: boolean, shape: PoolShape | null) =>
    eraId === null
      ? detectEra(ops, compaction, release, serialised, timed?.operations ?? ops, shape)
      : { era: eraOn(eraById(eraId), shape), basis: 'as asked (--kernel)' };
  const replayed = (shape: PoolShape | null) => {
    const { era } = detected(false, shape);
    const geometry = new Geometry(era.geometry);
    return { era, geometry, ...replayStructure(ops, compaction, geometry, era.fullness) };
  };
  const known = placed.shape ?? timed?.shape ?? null;
  const first = replayed(known);
  const shown = known === null ? detectShape(first.era, first.report, ops, compaction) : null;
  const { geometry, report, outcome } = shown ? replayed(shown) : first;
  const from = lastMallocBefore(ops);
  const make = timed
    ? (pricing: Pricing) => freeWorkload(timed.operations, { ops, outcome }, pricing, from, bulkFrees)
    : null;
  const workload = make?.(AS_RECORDED) ?? placedWorkload(ops, outcome, from);
  const { era, basis: told } = detected(workload.serialised, shown ?? known);
  const basis = shown ? `${told}; ${shapeText(shown)}` : told;
  const { pool } = replayStructure(ops, compaction, geometry, era.fullness, from);
  const online = timed?.onlineCpus || placed.onlineCpus || 1;
  const cpus = Math.max(online, ...workload.tasks.map((task) => task.cpu + 1));
  return { era, basis, structure: report, workload, make, pool, from, cpus };
}

/** The place behind the last allocation: what is freed after it is what the designs are about. */
function lastMallocBefore(ops: OperationTable): number {
  let last = 0;
  for (let row = 0; row < ops.length; row++) {
    // One that shows neither size nor handle is not replayed: it divides nothing.
    if (ops.kind[row] !== OperationKind.Malloc || ops.size[row]! < 0 || ops.handle[row]! < 0) continue;
    const at = ops.returnedAt[row]!;
    if (at > last) last = at;
  }
  return last + 0.25;
}
