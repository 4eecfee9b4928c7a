import { changeOf, meanOf, NO_CHANGE_KNOWN } from './changes.ts';
import { compareBlockers } from './compare-blockers.ts';
import { countsOf } from './compare-functions.ts';
import { type Design, type Estimate, estimate } from './estimate.ts';
import { effectSize, rankTest } from './ranks.ts';
import type { LockComparison, LockSide } from './result.ts';
import { amounts, durations, type Figures, sideDurations } from './sides.ts';
import type { DurationFigures, LockFigures, Summary } from './summary.ts';
import type { Tested } from './verdicts.ts';

/** Waits on a side, on average, from which on waiting is judged instead of holding. */
const ENOUGH_WAITS = 10;
const ENOUGH_HOLDS = 20;
const ENOUGH_FOR_P99 = 100;
/**
 * All waiting for a lock differs more from recording to recording than durations do: with one recording a
 * side it is taken to by a factor of two (assumed; three boots of one kernel had 0.9 to 1.9 times their middle).
 */
const WAITS_DIFFER = Math.log(2);

type Changes = LockComparison['change'];

/** One lock before it is judged together with all others. */
export interface LockRow extends Tested {
  readonly name: string;
  readonly kind: string;
  readonly before: LockSide | null;
  readonly after: LockSide | null;
  readonly judgedBy: 'wait' | 'hold';
  readonly blockedBy: LockComparison['blockedBy'];
  readonly change: Changes;
}

/** One lock's figures on both sides, over all functions that take it. */
export function compareLock(
  name: string,
  before: Summary,
  after: Summary,
  design: Design,
  allowance: number,
): LockRow {
  const [of, to] = [figuresOf(before, name), figuresOf(after, name)];
  const waitCounts = [before, after].map(({ histograms }) => countsOf(histograms.waits, name));
  const holdCounts = [before, after].map(({ histograms }) => countsOf(histograms.holds, name));
  const sides = [of, to].map((figures, i) => lockSide(figures, waitCounts[i]!, holdCounts[i]!));
  const [one, other] = sides as [LockSide | null, LockSide | null];
  const [a, b] = [present(of), present(to)];
  const whole = a.length === of.length && b.length === to.length;
  const both = (
    figures: (side: readonly LockFigures[]) => Figures,
    differ: number = allowance,
  ): Estimate | null => {
    const [left, right] = [figures(a), figures(b)];
    return whole && left && right ? estimate(left, right, design, differ) : null;
  };
  const oneWait = meanWait([...a, ...b]);
  const waits =
    oneWait === null ? null : both((side) => waitTotals(side, oneWait), Math.max(allowance, WAITS_DIFFER));
  const quantiles = (
    part: (f: LockFigures) => DurationFigures | null,
    quantile: 'p50' | 'p99',
    fewest: number,
  ): Estimate | null =>
    [...a, ...b].every((f) => (part(f)?.count ?? 0) >= fewest)
      ? both((side) =>
          durations(
            side,
            (f) => part(f)![`${quantile}Ns`],
            (f) => part(f)!.noise[quantile],
            quantile === 'p99',
          ),
        )
      : null;
  const wait = (f: LockFigures) => f.wait;
  const hold = (f: LockFigures) => f.hold;
  const holdMedian = quantiles(hold, 'p50', ENOUGH_HOLDS);
  const holds = both((side) =>
    amounts(
      side,
      (f) => f.hold?.totalNs ?? 0,
      (f) => f.hold?.noise.mean ?? null,
    ),
  );
  const hasP99 = (part: (f: LockFigures) => DurationFigures | null) =>
    [...a, ...b].every((f) => (part(f)?.count ?? 0) >= ENOUGH_FOR_P99);
  const waited = (of: (side: LockSide['wait']) => number | null, found: Estimate | null) =>
    changeOf(one ? of(one.wait) : null, other ? of(other.wait) : null, found);
  const held = (of: (side: LockSide['wait']) => number | null, found: Estimate | null) =>
    changeOf(one?.hold ? of(one.hold) : null, other?.hold ? of(other.hold) : null, found);
  const counted = (of: (f: LockFigures) => number) =>
    changeOf(
      meanOf(a, of),
      meanOf(b, of),
      both((side) => amounts(side, of, () => null)),
    );
  const change: Changes = {
    median: waited((w) => w.p50Ns, quantiles(wait, 'p50', ENOUGH_WAITS)),
    p99: hasP99(wait) ? waited((w) => w.p99Ns, quantiles(wait, 'p99', ENOUGH_FOR_P99)) : NO_CHANGE_KNOWN,
    total: waited((w) => w.totalNs ?? 0, waits),
    hold: {
      median: held((h) => h.p50Ns, holdMedian),
      p99: hasP99(hold) ? held((h) => h.p99Ns, quantiles(hold, 'p99', ENOUGH_FOR_P99)) : NO_CHANGE_KNOWN,
      total: held((h) => h.totalNs, holds),
    },
    acquisitions: counted((f) => f.acquisitions),
    contended: counted((f) => f.contended),
  };
  const most = Math.max(one?.contended ?? 0, other?.contended ?? 0);
  const judgedBy = most >= ENOUGH_WAITS ? 'wait' : 'hold';
  const counts = judgedBy === 'wait' ? waitCounts : holdCounts;
  return {
    name,
    kind: (a[0] ?? b[0])!.kind,
    before: one,
    after: other,
    judgedBy,
    blockedBy: compareBlockers(name, before, after),
    change,
    candidates: judgedBy === 'wait' ? { wait: waits } : { hold: holdMedian },
    obstacle:
      whyNot(a, of.length, b, to.length) ??
      (judgedBy === 'wait'
        ? (unseenWaits(before, one) ?? unseenWaits(after, other))
        : otherHolds(one, other)),
    note: '',
    rankPValue:
      a.length > 0 && b.length > 0 && judgedBy === 'wait'
        ? rankTest(
            a.map((f) => f.wait.totalNs),
            b.map((f) => f.wait.totalNs),
          )
        : null,
    effectSize: effectSize(counts[0]!, counts[1]!),
  };
}

