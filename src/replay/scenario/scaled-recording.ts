import type { Pool } from '../../model/zsmalloc/pool.ts';
import type { TaskStream } from '../engine/machine.ts';
import type { Workload } from '../workload.ts';
import { type Histories, objectHistories } from './history.ts';
import { type Piece, piecesOf } from './pieces.ts';
import type { RecordedCase } from './recorded-case.ts';
import { ScenarioError } from './request.ts';
import type { ScaleOfRun } from './result.ts';
import { allocated } from './scaled-pool.ts';
import { scaledWorkload } from './scaled-workload.ts';

/** How a recording is to be scaled. */
export interface Scale {
  readonly processes: number;
  /** Frees of each process; null: as recorded. */
  readonly pages: number | null;
  /** Share of a process's objects that are in classes of its own. */
  readonly classSpread: number;
  readonly cpus: number;
  /** As recorded: recorded processes stay on their CPUs, others go where least is freed. */
  readonly placement: 'as-recorded' | 'one-a-cpu';
}

/** Something to replay, and how it came about. */
export interface ScaledRecording {
  readonly pool: Pool;
  readonly of: ScaleOfRun;
  /** The recorded frees, at whatever price, as those of the scaled recording. */
  readonly rescale: (recorded: Workload) => Workload;
}

/** A recording is not scaled to more: memory and time. */
const MOST_FREES = 1 << 22;

/** Makes scaled recordings of one; what they share is made once. */
export class Scaler {
  readonly #recorded: RecordedCase;
  #histories: Histories | null = null;

  constructor(recorded: RecordedCase) {
    this.#recorded = recorded;
  }

  /**
   * The recording with other numbers of processes and pages. The recording itself, object by object and
   * ns by ns, when that is what is asked for.
   * @throws {ScenarioError} when it would be too large.
   */
  scale(scale: Scale): ScaledRecording {
    const { workload, pool, era, operations, from } = this.#recorded;
    const { tasks } = workload;
    const { processes, pages, classSpread, cpus } = scale;
    const lengths = tasks.map((task) => task.handle.length);
    const most = processes * (pages ?? Math.max(...lengths));
    if (most > MOST_FREES && (pages !== null || processes > tasks.length))
      throw new ScenarioError(`${most} frees are too many to scale to; at most ${MOST_FREES}`);
    const pieces = piecesOf(lengths, processes, pages);
    const frees = pieces.map((list) => list.reduce((sum, piece) => sum + piece.length, 0));
    const isRecorded = classSpread === 0 && isWhole(pieces, lengths);
    const of: ScaleOfRun = {
      processes,
      pagesPerProcess: { least: Math.min(...frees), most: Math.max(...frees) },
      classSpread,
      cpus,
      scaled: !isRecorded,
    };
    const homes = placed(pieces, frees, scale, tasks);
    if (isRecorded) {
      const rescale = (replayed: Workload) => ({
        ...replayed,
        tasks: replayed.tasks.map((task, t) => ({ ...task, cpu: homes[t]! })),
      });
      return { pool, of, rescale };
    }
    this.#histories ??= objectHistories(operations, tasks, from);
    const objects = allocated(pieces, this.#histories, era, classSpread);
    return {
      pool: objects.pool,
      of,
      rescale: (replayed) => scaledWorkload(replayed, pieces, homes, objects),
    };
  }
}

/** Each process is a recorded one from beginning to end. */
function isWhole(pieces: readonly (readonly Piece[])[], lengths: readonly number[]): boolean {
  return (
    pieces.length === lengths.length &&
    pieces.every(
      ([piece, second], t) =>
        second === undefined && piece!.task === t && piece!.shift === 0 && piece!.length === lengths[t],
    )
  );
}

/** CPU of each process. */
function placed(
  pieces: readonly (readonly Piece[])[],
  frees: readonly number[],
  { cpus, placement }: Scale,
  tasks: readonly TaskStream[],
): Int32Array {
  const load = new Float64Array(cpus);
  const seen = new Set<number>();
  const homes = new Int32Array(pieces.length).fill(-1);
  const put = (process: number, cpu: number) => {
    homes[process] = cpu;
    load[cpu]! += frees[process]!;
  };
  if (placement === 'as-recorded') {
    pieces.forEach(([piece], process) => {
      const { task } = piece!;
      if (seen.has(task)) return;
      seen.add(task);
      put(process, tasks[task]!.cpu % cpus);
    });
  }
  pieces.forEach((_, process) => {
    if (homes[process]! < 0) put(process, load.indexOf(Math.min(...load)));
  });
  return homes;
}
