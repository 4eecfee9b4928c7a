import type { Change, ComparisonResult, Verdict } from '../../../analysis/compare/result.ts';
import { changeText as factorText, sizeText } from '../../compare-summary.ts';
import { Ids } from '../ids.ts';
import { type Exact, exact } from '../tables.ts';

/** Ids of the sections, in the order of the page. */
export const PLACES = {
  answer: 'answer',
  warnings: 'warnings',
  gates: 'gates',
  functions: 'functions',
  latency: 'latency',
  locks: 'locks',
  blockers: 'blockers',
  callTree: 'call-tree',
  trust: 'trust',
  method: 'method',
} as const;

/** Ids of one page. */
export function comparisonIds(): Ids {
  return new Ids([...Object.values(PLACES), 'content']);
}

/** Before and after keep their colours through the page. */
export const SIDES = [
  { key: 'before', slot: 1 },
  { key: 'after', slot: 2 },
] as const;

/** Colours of verdicts; each is also written beside the mark. */
export const VERDICT_SLOTS: Readonly<Record<Verdict, number | string>> = {
  faster: 3,
  slower: 2,
  'no-difference': 'd',
  'not-comparable': 'o',
};

/** `no difference seen (could have seen a change of 4.0 %)`. */
export function verdictText(row: { readonly verdict: Verdict; readonly canSee: number | null }): string {
  if (row.verdict !== 'no-difference') return row.verdict.replace('-', ' ');
  return `no difference seen${row.canSee === null ? '' : ` (could have seen ${sizeText(row.canSee)})`}`;
}

/** A relative change: `+12.3 %`, `+0.49 %`. */
export function percentText(change: number): string {
  const percent = change * 100;
  return `${change > 0 ? '+' : ''}${percent.toFixed(Math.abs(percent) < 9.995 ? 2 : 1)} %`;
}

/** A change with its interval: `+12.3 % (+8.00 % to +16.1 %)`, `x3.29 (-97.8 % to x1197)`. */
export function changeText({ value, lo, hi }: Change): string {
  if (value === null) return '-';
  return lo === null || hi === null
    ? sizeOfChange(value)
    : `${sizeOfChange(value)} (${sizeOfChange(lo)} to ${sizeOfChange(hi)})`;
}

/** Per cent, from three times as much on a factor: `+119501.2 %` says nothing. */
function sizeOfChange(change: number): string {
  return change < 2 ? percentText(change) : factorText(change);
}

/** One end or the value of a change as a cell. */
export function changeCell(change: number | null): Exact {
  return exact(change === null ? '-' : percentText(change), change);
}

/** Both sides by their inputs: without folders where that tells them apart. */
export function sideNames({ before, after }: ComparisonResult): string {
  const [short, long] = [true, false].map((isShort) =>
    [before, after].map((side) => sideName(side, isShort)),
  ) as [string[], string[]];
  return (short[0] === short[1] ? long : short).join(' \u2192 ');
}

/** Names of a side's inputs, shortened where there are many. */
function sideName({ recordings }: ComparisonResult['before'], isShort: boolean): string {
  const names = recordings.map(({ inputs }) =>
    inputs.map(({ name }) => (isShort ? name.replace(/^.*\/(?=[^/])/, '') : name)).join(' and '),
  );
  return names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(', ');
}
