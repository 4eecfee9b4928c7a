import type { CodecId } from '../../model/codecs/codecs.ts';
import { type Interval, interval } from '../interval.ts';
import { PUBLISHED_STORE } from '../reproduce/store/published.ts';
import { parsePressureDesign } from './designs.ts';
import { drawParameters } from './parameters.ts';
import { OTHER_LUCK, type PressureRequest, parametersOf, setupOf } from './predict.ts';
import { type PressureRun, runPressure } from './run.ts';
import { writtenBack } from './summary.ts';

/** A held-out figure: variant over base. */
export interface HeldOut {
  readonly metric: 'pages stored' | 'written back' | 'written back per stored' | 'sys time' | 'real time';
  readonly published: number;
  /** Null where no parameter set gives the baseline. */
  readonly predicted: Interval | null;
  readonly errorPercent: number | null;
  readonly isWithin: boolean | null;
}

/** A published kernel build under memory pressure, and what the loop makes of it. */
export interface PublishedPressure {
  readonly id: string;
  readonly codec: CodecId;
  readonly design: string;
  /** Pages written back per million stored: the baseline that parameter sets must give. */
  readonly baselinePerMillion: number;
  /**
   * Sys time that the series' run took less, for each page that it stored less: arithmetic of both published columns,
   * which shows what a saving can be due to. It enters no prediction.
   */
  readonly sysNsOfPageNotStored: number;
  /** Sys time of the loop for each page stored, in the base of the sets that are kept; null without any. */
  readonly loopSysNsOfPage: Interval | null;
  readonly sets: number;
  readonly accepted: number;
  /** Pages written back by the base with other luck over those of the base: what chance alone does. */
  readonly luck: Interval | null;
  readonly heldOut: readonly HeldOut[];
}

/** A set is kept when it gives the baseline within this factor. */
export const WITHIN = 3;
/** Sets tried for each run that is asked for: few give the baseline. */
const SETS_PER_RUN = 4;
/** How much the jobs want over the limit (2 GB) is not published: it is what the baseline decides. */
const WORKING_SET = { low: 1.1, middle: 1.35, high: 2 };

/** Builds with folios of 64 KiB in the v11 cover; pages stored (zswpout) by base and series are from its tables. */
const BUILDS = [
  {
    id: 'v11-kernel-64K-deflate-iaa',
    codec: 'deflate-iaa',
    design: 'batch-store:size=8+iaa-batch:size=8',
    stored: { base: 34_700_692, value: 24_076_095 },
  },
  {
    id: 'v11-kernel-64K-zstd',
    codec: 'zstd',
    design: 'batch-store:size=8',
    stored: { base: 42_768_967, value: 22_660_215 },
  },
] as const;

/**
 * The builds of the v11 cover that count pages written back. Only the baseline column decides which parameter
 * sets are kept; what the series made of it is predicted with these.
 */
export function publishedPressure(request: PressureRequest): readonly PublishedPressure[] {
  return BUILDS.map(({ id, codec, design, stored }) => {
    const row = (metric: string) => PUBLISHED_STORE.find((each) => each.id === `${id}-${metric}`)!;
    const [written, sys, real] = [row('written_back_pages'), row('sys'), row('real')];
    const baselinePerMillion = (1e6 * written.base!) / stored.base;
    const asked = { ...request, scenario: { ...request.scenario, codec, folioPages: 16 }, recorded: null };
    const parameters = parametersOf(asked).map((parameter) =>
      parameter.name === 'working-set' ? { ...parameter, ...WORKING_SET } : parameter,
    );
    const sets = SETS_PER_RUN * request.runs;
    const pairs: { before: PressureRun; again: PressureRun; after: PressureRun }[] = [];
    for (let run = 0; run < sets; run++) {
      const setup = setupOf(asked, drawParameters(parameters, run, request.seed), run);
      const before = runPressure(setup);
      const off = (1e6 * writtenBack(before)) / before.storedPages / baselinePerMillion;
      if (before.isOutOfMemory || !(off <= WITHIN && off >= 1 / WITHIN)) continue;
      const again = runPressure({ ...setup, seed: setup.seed + OTHER_LUCK });
      pairs.push({ before, again, after: runPressure({ ...setup, design: parsePressureDesign(design) }) });
    }
    const heldOut = (
      metric: HeldOut['metric'],
      published: number,
      of: (run: PressureRun) => number,
    ): HeldOut => {
      const predicted =
        pairs.length === 0 ? null : interval(pairs.map(({ before, after }) => of(after) / of(before)));
      return {
        metric,
        published,
        predicted,
        errorPercent: predicted && 100 * (predicted.value / published - 1),
        isWithin: predicted && published >= predicted.lo && published <= predicted.hi,
      };
    };
    return {
      id,
      codec,
      design,
      baselinePerMillion,
      sysNsOfPageNotStored: ((sys.base! - sys.value) * 1e9) / (stored.base - stored.value),
      sets,
      accepted: pairs.length,
      loopSysNsOfPage:
        pairs.length === 0 ? null : interval(pairs.map(({ before }) => before.sysNs / before.storedPages)),
      luck:
        pairs.length === 0
          ? null
          : interval(pairs.map(({ before, again }) => writtenBack(again) / writtenBack(before))),
      heldOut: [
        heldOut('pages stored', stored.value / stored.base, (run) => run.storedPages),
        heldOut(
          'written back per stored',
          written.value / stored.value / (written.base! / stored.base),
          (run) => writtenBack(run) / run.storedPages,
        ),
        heldOut('written back', written.value / written.base!, writtenBack),
        heldOut('sys time', sys.value / sys.base!, (run) => run.sysNs),
        heldOut('real time', real.value / real.base!, (run) => run.realNs),
      ],
    };
  });
}
