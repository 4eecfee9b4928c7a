import { sampleRankCorrelation } from 'simple-statistics';
import type { CodecId } from '../../model/codecs/codecs.ts';
import { type Interval, interval } from '../interval.ts';
import { ScenarioError } from '../scenario/request.ts';
import { codecOf, ratioOf, statedSizes } from './codec-source.ts';
import { parsePressureDesign } from './designs.ts';
import type { RecordedPressure } from './from-recording.ts';
import { drawParameters, fixed, LOOP_PARAMETERS, type Parameter } from './parameters.ts';
import type { AgainstBase, PressurePrediction, PressureScenario } from './result.ts';
import { type PressureRun, runPressure } from './run.ts';
import { AS_IT_IS, type DesignEffects, type PressureSetup } from './setup.ts';

const PAGE_BYTES = 4096;

/** What the loop is asked. */
export interface PressureRequest {
  readonly scenario: PressureScenario & { readonly codec: CodecId };
  readonly designs: readonly string[];
  /** Parameters that the user gives, by name. */
  readonly given: ReadonlyMap<string, number>;
  readonly recorded: RecordedPressure | null;
  readonly runs: number;
  readonly seed: number;
}

export interface PressurePredictions {
  readonly parameters: readonly Parameter[];
  readonly baseline: PressurePrediction;
  readonly designs: readonly PressurePrediction[];
  /** Pages written back by the base over those of the same base with other luck; null where none is in either. */
  readonly luck: Interval | null;
  readonly correlationNoise: number;
}

/** Added to a seed for the same parameters with other luck. */
export const OTHER_LUCK = 5000;
/** Standard errors that the largest of two dozen correlations of nothing stays below in 19 of 20 lists. */
const NOISE_ERRORS = 3.1;

/** Parameters that only some designs look at. */
const ONLY_WITH: Readonly<Record<string, string>> = {
  'entry-bulk': 'bulk-entries',
  prefetchw: 'prefetchw',
  'split-page': 'split-folio',
};

/**
 * The base and each design over the same parameter sets with the same luck.
 * @throws {DesignError} for designs that are not known or do not fit.
 */
export function predictPressure(request: PressureRequest): PressurePredictions {
  const effects = request.designs.map((text) => ({ text, effects: parsePressureDesign(text) }));
  const parameters = parametersOf(request);
  const sets = Array.from({ length: request.runs }, (_, run) =>
    drawParameters(parameters, run, request.seed),
  );
  const setups = sets.map((values, run) => setupOf(request, values, run));
  const runsOf = (design: DesignEffects) => setups.map((setup) => runPressure({ ...setup, design }));
  const base = runsOf(AS_IT_IS);
  const again = setups.map((setup) => runPressure({ ...setup, seed: setup.seed + OTHER_LUCK }));
  return {
    parameters,
    baseline: summary('base', base, null),
    luck: luckOf(base, again),
    designs: effects.map(({ text, effects: design }) => {
      const runs = runsOf(design);
      return summary(text, runs, against(base, runs, parameters, sets));
    }),
    correlationNoise: Math.min(1, NOISE_ERRORS / Math.sqrt(Math.max(1, request.runs - 1))),
  };
}

