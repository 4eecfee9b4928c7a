import type { KernelModel } from '../../model/steps.ts';
import type { Prepared } from '../prepare.ts';
import type { Executor } from '../sweep.ts';
import { replayedKernel } from '../what-if.ts';
import type { Workload } from '../workload.ts';
import type { Calibration, World } from './calibration.ts';
import type { Measured } from './noise.ts';
import { calibrationOf } from './on-platform.ts';
import { PlatformError, parsePlatformFile } from './platform-file.ts';
import { PUBLISHED_PLATFORMS, publishedCalibration } from './published-platform.ts';

/** How a fit is made, whatever the costs come from. */
export interface Fit {
  readonly world: World;
  readonly runs: number;
  readonly seed: number;
  readonly measured: readonly Measured[];
  readonly execute: Executor;
}

/** Costs that do not come from the recording that is replayed. */
export interface PlatformSource {
  readonly title: string;
  readonly basis: 'calibrated' | 'published';
  /** Only costs without a tracer are known. */
  readonly isUntraced: boolean;
  /** What its numbers rest on. */
  readonly rests: readonly string[];
  readonly calibrate: (
    prepared: Prepared,
    fit: Fit,
  ) => { readonly kernelFor: (workload: Workload) => KernelModel; readonly calibration: Calibration };
}

/**
 * A platform by its name, or a file that `calibrate` wrote.
 * @param readText Text of a file; null when there is none of that name.
 * @throws {PlatformError} for a name that is neither, and for a file that is no platform.
 */
export function platformSource(name: string, readText: (path: string) => string | null): PlatformSource {
  const published = PUBLISHED_PLATFORMS[name];
  if (published) {
    return {
      title: published.platform.title,
      basis: 'published',
      isUntraced: true,
      rests: [
        `costs of ${published.platform.title}: ranges from published figures, chosen by its published baseline times; not measured here`,
        'time for each page that goes back: 0.5 to 2 times that of the hold without it',
        'the line of a reader lock is moved by request and answer; lost reservations are left out',
      ],
      calibrate: (prepared, fit) => {
        if (fit.measured.length > 0)
          throw new PlatformError(
            `--measured does not go with --platform ${name}: its baseline is published`,
          );
        return publishedCalibration(published, prepared, fit);
      },
    };
  }
  const text = readText(name);
  if (text === null) {
    throw new PlatformError(
      `no platform "${name}"; there are ${Object.keys(PUBLISHED_PLATFORMS).join(', ')}, and files that trace-replay calibrate wrote`,
    );
  }
  const file = parsePlatformFile(text, name);
  const from = file.sources.map((source) => source.name).join(', ');
  return {
    title: `${name} (${from})`,
    basis: 'calibrated',
    isUntraced: false,
    rests: [
      `costs, tracer and time between frees: those of ${name}, calibrated on ${from}, ${file.cpus} CPUs`,
    ],
    calibrate: ({ era, workload, pool, cpus }, fit) => {
      const kernelFor = (scaled: Workload) => replayedKernel(era, scaled);
      const kernel = kernelFor(workload);
      return { kernelFor, calibration: calibrationOf(file, { workload, kernel, pool, cpus, ...fit }) };
    },
  };
}
