import { I7_12700 } from '../../model/platforms/i7-12700.ts';
import type { Platform, PlatformNumber } from '../../model/platforms/platform.ts';
import { RASPBERRY_PI_4B } from '../../model/platforms/raspberry-pi-4b.ts';
import { type DeferralMember, deferralsOf, runNs } from './deferral.ts';
import { type Ensemble, ensembleOf } from './ensemble.ts';
import { PUBLISHED, type PublishedRow, pagesOf } from './published.ts';
import { calibrationRow, predictedRow, type ReproducedRow, unpredictedRow } from './rows.ts';
import { type Interval, interval, measured } from './sampling.ts';
import type { Comparison } from './store/comparisons.ts';
import type { RowNoise } from './store/noise.ts';
import { PUBLISHED_STORE, type StoreRow } from './store/published.ts';
import { reproduceStore } from './store/store.ts';
import { type Summary, summarise } from './summary.ts';

export interface ReproduceOptions {
  readonly seed: number;
  /** Scales the number of parameter sets that are tried; 1 is what the documentation shows. */
  readonly effort: number;
}

export const REPRODUCE_DEFAULTS: ReproduceOptions = { seed: 1, effort: 1 };

/** What is left of a platform's beliefs once the baseline is reproduced. */
export interface CalibratedPlatform {
  readonly id: string;
  readonly title: string;
  readonly calibratedOn: readonly string[];
  readonly tried: number;
  readonly accepted: number;
  readonly numbers: Readonly<Record<PlatformNumber, Interval & { readonly source: string }>>;
}

export interface Reproduction {
  readonly seed: number;
  readonly platforms: readonly CalibratedPlatform[];
  readonly rows: readonly ReproducedRow[];
  /** Over the rows of the free path, and over those of the store path. */
  readonly summary: Summary;
  readonly storeSummary: Summary;
  /** What the published tables of builds and of usemem with zstd support. */
  readonly comparisons: readonly Comparison[];
  /** Errors of pieces and batches beside what the published figures' own scatter may cause. */
  readonly storeNoise: readonly RowNoise[];
}

interface Study {
  readonly platform: Platform;
  readonly prefix: string;
  readonly samples: number;
}

const STUDIES: readonly Study[] = [
  { platform: RASPBERRY_PI_4B, prefix: 'classidx-rpi4', samples: 45_000 },
  { platform: I7_12700, prefix: 'classidx-i7', samples: 8_000 },
];
const OPERATIONS = 1200;
const DEFERRAL_SAMPLES = 40_000;
const PROCESSES = [1, 2, 4] as const;

/**
 * Predicts the published designs from the published baseline.
 * @throws {RangeError} when a row is missing, or no parameter set reproduces a baseline.
 */
export function reproduce(
  options: ReproduceOptions = REPRODUCE_DEFAULTS,
  published: readonly PublishedRow[] = PUBLISHED,
  publishedStore: readonly StoreRow[] = PUBLISHED_STORE,
): Reproduction {
  const find = (id: string) => {
    const row = published.find((candidate) => candidate.id === id);
    if (!row) throw new RangeError(`no published row ${id}`);
    return row;
  };
  const rows: ReproducedRow[] = [];
  const platforms: CalibratedPlatform[] = [];
  for (const study of STUDIES) {
    const pairs = PROCESSES.map((n) => find(`${study.prefix}-${n}p`));
    const [one, two, four] = pairs.map((row) => baseNs(row) / pagesOf(row.sizeMB)) as [
      number,
      number,
      number,
    ];
    const ensemble = ensembleOf(study.platform, { one, two, four }, 'class-idx', {
      samples: Math.ceil(study.samples * options.effort),
      seed: options.seed,
      operations: OPERATIONS,
    });
    for (const row of pairs) rows.push(...classIdxRows(row, ensemble));
    if (study.platform.id === 'rpi4') rows.push(threeProcesses(find('deferred-rpi4-3p'), ensemble));
    platforms.push(calibrated(ensemble));
  }
  rows.push(...deferralRows(find, published, options));
  const store = reproduceStore(options, publishedStore);
  return {
    seed: options.seed,
    platforms,
    rows: [...rows, ...store.rows],
    summary: summarise(rows),
    storeSummary: summarise(store.rows),
    comparisons: store.comparisons,
    storeNoise: store.noise,
  };
}

function baseNs(row: PublishedRow): number {
  return (row.base ?? Number.NaN) * (row.unit === 'ms' ? 1e6 : 1);
}

function valueNs(row: PublishedRow): number {
  return row.value * (row.unit === 'ms' ? 1e6 : 1);
}

function classIdxRows(row: PublishedRow, { members }: Ensemble): readonly ReproducedRow[] {
  const pages = pagesOf(row.sizeMB);
  const n = row.processes;
  return [
    predictedRow(
      row,
      'base',
      members.map((member) => member.baseNs.get(n)! * pages),
      { role: 'calibration', reason: 'the ensemble reproduces it within 2.5 %', group: null },
    ),
    predictedRow(
      row,
      'value',
      members.map(({ designNs, draws }) => measured(designNs.get(n)! * pages, draws, row.id)),
      {
        role: 'held-out',
        reason: 'baseline of 1, 2, 4 processes and published machine constants',
        group: n === 1 ? 'single-process' : 'multi-process',
      },
    ),
  ];
}

