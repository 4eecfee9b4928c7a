import { median } from 'simple-statistics';
import { globPattern } from '../row-filter.ts';
import { alignedLocks } from './align-locks.ts';
import { BLOCK_RESAMPLES } from './block-noise.ts';
import { QUANTILE_ERROR } from './block-series.ts';
import { callTreeChanges } from './call-tree-changes.ts';
import { compareFunction, ENOUGH_CALLS } from './compare-functions.ts';
import { compareLock } from './compare-locks.ts';
import { type Design, designOf, LEVEL } from './estimate.ts';
import { type GateCondition, gate } from './gates.ts';
import { blockShare } from './repeated-work.ts';
import {
  COMPARISON_SCHEMA_VERSION,
  type ComparisonMethod,
  type ComparisonResult,
  type ComparisonSide,
  type ComparisonSummary,
  type Evidence,
  type FunctionComparison,
  type LockComparison,
} from './result.ts';
import type { Summary } from './summary.ts';
import { type Judged, judge, type Tested } from './verdicts.ts';
import { comparisonWarnings, obstacleOf } from './warnings.ts';

export interface CompareOptions {
  /** Names or globs of the functions asked for, beside those of gates; null: all. */
  readonly functions: readonly string[] | null;
  readonly gates: readonly GateCondition[];
}

/** Fewer functions do not tell what two recordings differ by. */
const ENOUGH_FUNCTIONS = 5;
/** With one recording a side, a change counts beyond so many times what half of the functions changed by. */
const ALLOWED_TIMES = 3;
const LEAST_ALLOWED = 0.1;
/** Two boots of one kernel on a busy machine (assumed). */
const ASSUMED_ALLOWED = 0.3;
/** From here on recordings of one side are so unlike that it is said. */
const WILD_SPREAD = 0.25;
/** A comparison that sees no change below this in its weightiest functions concludes nothing. */
const BLIND = 0.5;
const WEIGHTIEST = 10;

/**
 * Compares two sides of recordings, each at least one.
 * @throws {GateError} when a gate is about nothing in the recordings.
 */
export function compareSummaries(
  tool: ComparisonResult['tool'],
  before: Summary,
  recordedAfter: Summary,
  options: CompareOptions,
): ComparisonResult {
  const { after, renamed } = alignedLocks(before, recordedAfter);
  const [n, m] = [before.recordings.length, after.recordings.length];
  const design = designOf(n, m, blockShare(before, after));
  const allowance = allowanceOf(before, after, design);
  const allowed = allowance === null ? 0 : Math.log1p(allowance.value);
  const obstacle = obstacleOf(before, after);
  const hindered = <Row extends Tested>(row: Row): Row => ({ ...row, obstacle: obstacle ?? row.obstacle });
  const wanted = options.functions === null ? null : globPattern(options.functions);
  const functionRows = namesOf(before, after, ({ functions }) => functions)
    .filter(
      (name) => wanted === null || wanted.test(name) || options.gates.some((gate) => gate.name === name),
    )
    .map((name) => hindered(compareFunction(name, before, after, design, allowed)));
  const lockRows = namesOf(before, after, ({ locks }) => locks).map((name) =>
    hindered(compareLock(name, before, after, design, allowed)),
  );
  const functionVerdicts = judge(functionRows);
  const lockVerdicts = judge(lockRows);
  const functions = functionRows
    .map((row, i): FunctionComparison => {
      const { name, before, after, change } = row;
      const judged = functionVerdicts.judged[i]!;
      return {
        name,
        before,
        after,
        judgedBy: judged.judgedBy as 'median' | 'mean',
        change,
        ...evidence(judged),
      };
    })
    .sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1));
  const locks = lockRows
    .map((row, i): LockComparison => {
      const { name, kind, before, after, judgedBy, blockedBy, change } = row;
      return { name, kind, before, after, judgedBy, blockedBy, change, ...evidence(lockVerdicts.judged[i]!) };
    })
    .sort((a, b) => lockWeight(b) - lockWeight(a) || (a.name < b.name ? -1 : 1));
  return {
    schemaVersion: COMPARISON_SCHEMA_VERSION,
    tool,
    before: sideOf(before),
    after: sideOf(after),
    summary: summaryOf(functions, locks, Math.min(n, m), obstacle),
    warnings: comparisonWarnings(before, after, renamed),
    functions,
    locks,
    callTree: callTreeChanges(before, after),
    gates: options.gates.map((condition) => gate(condition, functions, locks)),
    method: method(after, design, allowance, functionVerdicts.tested, lockVerdicts.tested, options),
  };
}

function namesOf(
  before: Summary,
  after: Summary,
  of: (recording: Summary['recordings'][number]) => object,
): string[] {
  const names = [...before.recordings, ...after.recordings].flatMap((recording) =>
    Object.keys(of(recording)),
  );
  return [...new Set(names)].sort();
}

