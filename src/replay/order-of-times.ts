import type { RecordedTimes } from './engine/columns.ts';
import type { TaskStream } from './engine/machine.ts';

/**
 * The order in which a run meets the recorded times. Run 0 is the recording as it was. In the others each
 * task's times are those of operations some way on: the same times and objects, met in another order.
 * A task that pauses for long, because it has not begun, touches its memory or waits for the lock of the
 * swap device while another task frees, has phases: such a pause stays where it was and times move within
 * phases only. So each phase takes what it took, and phases of two tasks meet as they were recorded to meet.
 */

/**
 * So many usual frees, with the pauses before them, are a long pause: longer than others need for two
 * batches of the swap layer (64 entries each), which is the usual wait for its lock.
 */
const LONG_PAUSE = 128;
/** Operations looked at to tell what is usual. */
const SAMPLES = 1024;

/** Where the phases of a task begin, and the number of its operations at the end. */
export function phaseBounds(
  { thinkNs }: Pick<TaskStream, 'thinkNs'>,
  costs: ReadonlyMap<string, Float64Array>,
): readonly number[] {
  const longNs = LONG_PAUSE * usualCycleNs(thinkNs, [...costs.values()]);
  const bounds = [0];
  for (let i = 1; i < thinkNs.length; i++) if (thinkNs[i]! > longNs) bounds.push(i);
  bounds.push(thinkNs.length);
  return bounds;
}

/** Median of pause and free together; steps of which nothing is recorded count as nothing. */
function usualCycleNs(thinkNs: Float64Array, costs: readonly Float64Array[]): number {
  const every = Math.max(1, Math.floor(thinkNs.length / SAMPLES));
  const cycles: number[] = [];
  for (let i = 0; i < thinkNs.length; i += every) {
    // A pause before the first free is none between frees.
    let ns = i === 0 ? 0 : thinkNs[i]!;
    for (const column of costs) if (column[i]! > 0) ns += column[i]!;
    cycles.push(ns);
  }
  cycles.sort((a, b) => a - b);
  return cycles[cycles.length >> 1] ?? 0;
}

/** Times of a task's operations in the order of a run. */
export function inOrderOfRun(
  column: Float64Array,
  bounds: readonly number[],
  run: number,
  task: number,
): RecordedTimes {
  return run === 0 ? column : { column, pieces: piecesOf(bounds, run, task, 0) };
}

/** Pauses of a task in the order of a run: that before a phase stays. */
export function pausesInOrderOfRun(
  column: Float64Array,
  bounds: readonly number[],
  run: number,
  task: number,
): Float64Array {
  if (run === 0) return column;
  const out = new Float64Array(column.length);
  let at = 0;
  for (const [from, to] of piecesOf(bounds, run, task, 1)) {
    out.set(column.subarray(from, to), at);
    at += to - from;
  }
  return out;
}

/** Pieces of a column, one behind another: each phase turned, but for so many that stay in front of it. */
function piecesOf(
  bounds: readonly number[],
  run: number,
  task: number,
  stay: number,
): readonly (readonly [from: number, to: number])[] {
  const share = (run * 0.618034 + task * 0.414214) % 1;
  return bounds.slice(1).flatMap((to, k): (readonly [number, number])[] => {
    const begin = bounds[k]!;
    const from = Math.min(to, begin + stay);
    const turned = from + Math.floor(share * (to - from));
    return [
      [begin, from],
      [turned, to],
      [from, turned],
    ];
  });
}
