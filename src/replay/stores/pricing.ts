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
  /** Recorded times of other steps are multiplied by this. */
  readonly otherSteps: number;
  /** Share of the pages that an engine refuses to decompress. */
  readonly fallback: number;
  readonly seed: number;
}

const ENGINE = iaaCost('decompress', 'engine');

/** What steps cost in one run: by name, and row by row. */
export function priced(
  names: readonly string[],
  workload: StoreWorkload,
  { codec, assumed, otherSteps, fallback, seed }: Pricing,
  pool: Pool,
): Pick<MachineRun, 'costs' | 'opCosts'> {
  const scaled = (column: Float64Array): Float64Array =>
    otherSteps === 1 ? column : column.map((ns) => ns * otherSteps);
  const quantilesOf = (name: string): Float64Array => {
    const ofCodec = codec?.costs.get(name);
    if (ofCodec !== undefined) return new Float64Array(COST_QUANTILES).fill(ofCodec);
    const recorded = workload.distributions.get(name);
    return recorded ? scaled(recorded) : new Float64Array(COST_QUANTILES).fill(assumed.get(name) ?? 0);
  };
  const rowsOf = (task: TaskStream, ofTask: ReadonlyMap<string, Float64Array>, t: number, name: string) => {
    const ofCodec = codec?.costs.get(name);
    if (ofCodec !== undefined && name === ENGINE) return bySize(task, pool, ofCodec, codec!.sizeShare);
    if (ofCodec !== undefined && name === IAA_FALLBACK)
      return refused(task.path.length, ofCodec, fallback, t, seed);
    if (ofCodec !== undefined) return undefined;
    const column = ofTask.get(name);
    return column && scaled(column);
  };
  return {
    costs: names.map(quantilesOf),
    opCosts: workload.tasks.map((task, t) => names.map((name) => rowsOf(task, workload.costs[t]!, t, name))),
  };
}

/** Engine time by compressed size, the same on the average. */
function bySize({ sizeClass }: TaskStream, { classes }: Pool, ns: number, share: number): Float64Array {
  const sizes = Float64Array.from(sizeClass, (number) => classes[number]!.size);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length);
  return sizes.map((size) => ns * (1 - share + (share * size) / mean));
}

/** By row: what software takes for a page that the engine refused, else nothing. */
function refused(rows: number, ns: number, share: number, task: number, seed: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) =>
    mix(row, task + 1, seed) / 2 ** 32 < share ? ns : 0,
  );
}