/** By how much two recordings of one kernel may differ; null where enough of them tell it themselves. */
function allowanceOf(before: Summary, after: Summary, { basis }: Design): ComparisonMethod['allowance'] {
  if (basis === 'between-recordings') return null;
  const recordings = [...before.recordings, ...after.recordings];
  const changes: number[] = [];
  for (const name of namesOf(before, after, ({ functions }) => functions)) {
    const found = recordings.map(({ functions }) =>
      Object.hasOwn(functions, name) ? functions[name]! : null,
    );
    const medians = found.flatMap((f) => (f?.p50Ns && f.count >= ENOUGH_CALLS ? [Math.log(f.p50Ns)] : []));
    if (medians.length === recordings.length) changes.push(Math.max(...medians) - Math.min(...medians));
  }
  if (changes.length < ENOUGH_FUNCTIONS) return { value: ASSUMED_ALLOWED, basis: 'assumed' };
  const measured = Math.expm1(ALLOWED_TIMES * median(changes));
  return measured > LEAST_ALLOWED
    ? { value: measured, basis: 'measured' }
    : { value: LEAST_ALLOWED, basis: 'assumed' };
}

function evidence({ judgedBy: _, ...rest }: Judged): Evidence {
  return rest;
}

function weight({ before, after }: FunctionComparison): number {
  return Math.max(before?.totalNs ?? 0, after?.totalNs ?? 0);
}

/** Waits outweigh holds. */
function lockWeight({ before, after }: LockComparison): number {
  const of = (part: 'wait' | 'hold') => Math.max(before?.[part]?.totalNs ?? 0, after?.[part]?.totalNs ?? 0);
  const wait = of('wait');
  return wait > 0 ? 1e15 + wait : of('hold');
}

function sideOf({ recordings }: Summary): ComparisonSide {
  return {
    recordings: recordings.map(
      ({
        inputs,
        kernelRelease,
        cpus,
        durationNs,
        lines,
        understoodLines,
        lostRecords,
        tracerNs,
        tracerShare,
      }) => ({
        inputs,
        kernelRelease,
        cpus,
        durationNs,
        lines,
        understoodLines,
        lostRecords,
        tracerNs,
        tracerShare,
      }),
    ),
  };
}

function summaryOf(
  functions: readonly FunctionComparison[],
  locks: readonly LockComparison[],
  fewest: number,
  obstacle: string | null,
): ComparisonSummary {
  const rows: readonly Evidence[] = [...functions, ...locks];
  const count = (verdict: Evidence['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const [faster, slower] = [count('faster'), count('slower')];
  const weightiest = functions.filter(({ canSee }) => canSee !== null).slice(0, WEIGHTIEST);
  const seen = weightiest.length > 0 ? median(weightiest.map(({ canSee }) => canSee!)) : null;
  const spreads = weightiest.flatMap(({ before, after }) =>
    [before?.spread, after?.spread].filter((spread) => typeof spread === 'number'),
  );
  const conclusive = faster + slower > 0 || (seen !== null && seen <= BLIND);
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const reasons: string[] = [];
  if (obstacle !== null) reasons.push(obstacle);
  else if (seen === null) reasons.push('no function has enough calls on both sides');
  else if (!conclusive)
    reasons.push(
      seen < 1
        ? `a change of less than ${percent(seen)} could not have been seen`
        : `a change by less than a factor of ${Number((seen + 1).toPrecision(2))} could not have been seen`,
    );
  if (spreads.length > 0 && median(spreads) > WILD_SPREAD)
    reasons.push(
      `recordings of one side differ by ${percent(median(spreads))} among themselves in their medians (half of the functions; up to ${percent(Math.max(...spreads))})`,
    );
  if (fewest < 3)
    reasons.push(
      `what recordings of one kernel differ by is ${fewest === 1 ? 'not known from one' : 'hardly known from two'} on a side: three or more of each would tell`,
    );
  return {
    faster,
    slower,
    noDifference: count('no-difference'),
    notComparable: count('not-comparable'),
    conclusive,
    reason: reasons.join('; '),
  };
}

function method(
  { filters, excluded }: Summary,
  { basis, draws }: Design,
  allowance: ComparisonMethod['allowance'],
  functionsTested: number,
  locksTested: number,
  options: CompareOptions,
): ComparisonMethod {
  const few = basis === 'few-recordings';
  const atLeast = 'of means and sums never less than blocks of calls within them say';
  const blocks = `blocks of calls that follow one another were drawn ${BLOCK_RESAMPLES} times within each recording, as long as neighbours are alike`;
  return {
    basis,
    interval: few
      ? `Intervals of 95 %: ${blocks}; widened on both sides by what two recordings of one kernel may differ by.`
      : draws.length > 0
        ? `Intervals of 95 %: recordings were drawn ${draws.length} times with replacement on each side, stretched for their small number; ${atLeast}.`
        : `Intervals of 95 %: Student's t over recordings, one scatter for both sides; ${atLeast}.`,
    test: few
      ? 'Tested: whether the change is beyond what two recordings of one kernel may differ by (t over blocks).'
      : `Tested: logarithms over recordings (t${draws.length > 0 ? ', Welch' : ''}), of median and mean (Bonferroni).`,
    correction:
      'Corrected for many rows as Benjamini and Hochberg do, functions and locks each at half of the level: where ' +
      'nothing differs, the chance of any faster or slower is 5 %.',
    significance: LEVEL,
    functionsTested,
    locksTested,
    allowance,
    filters: [filters, options.functions === null ? '' : `--function ${options.functions.join(',')}`]
      .filter(Boolean)
      .join(' '),
    excluded,
    quantileError: QUANTILE_ERROR,
    resamples: few ? BLOCK_RESAMPLES : draws.length,
  };
}
