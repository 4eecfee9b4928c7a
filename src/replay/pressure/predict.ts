import type { CodecId } from '../../model/codecs/codecs.ts';
import type { Interval } from '../interval.ts';
import { ScenarioError } from '../scenario/request.ts';
import { codecOf, ratioOf, statedSizes } from './codec-source.ts';
import { parsePressureDesign } from './designs.ts';
import type { RecordedPressure } from './from-recording.ts';
import { drawParameters, fixed, LOOP_PARAMETERS, OPEN_WORKING_SET, type Parameter } from './parameters.ts';
import type { PressurePrediction, PressureScenario } from './result.ts';
import { runPressure } from './run.ts';
import { AS_IT_IS, type DesignEffects, type PressureSetup } from './setup.ts';
import { against, correlationNoise, luckOf, summary } from './summary.ts';

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

/** Parameters that only some designs look at, and some scenarios. */
const ONLY_WITH: Readonly<Record<string, string>> = {
  'entry-bulk': 'bulk-entries',
  prefetchw: 'prefetchw',
  'split-page': 'split-folio',
};
const ONLY_IN: Readonly<Record<string, (scenario: PressureScenario) => boolean>> = {
  load: ({ demand }) => demand === 'open',
  'anon-share': ({ limit }) => limit === 'memcg',
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
    correlationNoise: correlationNoise(request.runs),
  };
}

/** What runs are drawn from: with what the recording shows and the user gives in the place of ranges. */
export function parametersOf({ scenario, designs, given, recorded }: PressureRequest): readonly Parameter[] {
  const all = [...LOOP_PARAMETERS, ratioOf(scenario.codec)]
    .filter(({ name }) => ONLY_IN[name]?.(scenario) !== false)
    .map((parameter) =>
      scenario.demand === 'open' && parameter.name === 'working-set'
        ? { ...parameter, ...OPEN_WORKING_SET }
        : parameter,
    );
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
  // Of jobs that arrive, so many are there on the average when none waits, and half of each is touched by then.
  const jobsAtOnce = scenario.demand === 'open' ? (of('load') * processes) / 2 : processes;
  const folios = Math.round((of('working-set') * memoryPages) / jobsAtOnce / folioPages);
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
    memcgs: scenario.memcgs,
    memcgZswapPages:
      scenario.zswapMaxPercent === null
        ? Number.POSITIVE_INFINITY
        : Math.floor((memoryPages * scenario.zswapMaxPercent) / 100 / scenario.memcgs),
    openLoad: scenario.demand === 'open' ? of('load') : null,
    anonShare: scenario.limit === 'memcg' ? of('anon-share') : 1,
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
