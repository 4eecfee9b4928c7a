import { BlockSeries } from '../../src/analysis/compare/block-series.ts';
import { seriesFigures } from '../../src/analysis/compare/figures.ts';
import { mergeSummaries } from '../../src/analysis/compare/merge-summaries.ts';
import { seededRandom } from '../../src/analysis/compare/random.ts';
import type { LockFigures, RecordingSummary, Summary } from '../../src/analysis/compare/summary.ts';

/** A summary of one made-up recording: durations in ns by function, in order. */
export function summaryOf(
  id: string,
  calls: Readonly<Record<string, readonly number[]>>,
  more: Partial<RecordingSummary> = {},
): Summary {
  const series = Object.entries(calls).map(([name, durations]) => {
    const found = new BlockSeries();
    for (const ns of durations) found.add(ns);
    return [name, found] as const;
  });
  return mergeSummaries([
    {
      format: 'trace-replay-summary',
      schemaVersion: 1,
      filters: '',
      excluded: [],
      recordings: [
        {
          id,
          inputs: [{ name: `${id}.txt`, format: 'function_graph', bytes: 1, sha256: id }],
          kernelRelease: '6.12.0',
          cpus: 2,
          durationNs: 1e9,
          lines: 1,
          understoodLines: 1,
          lostRecords: 0,
          tracerNs: 100,
          tracerShare: 0.1,
          clock: 'stamps',
          layouts: [],
          locks: {},
          ...more,
          functions: Object.fromEntries(
            series.map(([name, found]) => [
              name,
              {
                ...seriesFigures(found),
                calls: found.count,
                selfNs: found.sumNs,
                tracedWithin: 0,
                inInterrupt: 0,
              },
            ]),
          ),
        },
      ],
      histograms: {
        functions: Object.fromEntries(series.map(([name, found]) => [name, found.histogram()])),
        waits: {},
        holds: {},
      },
      callTree: series.map(([name, found]) => ({
        name,
        parent: -1,
        calls: found.count,
        totalNs: found.sumNs,
        selfNs: found.sumNs,
      })),
    },
  ]);
}

/** Figures of a lock that was waited for `waits` times. */
export function lockOf(waits: number, waitNs: number, site = 'zs_free'): LockFigures {
  const each = waits > 0 ? waitNs / waits : null;
  return {
    kind: 'spinlock',
    acquisitions: 1000,
    contended: waits,
    wait: {
      count: waits,
      totalNs: waitNs,
      meanNs: each,
      p50Ns: each,
      p90Ns: each,
      p99Ns: each,
      minNs: each,
      maxNs: each,
      noise: { p50: 0.1, p99: 0.1, mean: 0.1 },
    },
    hold: null,
    sites: { [site]: waitNs },
    blockedBy: waits > 0 ? [{ waiter: site, holder: 'zs_malloc', waits, waitNs }] : [],
  };
}

/** Made-up durations about `ns`, of one recording of a machine that is `speed` times as slow. */
export function durationsAbout(ns: number, seed: number, speed = 1, count = 400): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Math.round(ns * speed * (0.8 + 0.4 * random())));
}