function threeProcesses(row: PublishedRow, { members }: Ensemble): ReproducedRow {
  const values = members.map(({ baseNs: ns, draws }) =>
    measured(ns.get(3)! * pagesOf(row.sizeMB), draws, `${row.id}.base`),
  );
  return predictedRow(row, 'base', values, {
    role: 'held-out',
    reason: 'ensemble of the other session (1, 2, 4 processes), not fitted to this one',
    group: 'baseline',
  });
}

/** Share by which a time carries over to another machine. */
const OTHER_MACHINE = 0.2;

function deferralRows(
  find: (id: string) => PublishedRow,
  published: readonly PublishedRow[],
  options: ReproduceOptions,
): readonly ReproducedRow[] {
  const middle = find('deferred-rpi4-size256');
  const long = find('deferred-rpi4-size512');
  const share = find('notify-share-after-deferral');
  const members = deferralsOf(
    {
      pages: pagesOf(middle.sizeMB),
      baseNs: baseNs(middle),
      deferredNs: valueNs(middle),
      notifyShare: share.value / 100,
      longPages: pagesOf(long.sizeMB),
      longDeferredNs: valueNs(long),
    },
    Math.ceil(DEFERRAL_SAMPLES * options.effort),
    options.seed,
  );
  const run = (row: PublishedRow, column: 'base' | 'deferred' | 'noLock', isNoisy: boolean) =>
    members.map(({ model, draws }: DeferralMember) => {
      const pages = pagesOf(row.sizeMB);
      const ns =
        column === 'base'
          ? model.fixedNs + pages * model.baseNs
          : runNs(model, pages, column === 'deferred' ? model.deferredNs : model.noLockNs);
      return isNoisy ? measured(ns, draws, `${row.id} ${column}`) : ns;
    });
  const rows: ReproducedRow[] = [];
  for (const row of published) {
    if (row.id.startsWith('deferred-rpi4-size')) {
      const isMiddle = row === middle;
      rows.push(
        predictedRow(row, 'base', run(row, 'base', !isMiddle), {
          role: isMiddle ? 'calibration' : 'held-out',
          reason: isMiddle ? 'time for a page' : 'time for a page of the 256 MB row',
          group: isMiddle ? null : 'size',
        }),
      );
      const isCalibration = isMiddle || row === long;
      rows.push(
        predictedRow(row, 'value', run(row, 'deferred', !isCalibration), {
          role: isCalibration ? 'calibration' : 'held-out',
          reason: isMiddle
            ? 'time for a page with deferral'
            : row === long
              ? 'overflow of the queue: its capacity and the drain are not published'
              : 'time for a page of the 256 MB deferred row',
          group: isCalibration ? null : 'size',
        }),
      );
    } else if (row.id.startsWith('nolock-rpi4-size')) {
      rows.push(
        predictedRow(row, 'value', run(row, 'noLock', true), {
          role: 'held-out',
          reason: 'deferred column (256, 512 MB), published share of the notification',
          group: 'no-lock',
        }),
      );
    }
  }
  const again = find('deferred-rpi4-1p');
  rows.push(
    predictedRow(again, 'base', run(again, 'base', true), {
      role: 'held-out',
      reason: 'another session of the 256 MB row',
      group: 'single-process',
    }),
    predictedRow(again, 'value', run(again, 'deferred', true), {
      role: 'held-out',
      reason: 'another session of the 256 MB deferred row',
      group: 'single-process',
    }),
    unpredictedRow(
      find('deferred-rpi4-3p'),
      'value',
      'workers, scope and size of the queue are not published; variants of the overflow model give 25 to 64 ms',
    ),
    calibrationRow(share, 'value', 'what the slot lock can cost at most, for the no-lock column'),
  );
  rows.push(...otherMachine(find, members));
  return rows;
}

function otherMachine(
  find: (id: string) => PublishedRow,
  members: readonly DeferralMember[],
): readonly ReproducedRow[] {
  const unmap = find('rk3588-munmap-256');
  const swapIn = find('rk3588-swapin-256');
  const values = members.map(({ model, draws }) => {
    const left =
      (model.deferredNs / model.baseNs) *
      draws.uniform('other machine', 1 - OTHER_MACHINE, 1 + OTHER_MACHINE);
    return measured(baseNs(unmap) * left, draws, unmap.id);
  });
  const pages = pagesOf(unmap.sizeMB);
  return [
    calibrationRow(unmap, 'base', 'scales the share that deferral leaves on the Raspberry Pi 4B'),
    predictedRow(unmap, 'value', values, {
      role: 'held-out',
      reason: 'share left by deferral on the Raspberry Pi 4B, +-20 % for the other machine',
      group: 'other-machine',
    }),
    unpredictedRow(
      swapIn,
      'value',
      `no mechanism: all freeing takes ${Math.round(baseNs(unmap) / pages)} ns a page, the saving claimed is larger than that work`,
    ),
  ];
}

function calibrated({ platform, tried, members }: Ensemble): CalibratedPlatform {
  const names = Object.keys(platform.beliefs) as PlatformNumber[];
  const numbers = Object.fromEntries(
    names.map((name) => [
      name,
      {
        ...interval(members.map((member) => member.numbers[name])),
        source: platform.beliefs[name].source,
      },
    ]),
  ) as CalibratedPlatform['numbers'];
  const { id, title, calibratedOn } = platform;
  return { id, title, calibratedOn, tried, accepted: members.length, numbers };
}
