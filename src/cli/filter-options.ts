import type { Command } from 'commander';
import type { Filters } from '../analysis/row-filter.ts';
import { cpuList, exclusions, nameList, pidList, traceTime, wholeNumber } from './option-values.ts';

/** Options that choose what counts, whatever the function. */
export interface PlaceOptions {
  readonly root?: readonly string[];
  readonly cpu?: ReadonlySet<number>;
  readonly pid?: ReadonlySet<number>;
  readonly comm?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly depth?: number;
  readonly module?: readonly string[];
  readonly exclude?: { irq: boolean; softirq: boolean; offCpu: boolean };
}

/** Adds the options that choose what counts. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--root <names>', 'count only these functions and what they call', nameList)
    .option('-C, --cpu <list>', 'count only calls on these CPUs: 0,2-4', cpuList)
    .option('-p, --pid <list>', 'count only calls of these tasks', pidList)
    .option('--comm <names>', 'count only calls of tasks so named: names or globs', nameList)
    .option('--from <seconds>', 'count only calls that begin at this time stamp or later', traceTime)
    .option('--to <seconds>', 'count only calls that begin at this time stamp or earlier', traceTime)
    .option('--depth <n>', 'count only calls less than n levels below the outermost', wholeNumber(1))
    .option('--module <names>', 'count only functions of these modules; kernel: built in', nameList)
    .option('--exclude <what>', 'take out of durations: irq,softirq,offcpu', exclusions);
}

/** The filters that the options stand for. */
export function placeFilters(options: PlaceOptions): Omit<Filters, 'functions'> {
  const filters: { -readonly [K in keyof Filters]: Filters[K] } = {};
  if (options.root) filters.roots = options.root;
  if (options.cpu) filters.cpus = options.cpu;
  if (options.pid) filters.pids = options.pid;
  if (options.comm) filters.comms = options.comm;
  if (options.from !== undefined) filters.fromNs = options.from;
  if (options.to !== undefined) filters.toNs = options.to;
  if (options.depth !== undefined) filters.depth = options.depth;
  if (options.module) filters.modules = options.module;
  return filters;
}

/** The same as words of a command line. */
export function placeText(options: PlaceOptions): string {
  const list = (values: Iterable<string | number>) => [...values].join(',');
  const parts = [
    options.root && `--root ${list(options.root)}`,
    options.cpu && `--cpu ${list(options.cpu)}`,
    options.pid && `--pid ${list(options.pid)}`,
    options.comm && `--comm ${list(options.comm)}`,
    options.from !== undefined && `--from ${(options.from / 1e9).toFixed(6)}`,
    options.to !== undefined && `--to ${(options.to / 1e9).toFixed(6)}`,
    options.depth !== undefined && `--depth ${options.depth}`,
    options.module && `--module ${list(options.module)}`,
  ];
  return parts.filter((part) => typeof part === 'string').join(' ');
}