/** What runs are drawn from: with what the recording shows and the user gives in the place of ranges. */
export function parametersOf({ scenario, designs, given, recorded }: PressureRequest): readonly Parameter[] {
  const all = [...LOOP_PARAMETERS, ratioOf(scenario.codec)];
  const unknown = [...given.keys()].find((name) => !all.some((parameter) => parameter.name === name));
  if (unknown !== undefined) {
    const names = all.map(({ name }) => name).join(', ');
    throw new ScenarioError(`no parameter "${unknown}"; there are ${names}`);
  }
  const ofRecording = new Map(
    recorded === null
      ? []
      : [
          ['store-page', recorded.storePageNs],
          ['load-page', recorded.loadPageNs],
        ],
  );
  const replaced =
    recorded === null
      ? []
      : ['codec-data', ...(recorded.sizes ? ['ratio', 'size-spread', 'incompressible'] : [])];
  return all
    .filter(({ name }) => !replaced.includes(name) || given.has(name))
    .filter(({ name }) => {
      const design = ONLY_WITH[name];
      return design === undefined || given.has(name) || designs.some((text) => text.includes(design));
    })
    .map((parameter) => {
      const value = given.get(parameter.name);
      if (value !== undefined) return fixed(parameter, value, 'given', 'command line');
      const measured = ofRecording.get(parameter.name);
      if (measured === undefined) return parameter;
      return fixed(parameter, measured, 'measured', 'median of the recording, tracer included');
    });
}

/** A run's setup, the kernel as it is. */
export function setupOf(
  { scenario, recorded, seed }: PressureRequest,
  values: ReadonlyMap<string, number>,
  run: number,
): PressureSetup {
  // What no design at hand looks at is not drawn.
  const of = (name: string) => values.get(name) ?? 0;
  const memoryPages = Math.floor(scenario.sliceBytes / PAGE_BYTES);
  const { folioPages, processes } = scenario;
  const folios = Math.round((of('working-set') * memoryPages) / processes / folioPages);
  const sizes = recorded?.sizes ?? statedSizes(of('ratio'), of('size-spread'), of('incompressible'));
  return {
    seed: seed * 10_000 + run,
    processes,
    jobs: scenario.jobs,
    jobPages: Math.max(1, folios) * folioPages,
    touches: Math.max(0, Math.round(of('touches'))),
    recency: of('recency'),
    memoryPages,
    listScale: scenario.listScale,
    limit: scenario.limit,
    nodes: scenario.nodes,
    folioPages,
    readaheadPages: scenario.readaheadPages,
    maxPoolPages: Math.floor((memoryPages * scenario.maxPoolPercent) / 100),
    acceptPercent: scenario.acceptPercent,
    hasShrinker: scenario.hasShrinker,
    keepsIncompressible: recorded?.keepsIncompressible ?? true,
    sizes,
    codec: recorded
      ? { kind: 'software', compressNs: recorded.compressNs, decompressNs: recorded.decompressNs }
      : codecOf(scenario.codec, run, seed, of('codec-data')),
    times: {
      touchNs: of('touch'),
      faultNs: of('fault'),
      scanNs: of('scan'),
      unmapNs: of('unmap'),
      flushNs: of('flush'),
      storePageNs: of('store-page'),
      entryNs: of('entry'),
      bulkEntryNs: of('entry-bulk'),
      entryWriteNs: of('entry-write'),
      prefetchedWriteNs: of('prefetchw'),
      mutexNs: of('mutex'),
      splitPageNs: of('split-page'),
      loadPageNs: of('load-page'),
      lookNs: of('look'),
      writebackNs: of('writeback'),
      freePageNs: of('free-page'),
    },
    device: { latencyNs: of('device-latency'), pageNs: of('device-page') },
    design: AS_IT_IS,
  };
}

const writtenBack = (run: PressureRun) => run.writtenByShrinker + run.writtenByWorker;
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

