import type { Workload } from '../workload.ts';
import { gathered, gatheredThinkTimes, type Piece } from './pieces.ts';
import type { MadeObjects } from './scaled-pool.ts';

/** The recorded frees as those of made processes, each with what it took. */
export function scaledWorkload(
  recorded: Workload,
  pieces: readonly (readonly Piece[])[],
  homes: Int32Array,
  { handles, classes }: MadeObjects,
): Workload {
  const names = [...recorded.costs[0]!.keys()];
  const doubles = (n: number) => new Float64Array(n);
  // Copies free pages of their own, at times that nobody recorded.
  const { anonymous: _, ...rest } = recorded;
  return {
    ...rest,
    tasks: pieces.map((list, process) => ({
      cpu: homes[process]!,
      handle: handles[process]!,
      sizeClass: classes[process]!,
      path: gathered(
        list,
        (task) => recorded.tasks[task]!.path,
        (n) => new Uint8Array(n),
      ),
      // Which slots copies would share with others is not known: each has its own.
      slot: new Int32Array(handles[process]!.length).fill(-1),
      thinkNs: gatheredThinkTimes(list, recorded.tasks),
    })),
    rows: pieces.map((list) =>
      gathered(
        list,
        (task) => recorded.rows[task]!,
        (n) => new Int32Array(n),
      ),
    ),
    costs: pieces.map((list) => {
      const column = (name: string) => (task: number) => recorded.costs[task]!.get(name)!;
      return new Map(names.map((name) => [name, gathered(list, column(name), doubles)]));
    }),
    // One process alone cannot show that frees are serialised; several of its era are.
    serialised: recorded.serialised || (recorded.tasks.length === 1 && pieces.length > 1),
  };
}
