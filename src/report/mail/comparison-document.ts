import type {
  Change,
  ComparisonResult,
  ComparisonSide,
  Evidence,
  FunctionComparison,
  LockComparison,
} from '../../analysis/compare/result.ts';
import { countText, durationText, shareText } from '../quantities.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';
import { histogramsSideBySide } from './histograms.ts';

/** A comparison for reviewers: what changed, how sure that is, and how the calls are distributed before and after. */
export function comparisonDocument(result: ComparisonResult, summary: readonly string[]): ReviewDocument {
  const { functions, locks, method, warnings, tool } = result;
  const parts: Part[] = [
    gateTable(result),
    functionTable(functions),
    ...distributions(functions),
    lockTable(locks),
    treeTable(result),
  ];
  return {
    title: 'Before and after',
    words: summary,
    parts: parts.filter((part) => (part.kind === 'table' ? part.rows : part.lines).length > 0),
    method: [
      `Method: ${method.interval} ${method.correction}`,
      `Input: before ${inputsText(result.before)}; after ${inputsText(result.after)}; ${tool.name} ${tool.version}.`,
    ],
    details: [
      method.test,
      ...warnings.map((warning) => `Warning: ${warning.text}`),
      ...functions.filter(({ reason }) => reason !== '').map(({ name, reason }) => `${name}: ${reason}`),
      ...[result.before, result.after].flatMap(({ recordings }) =>
        recordings.flatMap(({ inputs }) => inputs.map(({ name, sha256 }) => `${name}: sha256 ${sha256}`)),
      ),
    ],
    command: tool.command,
  };
}

function gateTable({ gates }: ComparisonResult): Table {
  return {
    kind: 'table',
    title: 'Conditions',
    columns: [text('condition'), text('status'), number('change'), number('95 %')],
    rows: gates.map(({ condition, status, change }) => [
      condition,
      status,
      changeText(change),
      rangeText(change),
    ]),
    note: '',
  };
}

function functionTable(rows: readonly FunctionComparison[]): Table {
  return {
    kind: 'table',
    title: 'Functions, by total time',
    columns: [text('function'), ...['before', 'after', 'change', '95 %'].map(number), text('verdict')],
    rows: rows.map((row) => {
      const isMedian = row.judgedBy === 'median';
      const figure = (side: FunctionComparison['before']) => (isMedian ? side?.p50Ns : side?.meanNs) ?? null;
      const change = isMedian ? row.change.median : row.change.mean;
      return [
        row.name,
        durationText(figure(row.before)),
        durationText(figure(row.after)),
        changeText(change),
        rangeText(change),
        verdictText(row),
      ];
    }),
    note:
      'before, after: the median, or the mean where that shows the change better. 95 %: interval of the change. ' +
      'none (4%): no difference seen, one of 4 % would have been; cannot tell: not even one of 100 %.',
  };
}

function lockTable(rows: readonly LockComparison[]): Table {
  return {
    kind: 'table',
    title: 'Locks, by wait',
    columns: [text('lock'), ...['waits', 'after', 'wait', 'after', 'change'].map(number), text('verdict')],
    rows: rows.map((row) => [
      row.name,
      ...[row.before, row.after].map((side) => (side ? String(Math.round(side.contended)) : '-')),
      ...[row.before, row.after].map((side) => durationText(side?.wait.totalNs ?? null)),
      changeText(row.change.total),
      verdictText(row),
    ]),
    note: '',
  };
}

/** The function whose change is shown best, else the one that takes most. */
function distributions(rows: readonly FunctionComparison[]): Part[] {
  const changed = rows.filter(({ verdict }) => verdict === 'faster' || verdict === 'slower');
  const row = changed[0] ?? rows[0];
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
  return canSee > 1 ? 'cannot tell' : `none (${percent(canSee)})`;
}

function changeText({ value }: Change): string {
  return value === null ? '-' : signed(value);
}

function rangeText({ lo, hi }: Change): string {
  return lo === null || hi === null ? '-' : `${signed(lo).slice(0, -1)}..${signed(hi)}`;
}

function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
}

function percent(share: number): string {
  return shareText(share).replace(' %', '%');
}

function inputsText({ recordings }: ComparisonSide): string {
  const [only] = recordings;
  if (recordings.length !== 1 || only === undefined) return countText(recordings.length, 'recording');
  return only.inputs.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 12)}`.trim()).join(', ');
}
