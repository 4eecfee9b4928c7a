import { REMOTE_ENTRY } from '../../model/designs/remote-entries.ts';
import { IAA_FALLBACK, iaaCost } from '../../model/kernels/iaa-steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import { COST_QUANTILES, type MachineRun, type TaskStream } from '../engine/machine.ts';
import { mix } from '../engine/random.ts';
import type { CodecPrices } from './codec-costs.ts';
import type { StoreWorkload } from './store-workload.ts';

/** Where the costs of one run come from. */
export interface Pricing {
  /** Null: the codec's steps took what they took. */
  readonly codec: CodecPrices | null;
  readonly assumed: ReadonlyMap<string, number>;
  /** Share of the pages that an engine refuses to decompress. */
  readonly fallback: number;
  readonly seed: number;
}

const ENGINE = iaaCost('decompress', 'engine');

/** A workload whose recorded times, pauses too, are multiplied by a factor. */
export function scaled(workload: StoreWorkload, factor: number): StoreWorkload {
  if (factor === 1) return workload;
  const times = (column: Float64Array) => column.map((ns) => ns * factor);
  const all = (columns: ReadonlyMap<string, Float64Array>) =>
    new Map([...columns].map(([name, column]) => [name, times(column)]));
  // Tasks of a scaled recording may share their columns.
  const known = new Map<ReadonlyMap<string, Float64Array>, ReadonlyMap<string, Float64Array>>();
  return {
    ...workload,
    tasks: workload.tasks.map((task) => ({ ...task, thinkNs: times(task.thinkNs) })),
    costs: workload.costs.map((columns) => {
      const done = known.get(columns) ?? all(columns);
      known.set(columns, done);
      return done;
    }),
    distributions: all(workload.distributions),
  };
}

/** What steps cost in one run: by name, and row by row. */
export function priced(
  names: readonly string[],
  workload: StoreWorkload,
  { codec, assumed, fallback, seed }: Pricing,
  pool: Pool,
): Pick<MachineRun, 'costs' | 'opCosts'> {
  const quantilesOf = (name: string): Float64Array => {
    const ofCodec = codec?.costs.get(name);
    if (ofCodec !== undefined) return new Float64Array(COST_QUANTILES).fill(ofCodec);
    const recorded = name === REMOTE_ENTRY ? undefined : workload.distributions.get(name);
    return recorded ?? new Float64Array(COST_QUANTILES).fill(assumed.get(name) ?? 0);
  };
  const rowsOf = (task: TaskStream, ofTask: ReadonlyMap<string, Float64Array>, t: number, name: string) => {
    const ofCodec = codec?.costs.get(name);
    if (ofCodec !== undefined && name === ENGINE) return bySize(task, pool, ofCodec, codec!.sizeShare);
    if (ofCodec !== undefined && name === IAA_FALLBACK)
      return refused(task.path.length, ofCodec, fallback, t, seed);
    if (ofCodec !== undefined) return undefined;
    if (name === REMOTE_ENTRY) return ofTask.get(name)?.map((share) => share * (assumed.get(name) ?? 0));
    return ofTask.get(name);
  };
  return {
    costs: names.map(quantilesOf),
    opCosts: workload.tasks.map((task, t) => names.map((name) => rowsOf(task, workload.costs[t]!, t, name))),
  };
}

/** Engine time by compressed size, the same on the average. */
function bySize({ sizeClass }: TaskStream, { classes }: Pool, ns: number, share: number): Float64Array {
  let sum = 0;
  for (const number of sizeClass) sum += classes[number]!.size;
  const perByte = (share * sizeClass.length) / Math.max(1, sum);
  const times = new Float64Array(sizeClass.length);
  for (let row = 0; row < times.length; row++)
    times[row] = ns * (1 - share + classes[sizeClass[row]!]!.size * perByte);
  return times;
}

/** By row: what software takes for a page that the engine refused, else nothing. */
function refused(rows: number, ns: number, share: number, task: number, seed: number): Float64Array {
  const times = new Float64Array(rows);
  if (share > 0)
    for (let row = 0; row < rows; row++) if (mix(row, task + 1, seed) / 2 ** 32 < share) times[row] = ns;
  return times;
}