function summary(
  id: string,
  all: readonly PressureRun[],
  againstBase: AgainstBase | null,
): PressurePrediction {
  const ended = all.filter((run) => !run.isOutOfMemory);
  const runs = ended.length > 0 ? ended : all;
  const over = (value: (run: PressureRun) => number): Interval => interval(runs.map(value));
  const wrote = runs.filter((run) => writtenBack(run) > 0);
  return {
    id,
    realNs: over((run) => run.realNs),
    userNs: over((run) => run.userNs),
    sysNs: over((run) => run.sysNs),
    touchesPerSecond: over((run) => (run.touchedPages * 1e9) / run.realNs),
    storedPages: over((run) => run.storedPages),
    loadedFromZswap: over((run) => run.loadedFromZswap),
    readFromDisk: over((run) => run.readFromDisk),
    writtenBack: over(writtenBack),
    writtenBackPerMillion: over((run) => 1e6 * share(writtenBack(run), run.storedPages)),
    writtenByShrinker: over((run) => run.writtenByShrinker),
    writtenByWorker: over((run) => run.writtenByWorker),
    refusedForLimit: over((run) => run.refusedForLimit),
    refusedIncompressible: over((run) => run.refusedIncompressible),
    secondChances: over((run) => run.secondChances),
    stoppedInSwapCache: over((run) => run.stoppedInSwapCache),
    reclaimCalls: over((run) => run.reclaimCalls),
    passes: runs[0]!.passes.map((_, k) => runs.reduce((sum, run) => sum + run.passes[k]!, 0) / runs.length),
    storedOnOtherNode: over((run) => share(run.storedOnOtherNode, run.storedPages)),
    writtenFromWrongNode:
      wrote.length === 0
        ? null
        : interval(wrote.map((run) => share(run.writtenFromWrongNode, writtenBack(run)))),
    mostPoolPages: over((run) => run.mostPoolPages),
    runsOutOfMemory: all.length - ended.length,
    runsWithoutWriteback: ended.filter((run) => writtenBack(run) === 0).length,
    againstBase,
  };
}

function against(
  base: readonly PressureRun[],
  runs: readonly PressureRun[],
  parameters: readonly Parameter[],
  sets: readonly ReadonlyMap<string, number>[],
): AgainstBase | null {
  const pairs = runs
    .map((run, k) => ({ run, before: base[k]!, values: sets[k]! }))
    .filter((pair) => !pair.run.isOutOfMemory && !pair.before.isOutOfMemory);
  if (pairs.length === 0) return null;
  const fewer = ratiosOf(pairs);
  // One page more on both sides: runs without any have a logarithm as well.
  const gains = pairs.map(({ run, before }) => Math.log((writtenBack(before) + 1) / (writtenBack(run) + 1)));
  const written = pairs.map(({ before }) => writtenBack(before));
  const moving = parameters.filter(({ low, high }) => low !== high);
  const sensitivity = moving.map(({ name }) => {
    const values = pairs.map((pair) => pair.values.get(name)!);
    return { name, withFewer: correlation(values, gains), withBase: correlation(values, written) };
  });
  return {
    speedup: interval(pairs.map(({ run, before: old }) => old.realNs / run.realNs)),
    sysRatio: interval(pairs.map(({ run, before: old }) => run.sysNs / old.sysNs)),
    fewerWrittenBack: fewer.length === 0 ? null : interval(fewer),
    runsWithBaseWriteback: fewer.length,
    runsTenTimesFewer: fewer.filter((times) => times >= 10).length,
    runsWithNone: fewer.filter((times) => times === Number.POSITIVE_INFINITY).length,
    sensitivity: sensitivity.sort((a, b) => Math.abs(b.withFewer) - Math.abs(a.withFewer)),
  };
}

interface Pair {
  readonly run: PressureRun;
  readonly before: PressureRun;
}

/** Pages written back, base over the other, where the base wrote some. */
function ratiosOf(pairs: readonly Pair[]): readonly number[] {
  const wrote = pairs.filter(({ before }) => writtenBack(before) > 0);
  return wrote.map(({ run, before }) => writtenBack(before) / writtenBack(run));
}

function luckOf(base: readonly PressureRun[], again: readonly PressureRun[]): Interval | null {
  const ratios = ratiosOf(base.map((before, k) => ({ before, run: again[k]! })));
  return ratios.length === 0 ? null : interval(ratios);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const differs = (list: readonly number[]) => list.some((value) => value !== list[0]);
  return a.length > 1 && differs(a) && differs(b) ? sampleRankCorrelation([...a], [...b]) : 0;
}
