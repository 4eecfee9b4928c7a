import { drawTime } from '../../model/codecs/costs.ts';
import { Draws } from '../reproduce/sampling.ts';

export type ParameterBasis = 'measured' | 'published' | 'derived' | 'assumed' | 'given';

/** Something that a run is told and nobody knows exactly. */
export interface Parameter {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly basis: ParameterBasis;
  readonly source: string;
}

type Row = readonly [name: string, what: string, unit: string, low: number, middle: number, high: number];

const assumed = (row: Row, source = 'no measurement at hand'): Parameter => of(row, 'assumed', source);

function of([name, what, unit, low, middle, high]: Row, basis: ParameterBasis, source: string): Parameter {
  return { name, what, unit, low, middle, high, basis, source };
}

const STORED_PAGE =
  "high: sys time of a stored page in usemem's zstd baseline (v13 cover) less its compression; low: guess";

/** Where jobs arrive by themselves, memory fills at peaks only: they want less on the average. */
export const OPEN_WORKING_SET = {
  what: 'memory that jobs want on the average when none waits, over the limit',
  low: 0.45,
  middle: 0.5,
  high: 0.6,
} as const;

/** What a run is told besides sizes and costs of codecs. */
export const LOOP_PARAMETERS: readonly Parameter[] = [
  assumed(['working-set', 'memory that all jobs want together, over the limit', 'x', 1.15, 1.5, 2]),
  assumed(['touches', 'touches of older pages for each fresh one', '', 5, 10, 30]),
  assumed(['recency', 'how much touches prefer young pages (1: not at all)', '', 8, 12, 30]),
  of(
    ['anon-share', 'part of a memcg reclaim pass that goes to anonymous pages', '', 0.18, 0.3, 0.46],
    'derived',
    'get_scan_count of 6.12 with swappiness 60; which end depends on files, which are not played',
  ),
  assumed(['load', 'user time of arriving jobs over that of all CPUs (open loop)', '', 0.3, 0.5, 0.8]),
  assumed(['touch', 'from one touch of a page to the next', 'ns', 200, 1000, 5000]),
  assumed(['fault', 'a page fault beside what it waits for', 'ns', 500, 1000, 2000]),
  assumed(['scan', 'a folio looked at on the LRU', 'ns', 100, 200, 500]),
  assumed(['unmap', 'a folio unmapped, with its swap slots', 'ns', 500, 1500, 4000]),
  assumed(['flush', 'other CPUs told to drop translations', 'ns', 500, 2000, 5000]),
  of(['store-page', 'a stored page beside compression', 'ns', 1500, 5000, 36_000], 'derived', STORED_PAGE),
  assumed(['entry', 'an entry from the slab', 'ns', 40, 80, 150]),
  assumed(['entry-bulk', 'an entry of a bulk call', 'ns', 10, 30, 100]),
  assumed(['entry-write', 'first write to an entry', 'ns', 5, 50, 100]),
  assumed(['prefetchw', 'write to an entry that was fetched', 'ns', 2, 5, 10]),
  assumed(['mutex', 'the context locked and unlocked', 'ns', 20, 40, 100]),
  assumed(['split-page', 'splitting a folio, for each page', 'ns', 100, 300, 1000]),
  assumed(['load-page', 'a loaded page beside decompression', 'ns', 500, 1200, 3000]),
  assumed(['look', 'an entry looked at by the shrinker', 'ns', 50, 100, 300]),
  assumed(['writeback', 'a page written back beside decompression and device', 'ns', 1500, 3000, 8000]),
  of(
    ['free-page', 'a page freed at the end of a job', 'ns', 179, 300, 870],
    'published',
    'munmap of swapped pages: i7-12700 179 ns, Raspberry Pi 4 870 ns; middle: guess',
  ),
  assumed(['device-latency', 'latency of the swap device', 'ns', 60_000, 90_000, 150_000], 'NVMe class'),
  assumed(['device-page', 'time of a page on the device', 'ns', 1000, 2000, 8000], '0.5 to 4 GB/s'),
  assumed(['codec-data', "compression cost of these data over the published one's", 'x', 0.9, 1, 1.1]),
  assumed(['size-spread', 'half the width of compressed sizes over their mean', 'x', 0.3, 0.5, 0.7]),
  of(
    ['incompressible', 'share of pages that do not get smaller', '', 0.001, 0.01, 0.036],
    'measured',
    'ELF pages with lz4 and zstd, user space',
  ),
];

/**
 * Values of the parameters in a run: run 0 has the middle ones, the others are drawn between low and high,
 * near the middle most often, evenly by ratio.
 */
export function drawParameters(
  parameters: readonly Parameter[],
  run: number,
  seed: number,
): ReadonlyMap<string, number> {
  const draws = new Draws(run, seed);
  return new Map(
    parameters.map(({ name, low, middle, high }) => {
      if (run === 0 || low === high) return [name, middle];
      const logs = { low: Math.log(low), middle: Math.log(middle), high: Math.log(high) };
      return [name, Math.exp(drawTime(logs, draws.uniform(name, 0, 1)))];
    }),
  );
}

/** The same parameter, known: by the recording, or because the user says so. */
export function fixed(
  parameter: Parameter,
  value: number,
  basis: 'measured' | 'given',
  source: string,
): Parameter {
  return { ...parameter, low: value, middle: value, high: value, basis, source };
}
