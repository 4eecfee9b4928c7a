import type { AnalysisResult, FunctionRow, LockRow } from '../../analysis/result.ts';
import { bytesText, countText, durationText, shareText } from '../quantities.ts';
import { summarise } from '../summary.ts';
import { overheadLines } from '../text/overhead.ts';
import { readingLines } from '../text/reading.ts';
import { baseName } from './base-name.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';
import { histogramsSideBySide } from './histograms.ts';

/** An analysis for reviewers: what takes the time, how it is distributed, and who kept whom waiting. */
export function analysisDocument(result: AnalysisResult): ReviewDocument {
  return {
    title: `Where the time goes: ${namesOf(result)}`,
    words: [measured(result), ...summarise(result)],
    parts: [
      functions(result.functions),
      blockers(result.locks),
      ...distributions(result),
      locks(result.locks),
      hits(result),
      ...result.profile.map(profile),
    ].filter((part) => (part.kind === 'table' ? part.rows : part.lines).length > 0),
    method: method(result),
    details: [...overheadLines(result), ...readingLines(result)].map((line) => line.trim()),
    command: result.tool.command,
  };
}

function namesOf({ input: { files } }: AnalysisResult): string {
  const first = files[0]?.name ?? 'nothing';
  return files.length > 1 ? `${first} and ${files.length - 1} more` : first;
}

/** What was measured, on what. */
function measured({ input }: AnalysisResult): string {
  const kernel = input.kernelRelease === '' ? '' : ` of Linux ${input.kernelRelease}`;
  const where = [
    ...(input.cpus > 0 ? [countText(input.cpus, 'CPU')] : []),
    ...(input.tasks > 0 ? [countText(input.tasks, 'task')] : []),
    ...(input.durationNs === null ? [] : [durationText(input.durationNs)]),
  ];
  return `A ${input.format} recording${kernel}${where.length > 0 ? `, ${where.join(', ')}` : ''}.`;
}

function functions(rows: readonly FunctionRow[]): Table {
  const timed = rows.filter((row) => row.totalNs !== null);
  return {
    kind: 'table',
    title: 'Functions, by total time',
    columns: [text('function'), ...['calls', 'total', 'self', 'p50', 'p99', 'max'].map(number)],
    rows: timed.map((row) => [
      row.module === '' ? row.name : `${row.name} [${row.module}]`,
      String(row.calls),
      ...[row.totalNs, row.selfNs, row.p50Ns, row.p99Ns, row.maxNs].map(durationText),
    ]),
    note: '',
  };
}

/** Who blocked whom, the longest waiting first. */
function blockers(rows: readonly LockRow[]): Table {
  const pairs = rows
    .flatMap((lock) => lock.blockedBy.map((by) => ({ lock, by })))
    .sort((a, b) => b.by.waitNs - a.by.waitNs);
  return {
    kind: 'table',
    title: 'Who blocked whom',
    columns: [
      text('lock'),
      text('waiter'),
      text('holder'),
      text('its task'),
      number('waits'),
      number('wait'),
    ],
    rows: pairs.map(({ lock, by }) => [
      lock.lock,
      lock.namedBy === 'unknown' || lock.site === '' ? '-' : lock.site,
      by.function,
      by.task === '' ? '-' : by.task,
      String(by.waits),
      durationText(by.waitNs),
    ]),
    note: '',
  };
}

/** The functions that matter most, beside each other. */
function distributions({ tails, functions: rows }: AnalysisResult): Part[] {
  const series = tails.slice(0, 2).flatMap((tail) => {
    const row = rows.find(({ name }) => name === tail.function);
    return row && row.histogram.length > 0 ? [{ name: row.name, buckets: row.histogram }] : [];
  });
  if (series.length === 0) return [];
  return [{ kind: 'figure', title: 'Calls by duration in ns', lines: histogramsSideBySide(series) }];
}

function locks(rows: readonly LockRow[]): Table {
  return {
    kind: 'table',
    title: 'Locks, by wait and hold',
    columns: [
      text('lock'),
      text('taken in'),
      ...['taken', 'waited', 'wait', 'p99', 'hold', 'p99'].map(number),
    ],
    rows: rows.map((row) => [
      row.lock,
      row.site === '' ? '-' : row.site,
      row.acquisitionsKnown ? String(row.acquisitions) : '-',
      row.waitWitness === 'none' ? '-' : String(row.contended),
      ...(row.waitWitness === 'none' ? ['-', '-'] : [row.wait.totalNs, row.wait.p99Ns].map(durationText)),
      ...[row.hold?.totalNs ?? null, row.hold?.p99Ns ?? null].map(durationText),
    ]),
    note: '',
  };
}

function hits({ hits: rows, functions: all }: AnalysisResult): Table {
  const isAll = all.every((row) => row.totalNs === null);
  return {
    kind: 'table',
    title: 'Functions, by hits of the function tracer',
    columns: [text('function'), number('hits'), text('most from')],
    rows: isAll ? rows.map((row) => [row.name, String(row.calls), row.callers[0]?.name ?? '-']) : [],
    note: '',
  };
}

function profile({ event, samples, functions: rows }: AnalysisResult['profile'][number]): Table {
  return {
    kind: 'table',
    title: `Profile of ${event}, ${countText(samples, 'sample')}`,
    columns: [text('function'), number('self'), number('95 % from'), number('to')],
    rows: rows.map((row) => [
      row.name,
      shareText(row.selfShare),
      shareText(row.selfInterval.low),
      shareText(row.selfInterval.high),
    ]),
    note: '',
  };
}

function method({ input, method: m, overhead, tool }: AnalysisResult): string[] {
  const { insideNs, outsideNs, subtracted } = overhead;
  const cost =
    insideNs === null || outsideNs === null
      ? "the tracer's cost is not known"
      : `the tracer's cost, ~${durationText(insideNs + outsideNs)} a call, is ${subtracted ? 'taken out' : 'in them'}`;
  const filters = m.filters === '' ? '' : `; only ${m.filters}`;
  const share = input.lines === 0 ? 1 : input.understoodLines / input.lines;
  const lost = input.lostRecords === 0 ? 'no record lost' : `${input.lostRecords} records lost`;
  return [
    `Method: times as recorded, ${cost}${filters}.`,
    `Input: ${inputText(input)}; ${shareText(share)} understood, ${lost}; ${tool.name} ${tool.version}.`,
  ];
}

function inputText({ files, bytes }: AnalysisResult['input']): string {
  const [only] = files;
  if (files.length !== 1 || only === undefined)
    return `${countText(files.length, 'file')}, ${bytesText(bytes)}`;
  const sum = only.sha256 === '' ? '' : `, sha256 ${only.sha256.slice(0, 12)}`;
  return `${baseName(only.name)}${sum}`;
}
