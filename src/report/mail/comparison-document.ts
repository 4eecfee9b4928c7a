import type {
  ComparisonMethod,
  ComparisonResult,
  ComparisonSide,
  Evidence,
  FunctionComparison,
  LockComparison,
} from '../../analysis/compare/result.ts';
import { changeText, intervalText, judgedChange } from '../compare-summary.ts';
import { countText, durationText } from '../quantities.ts';
import { trustLines } from '../text/trust.ts';
import { trustOfComparison } from '../trust/comparison.ts';
import { baseName } from './base-name.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';
import { histogramsSideBySide } from './histograms.ts';

/** A comparison for reviewers: what changed, how sure that is, how calls are distributed, and who blocked whom. */
export function comparisonDocument(result: ComparisonResult, summary: readonly string[]): ReviewDocument {
  const { method, tool } = result;
  const functions = [...result.functions].sort((a, b) => rank(a) - rank(b));
  const locks = [...result.locks].sort((a, b) => lockRank(a) - lockRank(b));
  const parts: Part[] = [
    gateTable(result),
    functionTable(functions),
    ...distributions(functions),
    blockerTable(result.locks),
    lockTable(locks),
    treeTable(result),
  ];
  return {
    title: 'Before and after',
    words: [...summary, ...care(result)],
    parts: parts.filter((part) => (part.kind === 'table' ? part.rows : part.lines).length > 0),
    method: [
      methodText(method),
      `Input: before ${inputsText(result.before)}; after ${inputsText(result.after)}; ${lostText(result)}; ${tool.name} ${tool.version}.`,
    ],
    details: [
      method.interval,
      method.test,
      method.correction,
      ...result.warnings.map((warning) => `Warning: ${warning.text}`),
      ...result.functions
        .filter(({ reason }) => reason !== '')
        .map(({ name, reason }) => `${name}: ${reason}`),
      ...[result.before, result.after].flatMap(({ recordings }) =>
        recordings.flatMap(({ inputs }) => inputs.map(({ name, sha256 }) => `${name}: sha256 ${sha256}`)),
      ),
      ...trustLines(trustOfComparison(result)).map((line) => line.trim()),
    ],
    command: tool.command,
  };
}

/** What changed first, what cannot be compared last. */
function rank({ verdict }: Evidence): number {
  return verdict === 'not-comparable' ? 2 : verdict === 'no-difference' ? 1 : 0;
}

/** Waiting is worth a look also where no verdict is possible. */
function lockRank(row: LockComparison): number {
  return (row.before?.contended ?? 0) + (row.after?.contended ?? 0) > 0 ? Math.min(1, rank(row)) : rank(row);
}

/** The first warning that says more than how things are, and how many there are. */
function care({ warnings }: ComparisonResult): string[] {
  const grave = warnings.filter(({ severity }) => severity !== 'info');
  const [first] = grave;
  if (first === undefined) return [];
  const more = grave.length > 1 ? ` (and ${countText(grave.length - 1, 'more warning')})` : '';
  return [`Take care: ${first.text.replace(/\.$/, '')}${more}.`];
}

/** At most two lines; `--full` has the sentences whole. */
function methodText({ basis, resamples }: ComparisonMethod): string {
  const how =
    basis === 'few-recordings'
      ? `blocks of calls drawn ${resamples} times in each recording, 95 % intervals widened by what boots differ by`
      : resamples > 0
        ? `recordings drawn ${resamples} times on each side, 95 % intervals stretched for small numbers, Welch's t`
        : "Student's t over recordings, 95 % intervals never narrower than blocks of calls say";
  return `Method: ${how}; rows: Benjamini-Hochberg.`;
}

function gateTable({ gates }: ComparisonResult): Table {
  return {
    kind: 'table',
    title: 'Conditions',
    columns: [text('condition'), text('status'), number('change'), number('95 %')],
    rows: gates.map(({ condition, status, change }) => [
      condition,
      status,
      changeText(change.value),
      intervalText(change) || '-',
    ]),
    note: '',
  };
}

function functionTable(rows: readonly FunctionComparison[]): Table {
  return {
    kind: 'table',
    title: 'Functions, what changed first, then by total time',
    columns: [text('function'), ...['before', 'after', 'change', '95 %'].map(number), text('verdict')],
    rows: rows.map((row) => {
      const isMedian = row.judgedBy === 'median';
      const figure = (side: FunctionComparison['before']) => (isMedian ? side?.p50Ns : side?.meanNs) ?? null;
      const change = judgedChange(row);
      return [
        row.name,
        durationText(figure(row.before)),
        durationText(figure(row.after)),
        changeText(change.value),
        intervalText(change) || '-',
        verdictText(row),
      ];
    }),
    note:
      'before, after: the median, or the mean where that shows more. none (4%): ' +
      'one of 4 % would have been seen; cannot tell: not even 100 %.',
  };
}

