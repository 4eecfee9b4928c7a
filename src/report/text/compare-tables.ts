import type { FunctionComparison, LockComparison } from '../../analysis/compare/result.ts';
import { changeText, intervalText, judgedChange } from '../compare-summary.ts';
import { countText, durationText } from '../quantities.ts';
import { clip, WIDTH } from './layout.ts';

const NAME = 22;
const VERDICTS = {
  faster: 'FASTER',
  slower: 'SLOWER',
  'no-difference': 'none',
  'not-comparable': '?',
} as const;

/** Functions: the figure that the verdict is about on both sides, its change and interval. */
export function comparedFunctions(rows: readonly FunctionComparison[], entries: number): string[] {
  if (rows.length === 0) return [];
  const lines = [cells(['', 'before', 'after', 'change', '95 % interval', 'verdict'])];
  for (const row of rows.slice(0, entries)) {
    const { name, before, after, judgedBy, verdict } = row;
    const of = (side: typeof before) =>
      durationText((judgedBy === 'mean' ? side?.meanNs : side?.p50Ns) ?? null);
    const change = judgedChange(row);
    lines.push(
      ...named(judgedBy === 'mean' ? `${name} (mean)` : name, [
        of(before),
        of(after),
        changeText(change.value),
        intervalText(change),
        VERDICTS[verdict],
      ]),
    );
  }
  return [...lines, ...left(rows.length, entries, 'function')];
}

/** The same functions' other figures, and from what change on one would have been seen. */
export function otherFigures(rows: readonly FunctionComparison[], entries: number): string[] {
  const some = rows.filter(({ before, after }) => before !== null && after !== null);
  if (some.length === 0) return [];
  const line = (name: string, values: readonly string[]) =>
    name.length <= NAME
      ? `${name.padEnd(NAME)}${values.map((value) => value.padStart(10)).join('')}`
      : `${clip(name, WIDTH)}\n${' '.repeat(NAME)}${values.map((value) => value.padStart(10)).join('')}`;
  return [
    line('', ['p99', 'mean', 'total', 'calls', 'could see']),
    ...some
      .slice(0, entries)
      .flatMap(({ name, change, canSee }) =>
        line(name, [
          changeText(change.p99.value),
          changeText(change.mean.value),
          changeText(change.total.value),
          changeText(change.calls.value),
          canSee === null ? '-' : changeText(canSee),
        ]).split('\n'),
      ),
  ];
}

/** Locks: all waiting, or the median hold where nobody waited. */
export function comparedLocks(rows: readonly LockComparison[], entries: number): string[] {
  // Locks that interrupts took once or twice would fill the table.
  const waited = ({ before, after }: LockComparison) =>
    (before?.contended ?? 0) + (after?.contended ?? 0) > 0;
  const some = rows.filter((row) => row.verdict !== 'not-comparable' || waited(row));
  if (some.length === 0) return [];
  const lines = [cells(['', 'before', 'after', 'change', '95 % interval', 'verdict'])];
  for (const row of some.slice(0, entries)) {
    const { name, before, after, judgedBy, verdict } = row;
    const of = (side: typeof before) =>
      durationText(
        (judgedBy === 'wait' ? (side?.wait.totalNs ?? (side ? 0 : null)) : side?.hold?.p50Ns) ?? null,
      );
    const change = judgedChange(row);
    const figures = [
      of(before),
      of(after),
      changeText(change.value),
      intervalText(change),
      VERDICTS[verdict],
    ];
    lines.push(...named(`${name}, ${judgedBy === 'wait' ? 'waits' : 'hold'}`, figures));
  }
  return [...lines, ...left(some.length, entries, 'lock')];
}

/** A name that does not fit has a line of its own. */
function named(name: string, values: readonly string[]): string[] {
  return name.length <= NAME ? [cells([name, ...values])] : [clip(name, WIDTH), cells(['', ...values])];
}

function cells([name, before, after, change, interval, verdict]: readonly string[]): string {
  const numbers = `${before!.padStart(8)} ${after!.padStart(8)} ${change!.padStart(7)}`;
  return `${name!.padEnd(NAME)}${numbers} ${interval!.padStart(16)} ${verdict!}`;
}

function left(rows: number, entries: number, noun: string): string[] {
  return rows > entries ? [`... and ${countText(rows - entries, noun)} more (--entries, --json)`] : [];
}
