import type { AnalysisResult } from '../analysis/result.ts';
import { countText } from './quantities.ts';
import { summarise } from './summary.ts';
import { eventLines } from './text/events.ts';
import { functionTable } from './text/functions.ts';
import { histogram } from './text/histogram.ts';
import { hitLines } from './text/hits.ts';
import { ascii, clip, WIDTH, wrap } from './text/layout.ts';
import { lockTable } from './text/locks.ts';
import { overheadLines } from './text/overhead.ts';
import { lockSpinLines, profileLines } from './text/profile.ts';
import { readingLines } from './text/reading.ts';
import { schedulingLines } from './text/scheduling.ts';
import { sideHistogramLines, sideTableLines } from './text/side.ts';
import { slowCalls } from './text/slow-calls.ts';

export interface TextOptions {
  /** Rows of the function and lock tables. */
  readonly entries: number;
  /** Slow calls shown for each function. */
  readonly slowest: number;
  /** Emphasis for headings; identity without colour. */
  readonly heading: (text: string) => string;
}

/** A line, or a heading that may be emphasised. */
type Line = string | { readonly heading: string };

/** The report as plain ASCII text of at most 72 columns. Parts about which the trace says nothing are left out. */
export function renderText(result: AnalysisResult, options: TextOptions): string {
  const section = (title: string, lines: readonly string[]): Line[] =>
    lines.length === 0 ? [] : ['', { heading: clip(title, WIDTH) }, ...lines];
  const { entries } = options;
  const fewer = Math.ceil(entries * 0.4);
  const subjects = result.tails.slice(0, 3);
  // Hits have their own table, with callers; functions that have nothing but hits say no more here.
  const onlyHits = result.functions.every((row) => row.totalNs === null) && result.hits.length > 0;
  const lines: Line[] = [
    ...summarise(result).flatMap((sentence) => wrap(sentence, '')),
    ...section('Functions, by total time', onlyHits ? [] : functionTable(result.functions, entries)),
    ...section('Functions, by hits of the function tracer', hitLines(result.hits, entries)),
    ...result.profile.flatMap((profile) => [
      ...section(
        `Profile of ${profile.event}: ${countText(profile.samples, 'sample')}`,
        profileLines(profile, entries),
      ),
      ...section(`Samples of ${profile.event} in lock slowpaths`, lockSpinLines(profile, fewer)),
    ]),
    ...section('Locks, by wait and hold', lockTable(result.locks, fewer)),
    ...section('Scheduling', schedulingLines(result.scheduling, entries)),
    ...subjects.flatMap((tail) => {
      const row = result.functions.find((f) => f.name === tail.function);
      return row && row.histogram.length > 0
        ? section(`${row.name}: ${countText(row.calls, 'call')}, duration in ns`, histogram(row.histogram))
        : [];
    }),
    ...subjects.flatMap((tail) =>
      section(`Slowest calls of ${tail.function}`, slowCalls(tail, options.slowest)),
    ),
    ...result.sideHistograms.flatMap((side) =>
      section(`${side.name || 'Values'}, as counted by another tool`, sideHistogramLines(side)),
    ),
    ...result.sideTables.flatMap((side) =>
      section(`${side.kind}, as printed`, sideTableLines(side, entries)),
    ),
    ...section('Events', eventLines(result.events, entries)),
    ...section('Tracing overhead (estimate)', overheadLines(result)),
    ...section('What this rests on', readingLines(result)),
  ];
  const text = (line: Line) =>
    typeof line === 'string' ? ascii(line.trimEnd()) : options.heading(ascii(line.heading));
  return `${lines.map(text).join('\n')}\n`;
}
