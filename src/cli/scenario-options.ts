import { type Command, InvalidArgumentError } from 'commander';
import type { ScenarioRequest, SpeedupQuestion } from '../replay/scenario/request.ts';

/** Options of `what-if` that change the recording or ask more of it. */
export interface ScenarioOptions {
  readonly processes?: readonly number[];
  readonly size?: number;
  readonly classSpread?: readonly number[];
  readonly speedup?: readonly SpeedupQuestion[];
  readonly breakEven?: boolean;
  readonly starveWorker?: boolean;
}

/** Adds the options of scenarios to `what-if`. */
export function addScenarioOptions(command: Command): Command {
  return command
    .option('--processes <list>', 'scale to so many freeing processes, e.g. 1,2,4,8', processList)
    .option('--size <bytes>', 'scale to so much memory freed by each process, e.g. 256M', byteSize)
    .option(
      '--class-spread <shares>',
      "0..1, also several: share of each process's objects in classes of its own",
      shareList,
    )
    .option(
      '--speedup <function=0..1>',
      'the own work of a function smaller by a share, e.g. free_zspage=0.5,1; 1: free; a+b=1: both ' +
        '(may be given again)',
      speedupQuestion,
    )
    .option('--break-even', 'from how many processes and CPUs each design pays (1 to 16, or --processes)')
    .option('--starve-worker', 'designs that defer with 0 to 100 % of a CPU for their worker');
}

/** What was asked of the recording. */
export function scenarioRequest(options: ScenarioOptions): ScenarioRequest {
  return {
    processes: options.processes ?? [],
    sizeBytes: options.size ?? null,
    classSpread: options.classSpread ?? [],
    speedups: options.speedup ?? [],
    breakEven: options.breakEven ?? false,
    starveWorker: options.starveWorker ?? false,
  };
}

const MOST_PROCESSES = 256;

/** `1,2,4,8`. */
export function processList(text: string): readonly number[] {
  const counts = text.split(',').map((part) => (/^\s*\d{1,4}\s*$/.test(part) ? Number(part) : Number.NaN));
  if (!counts.every((count) => count >= 1 && count <= MOST_PROCESSES))
    throw new InvalidArgumentError(`expected numbers from 1 to ${MOST_PROCESSES}, such as 1,2,4,8.`);
  return [...new Set(counts)];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `256M`; powers of 1024. */
export function byteSize(text: string): number {
  const m = /^(\d{1,15}(?:\.\d+)?)([KMG]?)$/i.exec(text.trim());
  const bytes = m ? Number(m[1]) * UNITS[m[2]!.toUpperCase()]! : 0;
  if (!(bytes >= 1)) throw new InvalidArgumentError('expected bytes, such as 64M or 1G.');
  return bytes;
}

/** `0,0.5,1`. */
export function shareList(text: string): readonly number[] {
  const shares = text.split(',').map(share);
  if (shares.some(Number.isNaN))
    throw new InvalidArgumentError('expected numbers from 0 to 1, such as 0,0.5,1.');
  return [...new Set(shares)];
}

/** `free_zspage=0,0.25,0.5,1` or `obj_free+fix_fullness_group=1`; the option may be given again. */
export function speedupQuestion(
  text: string,
  before: readonly SpeedupQuestion[] | undefined,
): readonly SpeedupQuestion[] {
  const at = text.lastIndexOf('=');
  const what = text.slice(0, Math.max(0, at)).split('+');
  const by = text
    .slice(at + 1)
    .split(',')
    .map(share);
  if (what.some((name) => name === '') || by.some(Number.isNaN))
    throw new InvalidArgumentError('expected a function and numbers from 0 to 1, such as free_zspage=0.5,1.');
  return [...(before ?? []), { what, by: [...new Set(by)].sort((a, b) => a - b) }];
}

function share(text: string): number {
  const value = /^\s*(?:\d+(?:\.\d*)?|\.\d+)\s*$/.test(text) ? Number(text) : Number.NaN;
  return value <= 1 ? value : Number.NaN;
}