function figuresOf(summary: Summary, name: string): readonly (LockFigures | null)[] {
  return summary.recordings.map(({ locks }) => (Object.hasOwn(locks, name) ? locks[name]! : null));
}

function present(figures: readonly (LockFigures | null)[]): readonly LockFigures[] {
  return figures.filter((found) => found !== null);
}

/** From so much more or fewer holds on, one of them is no longer the same piece of work. */
const OTHER_HOLDS = 1.5;

/** Holds that were joined or divided: one for a batch of pages where there was one for each. */
function otherHolds(before: LockSide | null, after: LockSide | null): string | null {
  const [from, to] = [before?.hold, after?.hold];
  if (!from || !to || from.totalNs === null || to.totalNs === null) return null;
  const ratio = to.calls / from.calls;
  if (ratio < OTHER_HOLDS && ratio > 1 / OTHER_HOLDS) return null;
  const inAll = 100 * (to.totalNs / from.totalNs - 1);
  return `taken x${ratio.toPrecision(2)} as often: a hold is other work; held in all ${inAll < 0 ? '' : '+'}${inAll.toFixed(1)} %`;
}

/** The mean wait of both sides, ns: added to what a recording waited, so that none at all has a logarithm; null without waits. */
function meanWait(figures: readonly LockFigures[]): number | null {
  const count = figures.reduce((sum, { wait }) => sum + wait.count, 0);
  const totalNs = figures.reduce((sum, { wait }) => sum + wait.totalNs, 0);
  return count > 0 ? Math.max(1, totalNs / count) : null;
}

/** All waiting of each recording; by chance within one, waits come and go like independent ones at least. */
function waitTotals(side: readonly LockFigures[], oneWaitNs: number): Figures {
  return amounts(
    side,
    ({ wait }) => wait.totalNs + oneWaitNs,
    ({ wait }) => Math.hypot(wait.noise.mean ?? 1, 1 / Math.sqrt(Math.max(1, wait.count))),
  );
}

function lockSide(
  figures: readonly (LockFigures | null)[],
  waits: Parameters<typeof sideDurations>[1],
  holds: Parameters<typeof sideDurations>[1],
): LockSide | null {
  const found = present(figures);
  if (found.length === 0) return null;
  const waitedAt = new Map<string, number>();
  for (const { sites } of found) {
    for (const [site, ns] of Object.entries(sites)) waitedAt.set(site, (waitedAt.get(site) ?? 0) + ns);
  }
  const held = figures.map((f) => f?.hold ?? null);
  return {
    recordings: found.length,
    acquisitions: meanOf(found, (f) => f.acquisitions)!,
    contended: meanOf(found, (f) => f.contended)!,
    wait: sideDurations(
      figures.map((f) => f?.wait ?? null),
      waits,
    ),
    hold: held.some((hold) => hold !== null) ? sideDurations(held, holds) : null,
    sites: [...waitedAt].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([site]) => site),
  };
}

function whyNot(
  a: readonly LockFigures[],
  before: number,
  b: readonly LockFigures[],
  after: number,
): string | null {
  if (a.length === 0) return 'not in the recordings before: not taken, or not traced';
  if (b.length === 0) return 'not in the recordings after: not taken, or not traced';
  if (a.length < before) return `in ${a.length} of ${before} recordings before`;
  if (b.length < after) return `in ${b.length} of ${after} recordings after`;
  return null;
}

/** A side without any wait for any lock may only lack what shows waits: slowpath functions or contention events. */
function unseenWaits({ recordings }: Summary, side: LockSide | null): string | null {
  if (side === null || side.contended > 0) return null;
  const any = recordings.some(({ locks }) => Object.values(locks).some(({ contended }) => contended > 0));
  return any ? null : 'one side shows no wait for any lock: there was none, or slowpaths were not traced';
}
