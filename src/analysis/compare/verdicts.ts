import { adjusted } from './correction.ts';
import { detectable, type Estimate, LEVEL } from './estimate.ts';
import type { Evidence, Verdict } from './result.ts';

/** Functions and locks are two tables: each may use half of the level. */
const TABLES = 2;

/** A row that waits for its verdict. */
export interface Tested {
  /** Estimates of the figures that a verdict may be about. */
  readonly candidates: Readonly<Record<string, Estimate | null>>;
  /** Why there can be no verdict; null when there can. */
  readonly obstacle: string | null;
  /** What limits a change that is shown. */
  readonly note: string;
  readonly rankPValue: number | null;
  readonly effectSize: number | null;
}

export interface Judged extends Evidence {
  /** The figure that the verdict is about; the first when none is shown. */
  readonly judgedBy: string;
}

/**
 * Verdicts for all rows of a table at once. Of a row's figures the one with the smallest p counts, times
 * their number (Bonferroni); rows are adjusted for one another as `correction.ts` says.
 */
export function judge(rows: readonly Tested[]): {
  readonly judged: readonly Judged[];
  readonly tested: number;
} {
  const bests = rows.map(({ candidates, obstacle }) => (obstacle === null ? best(candidates) : null));
  const tested = bests.filter((found) => found !== null);
  const adjustedP = adjusted(tested.map(({ pValue }) => pValue)).map((p) => Math.min(1, p * TABLES));
  const accepted = tested.filter((_, i) => adjustedP[i]! < LEVEL).map(({ pValue }) => pValue);
  // The p value that a row must have here: at least that of the least one of all.
  const level = Math.max(LEVEL / TABLES / Math.max(1, tested.length), ...accepted);
  let next = 0;
  const judged = rows.map((row, i): Judged => {
    const found = bests[i]!;
    const { rankPValue, effectSize } = row;
    if (found === null) {
      const reason = row.obstacle ?? 'too few calls to tell chance from a change';
      const [judgedBy] = Object.keys(row.candidates);
      return {
        judgedBy: judgedBy!,
        pValue: null,
        rawPValue: null,
        rankPValue,
        effectSize,
        canSee: null,
        verdict: 'not-comparable',
        reason,
      };
    }
    const pValue = adjustedP[next++]!;
    const shown = pValue < LEVEL;
    const verdict: Verdict = shown ? (found.estimate.change < 0 ? 'faster' : 'slower') : 'no-difference';
    const told = shown ? found : first(row.candidates);
    return {
      judgedBy: told.name,
      pValue,
      rawPValue: found.pValue,
      rankPValue,
      effectSize,
      canSee: detectable(told.estimate, level / Object.keys(row.candidates).length),
      verdict,
      reason: shown ? [contradiction(row.candidates, found), row.note].filter(Boolean).join('; ') : '',
    };
  });
  return { judged, tested: tested.length };
}

interface Candidate {
  readonly name: string;
  readonly estimate: Estimate;
}

function known(candidates: Tested['candidates']): Candidate[] {
  return Object.entries(candidates).flatMap(([name, estimate]) => (estimate ? [{ name, estimate }] : []));
}

function first(candidates: Tested['candidates']): Candidate {
  return known(candidates)[0]!;
}

function best(candidates: Tested['candidates']): (Candidate & { readonly pValue: number }) | null {
  const found = known(candidates);
  const [least] = [...found].sort((a, b) => a.estimate.pValue - b.estimate.pValue);
  return least ? { ...least, pValue: Math.min(1, least.estimate.pValue * found.length) } : null;
}

/** Median and mean may go in two directions: that is told. */
function contradiction(candidates: Tested['candidates'], shown: Candidate): string {
  const other = known(candidates).find(
    ({ name, estimate }) => name !== shown.name && estimate.change * shown.estimate.change < 0,
  );
  if (!other || other.estimate.pValue >= LEVEL) return '';
  return `the ${other.name} goes the other way`;
}
