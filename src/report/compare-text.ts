import type { ComparisonResult } from '../analysis/compare/result.ts';
import { changeText, comparisonSentences, intervalText } from './compare-summary.ts';
import { durationText } from './quantities.ts';
import { comparedFunctions, comparedLocks, otherFigures } from './text/compare-tables.ts';
import { treeChanges } from './text/compare-tree.ts';
import { ascii, clip, WIDTH, wrap } from './text/layout.ts';

const STATES = {
  passed: 'passed',
  failed: 'FAILED',
  'not-shown': 'not shown',
  'no-data': 'no data',
} as const;

/**
 * A comparison as plain ASCII text of at most 72 columns.
 * @param entries Rows of the tables.
 */
export function renderComparisonText(result: ComparisonResult, entries: number): string {
  const { functions, locks, callTree, gates, warnings } = result;
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', title, ...lines];
  const fewer = Math.ceil(entries * 0.5);
  const reasons = [...functions.slice(0, entries), ...locks.slice(0, fewer)].filter(
    ({ reason }) => reason !== '',
  );
  const lines = [
    ...comparisonSentences(result).flatMap((sentence) => wrap(sentence, '')),
    ...section(
      'Conditions (--fail-if)',
      gates.flatMap(({ condition, status, change, text }) =>
        wrap(
          `${STATES[status]}: ${condition} (${changeText(change.value)}, 95 %: ${intervalText(change) || '-'}); ${text}`,
          '  ',
          '- ',
        ),
      ),
    ),
    ...section(
      'Take care',
      warnings.flatMap(({ severity, text }) => wrap(`${severity}: ${text}`, '  ', '- ')),
    ),
    ...section('Functions: median of a call', comparedFunctions(functions, entries)),
    ...section('Functions: changes of other figures', otherFigures(functions, fewer)),
    ...section('Locks: all waiting, or the median hold', comparedLocks(locks, fewer)),
    ...section('Call tree: own time in a recording, where it changed most', treeChanges(callTree, fewer)),
    ...section(
      'Remarks on rows',
      reasons.slice(0, fewer).flatMap(({ name, reason }) => wrap(`${name}: ${reason}`, '  ', '- ')),
    ),
    ...section('How sure', methodLines(result)),
    ...section('What was read', inputLines(result)),
  ];
  return `${lines.map((line) => ascii(line.trimEnd())).join('\n')}\n`;
}

function methodLines({ method }: ComparisonResult): string[] {
  const { interval, test, correction, allowance, functionsTested, locksTested, filters, excluded } = method;
  const sentences = [
    `Interval, ${interval}.`,
    `Verdict: ${test}; ${functionsTested} functions and ${locksTested} locks tested. ${correction}.`,
    'A function is judged by its median and its mean, a lock by all waiting, or by its median hold when there were hardly any waits.',
  ];
  if (allowance !== null)
    sentences.push(
      `Two recordings of one kernel are taken to differ by up to ${changeText(allowance.value)} (${allowance.basis}); all waiting for a lock by a factor of two (assumed).`,
    );
  if (filters !== '') sentences.push(`Only: ${filters}.`);
  if (excluded.length > 0) sentences.push(`Taken out of durations: ${excluded.join(', ')}.`);
  return sentences.flatMap((sentence) => wrap(sentence, ''));
}

function inputLines({ before, after }: ComparisonResult): string[] {
  return [
    ['before', before],
    ['after', after],
  ].flatMap(([name, side]) =>
    (side as ComparisonResult['before']).recordings.flatMap(
      ({ inputs, durationNs, cpus, lines, understoodLines }) => [
        clip(`${name}: ${inputs.map((input) => input.name).join(', ')}`, WIDTH),
        clip(
          `  ${lines} lines (${lines - understoodLines} not understood), ${cpus} CPUs, ${durationText(durationNs)}`,
          WIDTH,
        ),
      ],
    ),
  );
}
