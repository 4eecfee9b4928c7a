import { I7_12700 } from '../../model/platforms/i7-12700.ts';
import type { Platform } from '../../model/platforms/platform.ts';
import { RASPBERRY_PI_4B } from '../../model/platforms/raspberry-pi-4b.ts';
import { RK3588 } from '../../model/platforms/rk3588.ts';
import type { KernelModel } from '../../model/steps.ts';
import type { Prepared } from '../prepare.ts';
import { drawMachine, type MachineDraw, ensembleOf as publishedEnsemble } from '../reproduce/ensemble.ts';
import { PUBLISHED, pagesOf } from '../reproduce/published.ts';
import type { Calibration } from './calibration.ts';
import type { FittedParameter } from './ensemble.ts';
import { drawnSet, PARAMETERS, type Parameter, type ParameterName, type ParameterSet } from './parameters.ts';
import type { Fit } from './platform-source.ts';
import { pricedOnce } from './pricing.ts';

/** A published machine, and which of its rows are its baseline. */
export interface PublishedPlatform {
  readonly platform: Platform;
  /** Rows of 1, 2 and 4 processes, or of one process: then nothing chooses what lines and locks cost. */
  readonly rows: readonly [string, string, string] | readonly [string];
  /** Parameter sets to try. */
  readonly samples: number;
}

/** Machines that `--platform` knows by name. */
export const PUBLISHED_PLATFORMS: Readonly<Record<string, PublishedPlatform>> = {
  'i7-12700': {
    platform: I7_12700,
    rows: ['classidx-i7-1p', 'classidx-i7-2p', 'classidx-i7-4p'],
    samples: 1600,
  },
  'raspberry-pi-4b': {
    platform: RASPBERRY_PI_4B,
    rows: ['classidx-rpi4-1p', 'classidx-rpi4-2p', 'classidx-rpi4-4p'],
    samples: 4000,
  },
  rk3588: { platform: RK3588, rows: ['rk3588-munmap-256'], samples: 41 },
};

/** A name of {@link PUBLISHED_PLATFORMS}. */
export function isPublishedPlatform(name: string | undefined): boolean {
  return name !== undefined && Object.hasOwn(PUBLISHED_PLATFORMS, name);
}

const OPERATIONS = 1200;
/** Time for a page that goes back, of the hold without it: assumed. */
const PAGE = { low: 0.5, high: 2 };
/** Parameters that a machine's beliefs say something of, or that are free in any case. */
const OPEN: readonly ParameterName[] = [
  'handOffOneNs',
  'handOffMoreNs',
  'lineTransferNs',
  'wakeNs',
  'contextSwitchNs',
  'enqueueNs',
];

/**
 * Parameter sets of a published machine that give its published baseline, as `reproduce` chooses them.
 * Costs are those of the untraced kernel; of the recording only operations and their places are used.
 */
export function publishedCalibration(
  published: PublishedPlatform,
  { era, workload }: Prepared,
  { runs, seed }: Fit,
): { readonly kernelFor: () => KernelModel; readonly calibration: Calibration } {
  const { platform, samples } = published;
  const members = membersOf(published, seed);
  if (members.length === 0) throw new RangeError(`${platform.id}: no parameter set gives its baseline`);
  const all = members.map((member, k) => setOf(member, k + 1, seed));
  // The first run is the one in the middle of what a line's way takes.
  const order = all.toSorted((a, b) => a.values.lineTransferNs - b.values.lineTransferNs);
  const sets = [order[order.length >> 1]!];
  while (sets.length < runs) sets.push(all[(sets.length - 1) % all.length]!);
  const kernel = withTransfers(era.kernel, members);
  return {
    kernelFor: () => kernel,
    calibration: {
      ensemble: {
        sets,
        tried: samples,
        accepted: members.length,
        parameters: PARAMETERS.filter(({ name }) => OPEN.includes(name)).map((parameter) =>
          fitted(parameter, all),
        ),
        statistics: [],
        judged: [],
      },
      lineTransfer: null,
      hasWaits: true,
      traced: pricedOnce(workload, kernel, null),
      untraced: null,
    },
  };
}

function membersOf({ platform, rows, samples }: PublishedPlatform, seed: number): readonly MachineDraw[] {
  const [one, two, four] = rows.map(baseNs) as [number, number?, number?];
  if (two !== undefined && four !== undefined) {
    const options = { samples, seed, operations: OPERATIONS };
    return publishedEnsemble(platform, { one, two, four }, 'class-idx', options).members;
  }
  const drawn = Array.from({ length: samples }, (_, k) => drawMachine(k, platform, one, seed));
  return drawn.filter((machine) => machine !== undefined);
}

function baseNs(id: string): number {
  const row = PUBLISHED.find((candidate) => candidate.id === id)!;
  return (row.base! * (row.unit === 'ms' ? 1e6 : 1)) / pagesOf(row.sizeMB);
}

function setOf({ numbers, privateNs, draws }: MachineDraw, number: number, seed: number): ParameterSet {
  const drawn = drawnSet(PARAMETERS, number, seed);
  const { transferNs, hitNs, holdNs, locateNs, handOffOne, handOffMore } = numbers;
  return {
    number,
    values: {
      ...drawn.values,
      lineTransferNs: transferNs,
      handOffOneNs: handOffOne * transferNs,
      handOffMoreNs: handOffMore * transferNs,
    },
    machine: {
      hitNs,
      holdNs,
      locateNs,
      privateNs,
      pageNs: holdNs * draws.uniform('page', PAGE.low, PAGE.high),
    },
  };
}

/** Read-modify-writes of a lock's line as the machine does them: the middle of what gives the baseline. */
function withTransfers(kernel: KernelModel, members: readonly MachineDraw[]): KernelModel {
  const visits = members
    .map(({ numbers }) => numbers.roundTrip * numbers.exclusivePair)
    .sort((a, b) => a - b);
  const transfers = visits[visits.length >> 1]!;
  return {
    ...kernel,
    locks: Object.fromEntries(
      Object.entries(kernel.locks).map(([name, lock]) => [
        name,
        lock.kind === 'qrwlock' ? { ...lock, transfers } : lock,
      ]),
    ),
  };
}

function fitted(parameter: Parameter, sets: readonly ParameterSet[]): FittedParameter {
  const values = sets.map((set) => set.values[parameter.name]).sort((a, b) => a - b);
  const at = (q: number) => values[Math.round(q * (values.length - 1))]!;
  const kept = { value: at(0.5), lo: at(0.05), hi: at(0.95) };
  return {
    ...parameter,
    central: kept.value,
    low: values[0]!,
    high: values.at(-1)!,
    source: 'published ranges that give the published baseline',
    kept,
  };
}
