import type {
  Change,
  ComparisonResult,
  FunctionComparison,
  FunctionSide,
  LockComparison,
  LockSide,
  SideDurations,
  Verdict,
} from '../../src/analysis/compare/result.ts';
import { NASTY } from './html-sample.ts';

const change = (value: number, width = 0.02): Change => ({
  value,
  lo: value - width,
  hi: value + width,
  difference: value * 1000,
});
const NOTHING: Change = { value: null, lo: null, hi: null, difference: null };

function durations(medianNs: number, calls: number): SideDurations {
  return {
    recordings: 2,
    calls,
    totalNs: medianNs * calls,
    meanNs: medianNs * 1.1,
    p50Ns: medianNs,
    p90Ns: medianNs * 2,
    p99Ns: medianNs * 4,
    minNs: medianNs / 2,
    maxNs: medianNs * 9,
    spread: 0.01,
    histogram: [0, 1, 2, 3].map((k) => {
      const loNs = 2 ** (Math.floor(Math.log2(medianNs)) + k - 1);
      return { loNs, hiNs: loNs * 2, count: Math.ceil(calls / 2 ** (k + 1)) };
    }),
    p50ByRecording: [medianNs, medianNs],
  };
}

function functionRow(name: string, verdict: Verdict, before: number, by: number): FunctionComparison {
  const side = (ns: number): FunctionSide => ({
    ...durations(ns, 800),
    selfNs: ns * 300,
    tracedCallsWithin: 3,
  });
  const isKnown = verdict !== 'not-comparable';
  const of = isKnown ? change(by) : NOTHING;
  return {
    name,
    before: side(before),
    after: isKnown ? side(before * (1 + by)) : null,
    judgedBy: 'median',
    change: { median: of, p99: of, mean: of, total: of, self: of, calls: isKnown ? change(0) : NOTHING },
    pValue: isKnown ? 0.0123 : null,
    rawPValue: isKnown ? 0.001 : null,
    rankPValue: null,
    effectSize: isKnown ? 0.4 : null,
    canSee: isKnown ? 0.04 : null,
    verdict,
    reason: isKnown ? '' : 'only before',
  };
}

function lockRow(name: string, waitNs: number, by: number): LockComparison {
  const side = (ns: number): LockSide => ({
    recordings: 2,
    acquisitions: 800,
    contended: 40,
    wait: durations(ns / 40, 40),
    hold: null,
    sites: [NASTY.function],
  });
  return {
    ...functionRow(name, 'faster', 1, by),
    name,
    kind: 'spinlock',
    before: side(waitNs),
    after: side(waitNs * (1 + by)),
    judgedBy: 'wait',
    blockedBy: [
      {
        waiter: NASTY.function,
        holder: 'zs_malloc',
        before: { waits: 30, waitNs: waitNs * 0.75 },
        after: { waits: 30, waitNs: waitNs * 0.75 * (1 + by) },
      },
      { waiter: NASTY.function, holder: '(not seen)', before: null, after: { waits: 2.5, waitNs: 1000 } },
    ],
    change: {
      median: change(by),
      p99: change(by),
      total: change(by),
      hold: { median: NOTHING, p99: NOTHING, total: NOTHING },
      acquisitions: change(0),
      contended: change(0),
    },
  };
}

const recording = (name: string) => ({
  inputs: [{ name, format: 'function_graph', bytes: 12_345, sha256: 'ab'.repeat(32) }],
  kernelRelease: '6.12.117',
  cpus: 2,
  durationNs: 182_000_000,
  lines: 5000,
  understoodLines: 4999,
  lostRecords: 3,
  tracerNs: 800,
  tracerShare: 0.3,
});

/** A comparison with names that a page must only ever show. */
export function sampleComparison(): ComparisonResult {
  return {
    schemaVersion: 1,
    tool: { name: 'trace-replay', version: '0.1.0', command: `trace-replay compare '${NASTY.file}' -- b` },
    before: { recordings: [recording(`x/${NASTY.file}`), recording('before-2.txt')] },
    after: { recordings: [recording('after-1.txt'), recording('after-2.txt')] },
    summary: { faster: 1, slower: 1, noDifference: 1, notComparable: 1, conclusive: true, reason: '' },
    warnings: [{ id: 'tracer-share', severity: 'info', text: `up to 30 % is the tracer's: ${NASTY.task}` }],
    functions: [
      functionRow(NASTY.function, 'faster', 16_000, -0.25),
      functionRow('zs_free', 'slower', 8000, 0.1),
      functionRow('obj_free', 'no-difference', 500, 0.01),
      functionRow('old_only', 'not-comparable', 700, 0),
    ],
    locks: [lockRow(NASTY.lock, 4_000_000, -0.5), lockRow('zone->lock', 1_000_000, -0.1)],
    callTree: [
      {
        name: 'zs_free',
        parent: -1,
        beforeCalls: 800,
        afterCalls: 800,
        beforeSelfNs: 3_000_000,
        afterSelfNs: 2_000_000,
        beforeTotalNs: 9_000_000,
        afterTotalNs: 8_000_000,
      },
      {
        name: NASTY.function,
        parent: 0,
        beforeCalls: 80,
        afterCalls: 90,
        beforeSelfNs: 1_000_000,
        afterSelfNs: 1_500_000,
        beforeTotalNs: 1_000_000,
        afterTotalNs: 1_500_000,
      },
    ],
    gates: [{ condition: 'zs_free.p99>+5%', status: 'failed', change: change(0.1), text: '10 % more' }],
    method: {
      basis: 'few-recordings',
      interval: 'Intervals: 95 %, over two recordings of each side.',
      test: 'Test: t test of the logarithms.',
      correction: 'Correction: Benjamini and Hochberg.',
      significance: 0.05,
      functionsTested: 3,
      locksTested: 2,
      allowance: { value: 0.1, basis: 'assumed' },
      filters: '',
      excluded: [],
      quantileError: 0.0078,
      resamples: 1000,
    },
  };
}
