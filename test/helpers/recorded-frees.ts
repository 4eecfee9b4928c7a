import { eraById } from '../../src/model/kernels/eras.ts';
import { Geometry } from '../../src/model/zsmalloc/geometry.ts';
import { replayStructure } from '../../src/replay/structure.ts';
import { replayedKernel } from '../../src/replay/what-if.ts';
import { AS_RECORDED, freeWorkload, type Pricing } from '../../src/replay/workload.ts';
import { OperationKind, type OperationPart, OperationTable } from '../../src/trace/operations.ts';

/** A recording of frees that never was: what each call really takes, and what the tracer adds to it. */
export interface MadeUp {
  readonly tasks: number;
  readonly frees: number;
  readonly insideNs: number;
  readonly outsideNs: number;
  /** Between frees: the task's own time, and the tracer's. */
  readonly thinkNs: number;
  readonly thinkTracerNs: number;
  /** What a reader lock takes more when another CPU had its line. */
  readonly transferNs: number;
}

const PARTS: readonly (readonly [OperationPart, number])[] = [
  ['poolLock', 120],
  ['lock', 60],
  ['poolUnlock', 40],
  ['object', 80],
  ['group', 50],
  ['unlock', 30],
  ['handle', 90],
];
const SELF = 160;
/** Own time of one free without any line from elsewhere. */
export const FREE_NS = SELF + PARTS.reduce((sum, [, ns]) => sum + ns, 0);

/** Frees of tasks, each on its CPU, one in three of them behind one of the same CPU. */
export function recordedFrees(made: MadeUp) {
  const ops = new OperationTable();
  const { tasks, frees, insideNs, outsideNs } = made;
  let at = 0;
  for (let n = 0; n < tasks * frees; n++) {
    const row = ops.add(OperationKind.Malloc);
    ops.size[row] = 1000 + 16 * (n % 20);
    ops.handle[row] = ops.handles.id(`0x${n}`);
    ops.task[row] = n % tasks;
    ops.enteredAt[row] = at++;
    ops.returnedAt[row] = at++;
  }
  let ns = 0;
  let last = -1;
  for (let n = 0; n < tasks * frees; n++) {
    // Two of one task, then one of the next: lines move in most frees, not in all.
    const task = Math.floor(n / 2) % tasks;
    const row = ops.add(OperationKind.Free);
    ops.handle[row] = n;
    ops.task[row] = task;
    ops.cpu[row] = task;
    ops.enteredAt[row] = at++;
    ops.startNs[row] = ns;
    let duration = SELF + insideNs + PARTS.length * outsideNs;
    ops.parts.self.add(row, duration);
    ops.parts.calls.add(row, PARTS.length);
    for (const [part, own] of PARTS) {
      const moved = part === 'poolLock' && last >= 0 && last !== task ? made.transferNs : 0;
      // A little noise, so that medians have a spread.
      const took = own + insideNs + moved + ((n * 7) % 5);
      ops.parts[part].add(row, took);
      duration += took;
    }
    ops.endNs[row] = ns + duration;
    ops.returnedAt[row] = at++;
    ns += duration + made.thinkNs + made.thinkTracerNs;
    last = task;
  }
  const era = eraById('E');
  const geometry = new Geometry(era.geometry);
  const from = 2 * tasks * frees - 0.5;
  const full = replayStructure(ops, [], geometry, era.fullness);
  const { pool } = replayStructure(ops, [], geometry, era.fullness, from);
  const make = (pricing: Pricing) => freeWorkload(ops, { ops, outcome: full.outcome }, pricing, from);
  const workload = make(AS_RECORDED);
  return {
    ops,
    era,
    structure: full.report,
    outcome: full.outcome,
    pool,
    from,
    make,
    workload,
    kernel: replayedKernel(era, workload),
  };
}