/** Who blocked whom in a recording on average, the longest waiting of either side first. */
function blockerTable(locks: readonly LockComparison[]): Table {
  const pairs = locks
    .flatMap((lock) => lock.blockedBy.map((by) => ({ lock, by })))
    .map((pair) => ({ ...pair, ns: Math.max(pair.by.before?.waitNs ?? 0, pair.by.after?.waitNs ?? 0) }))
    .sort((a, b) => b.ns - a.ns);
  return {
    kind: 'table',
    title: 'Who blocked whom, in a recording on average',
    columns: [...['lock', 'waiter', 'holder'].map(text), ...['waits', 'after', 'wait', 'after'].map(number)],
    rows: pairs.map(({ lock, by: { waiter, holder, before, after } }) => [
      lock.name,
      waiter || '-',
      holder,
      ...[before, after].map((side) => (side ? String(Number(side.waits.toFixed(1))) : '-')),
      ...[before, after].map((side) => durationText(side?.waitNs ?? null)),
    ]),
    note: '',
  };
}

function lockTable(rows: readonly LockComparison[]): Table {
  const figure = (row: LockComparison, side: LockComparison['before']) =>
    side === null ? null : row.judgedBy === 'wait' ? (side.wait.totalNs ?? 0) : (side.hold?.p50Ns ?? null);
  return {
    kind: 'table',
    title: 'Locks: all waiting, or the median hold',
    columns: [text('lock'), text('of'), ...['before', 'after', 'change'].map(number), text('verdict')],
    rows: rows.map((row) => [
      row.name,
      row.judgedBy,
      ...[row.before, row.after].map((side) => durationText(figure(row, side))),
      changeText(judgedChange(row).value),
      verdictText(row),
    ]),
    note: '',
  };
}

/** The function that changed and takes most, else the one that takes most of those on both sides. */
function distributions(rows: readonly FunctionComparison[]): Part[] {
  const row = rows.find(({ before, after }) => before?.histogram.length && after?.histogram.length);
  if (!row?.before || !row.after) return [];
  const lines = histogramsSideBySide([
    { name: 'before', buckets: row.before.histogram },
    { name: 'after', buckets: row.after.histogram },
  ]);
  return lines.length === 0
    ? []
    : [{ kind: 'figure', title: `Calls of ${row.name} by duration in ns`, lines }];
}

/** Paths whose own time changed most. */
function treeTable({ callTree }: ComparisonResult): Table {
  const path = (index: number): string => {
    const { name, parent } = callTree[index]!;
    return parent < 0 ? name : `${path(parent)} > ${name}`;
  };
  const rows = callTree
    .map((node, index) => ({ node, index, change: Math.abs(node.afterSelfNs - node.beforeSelfNs) }))
    .filter(({ change }) => change > 0)
    .sort((a, b) => b.change - a.change);
  return {
    kind: 'table',
    title: 'Self time by path, each recording on average',
    columns: [text('path'), number('before'), number('after')],
    rows: rows.map(({ node, index }) => [
      path(index),
      durationText(node.beforeSelfNs),
      durationText(node.afterSelfNs),
    ]),
    note: '',
  };
}

function verdictText({ verdict, canSee }: Evidence): string {
  if (verdict === 'not-comparable') return 'not comparable';
  if (verdict !== 'no-difference') return verdict;
  if (canSee === null) return 'none';
  return canSee > 1 ? 'cannot tell' : `none (${Number((canSee * 100).toPrecision(2))}%)`;
}

function lostText({ before, after }: ComparisonResult): string {
  const lost = [...before.recordings, ...after.recordings].reduce((sum, one) => sum + one.lostRecords, 0);
  return lost === 0 ? 'no record lost' : `${countText(lost, 'record')} lost`;
}

function inputsText({ recordings }: ComparisonSide): string {
  const [only] = recordings;
  if (recordings.length !== 1 || only === undefined) return countText(recordings.length, 'recording');
  return only.inputs.map(({ name, sha256 }) => `${baseName(name)} ${sha256.slice(0, 12)}`.trim()).join(', ');
}
