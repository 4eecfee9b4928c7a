import type {
  AnalysisResult,
  FunctionRow,
  HeldRow,
  HistogramBucket,
  LockRow,
  OverheadSummary,
  SlowCall,
  TailRow,
} from '../analysis/result.ts';
import {
  borderText,
  bytesText,
  countText,
  durationText,
  exactDurationText,
  shareText,
} from './quantities.ts';
import { differenceSentence, summarise } from './summary.ts';

/** Lines fit a mail: two levels of `> ` still leave them within 80. */
const WIDTH = 72;

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

/** The report as plain ASCII text of at most 72 columns. */
export function renderText(result: AnalysisResult, options: TextOptions): string {
  const section = (title: string, lines: readonly string[]): Line[] =>
    lines.length === 0 ? [] : ['', { heading: clip(title, WIDTH) }, ...lines];
  const subjects = result.tails.slice(0, 3);
  const lines: Line[] = [
    ...summarise(result).flatMap((sentence) => wrap(sentence, '')),
    ...section('Functions, by total time', functionTable(result.functions, options.entries)),
    ...section('Locks, by wait and hold', lockTable(result.locks, Math.ceil(options.entries * 0.4))),
    ...subjects.flatMap((tail) => {
      const row = result.functions.find((f) => f.name === tail.function);
      return row && row.histogram.length > 0
        ? section(`${row.name}: ${countText(row.calls, 'call')}, duration in ns`, histogram(row.histogram))
        : [];
    }),
    ...subjects.flatMap((tail) =>
      section(`Slowest calls of ${tail.function}`, slowCalls(tail, options.slowest)),
    ),
    ...section('Tracing overhead (estimate)', overhead(result.overhead)),
    ...section('What was read', reading(result)),
  ];
  const text = (line: Line) =>
    typeof line === 'string' ? ascii(line.trimEnd()) : options.heading(ascii(line.heading));
  return `${lines.map(text).join('\n')}\n`;
}

// ---------------------------------------------------------------- tables

const NUMBER_WIDTH = 8;
const CALLS_WIDTH = 7;

function functionTable(rows: readonly FunctionRow[], entries: number): string[] {
  if (rows.length === 0) return [];
  const cells = (values: readonly string[]) =>
    values.map((value, i) => value.padStart(i === 0 ? CALLS_WIDTH : NUMBER_WIDTH)).join('');
  const lines = [`${cells(['calls', 'total', 'self', 'p50', 'p99', 'max'])}  function`];
  const room = WIDTH - CALLS_WIDTH - 5 * NUMBER_WIDTH - 2;
  for (const row of rows.slice(0, entries)) {
    const values = [row.totalNs, row.selfNs, row.p50Ns, row.p99Ns, row.maxNs].map(durationText);
    const numbers = cells([String(row.calls), ...values]);
    const name = row.module === '' ? row.name : `${row.name} [${row.module}]`;
    if (name.length <= room) lines.push(`${numbers}  ${name}`);
    else lines.push(numbers, `${' '.repeat(Math.max(0, WIDTH - name.length))}${clip(name, WIDTH)}`);
  }
  if (rows.length > entries)
    lines.push(`... and ${countText(rows.length - entries, 'function')} more (--entries, --json)`);
  return lines;
}

function lockTable(rows: readonly LockRow[], entries: number): string[] {
  const lines = rows.slice(0, entries).flatMap((row, i) => [...(i > 0 ? [''] : []), ...lockLines(row)]);
  if (rows.length > entries) lines.push('', `... and ${rows.length - entries} more (--entries, --json)`);
  return lines;
}

function lockLines(row: LockRow): string[] {
  const instances = row.instances > 1 ? `, ${row.instances} instances` : '';
  const place = row.namedBy === 'unknown' ? '' : `  in ${row.site}`;
  const lines = [clip(`${row.lock}${place}  (${row.kind}${instances})`, WIDTH)];
  const contended = row.acquisitions > 0 ? ` (${shareText(row.contended / row.acquisitions)})` : '';
  if (row.waitWitness === 'none') {
    const { acquire } = row;
    lines.push(
      ...wrap(
        `taken ${row.acquisitions}; no wait seen; lock call p50 ${durationText(acquire.p50Ns)} ` +
          `p99 ${durationText(acquire.p99Ns)} max ${durationText(acquire.maxNs)}`,
        '  ',
      ),
    );
  } else {
    const { wait } = row;
    const share = row.waitShareOfSite === null ? '' : `, ${shareText(row.waitShareOfSite)} of ${row.site}`;
    const witness = row.waitWitness === 'slowpath' ? '' : ' (by contention events)';
    lines.push(
      ...wrap(`taken ${row.acquisitions}, waited ${row.contended}${contended}${witness}${share}`, '  '),
      ...wrap(
        `wait  ${durationText(wait.totalNs)} total, mean ${durationText(wait.meanNs)} p50 ${durationText(wait.p50Ns)} ` +
          `p99 ${durationText(wait.p99Ns)} max ${durationText(wait.maxNs)}`,
        '  ',
      ),
    );
  }
  if (row.hold) {
    const basis = row.holdBasis === 'calls' ? ' (at least: sum of the calls seen)' : '';
    lines.push(
      ...wrap(
        `hold  ${durationText(row.hold.totalNs)} total, mean ${durationText(row.hold.meanNs)} p50 ${durationText(row.hold.p50Ns)} ` +
          `p99 ${durationText(row.hold.p99Ns)} max ${durationText(row.hold.maxNs)}${basis}`,
        '  ',
      ),
    );
  } else {
    const why =
      row.acquire.count === 0 ? 'this text has no durations' : 'no unlock in the trace goes with it';
    lines.push(`  hold  not known: ${why}`);
  }
  if (row.calledWhileHeld.length > 0) lines.push(...wrap(`under it: ${heldText(row.calledWhileHeld)}`, '  '));
  if (row.lockedWhileHeld.length > 0) {
    lines.push(...wrap(`locks taken under it: ${heldText(row.lockedWhileHeld)}`, '  '));
  }
  if (row.blockedBy.length > 0) {
    lines.push(`  blocked by (the trace explains ${shareText(row.blockedByCoverage)} of the wait):`);
    for (const b of row.blockedBy.slice(0, 5)) {
      const who = b.task === '' ? b.function : `${b.function}  ${b.task}  CPU ${b.cpu < 0 ? '?' : b.cpu}`;
      lines.push(
        clip(`    ${durationText(b.waitNs).padStart(8)} in ${countText(b.waits, 'wait')}  ${who}`, WIDTH),
      );
    }
    if (row.blockedBy.length > 5) lines.push(`    ... and ${row.blockedBy.length - 5} more (--json)`);
  }
  return lines;
}

function heldText(rows: readonly HeldRow[]): string {
  const text = (row: HeldRow) =>
    `${row.name} ${row.calls}x${row.totalNs > 0 ? ` ${durationText(row.totalNs)}` : ''}`;
  return rows.slice(0, 4).map(text).join(', ');
}

// ---------------------------------------------------------------- histograms

const BAR = 40;

/** Powers of two in `[lo, hi)` form with bars, as bpftrace prints them. */
function histogram(buckets: readonly HistogramBucket[]): string[] {
  const byOctave = new Map<number, number>();
  for (const { loNs, count } of buckets) {
    const octave = loNs < 1 ? 0 : Math.floor(Math.log2(loNs)) + 1;
    byOctave.set(octave, (byOctave.get(octave) ?? 0) + count);
  }
  const octaves = [...byOctave.keys()];
  const most = Math.max(...byOctave.values());
  const lines: string[] = [];
  for (let octave = Math.min(...octaves); octave <= Math.max(...octaves); octave++) {
    const count = byOctave.get(octave) ?? 0;
    const lo = borderText(octave === 0 ? 0 : 2 ** (octave - 1));
    const range = `[${lo}, ${borderText(2 ** octave)})`.padEnd(16);
    const bar = '@'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * BAR)));
    lines.push(`${range}${String(count).padStart(9)} |${bar.padEnd(BAR)}|`);
  }
  return lines;
}

// ---------------------------------------------------------------- slow calls

function slowCalls(tail: TailRow, slowest: number): string[] {
  const lines: string[] = [];
  if (tail.difference.length > 0) {
    lines.push(...wrap(differenceSentence(tail), ''));
    lines.push(`  ${'typical'.padStart(9)}${'slow'.padStart(10)}${'share'.padStart(9)}  part`);
    for (const part of tail.difference.slice(0, 5)) {
      lines.push(
        clip(
          `  ${durationText(part.typicalNs).padStart(9)}${durationText(part.slowNs).padStart(10)}` +
            `${shareText(part.share).padStart(9)}  ${part.name}`,
          WIDTH,
        ),
      );
    }
    lines.push(
      ...wrap(
        `(means of ${countText(tail.typicalCalls, 'call')} between the quartiles and of ` +
          `${countText(tail.slowCalls, 'call')} from the 99th percentile)`,
        '  ',
      ),
    );
  }
  for (const call of tail.slowest.slice(0, slowest)) lines.push(...slowCall(call));
  return lines;
}

const TREE_LINES = 14;

function slowCall(call: SlowCall): string[] {
  const at = call.startNs === null ? '' : ` at ${(call.startNs / 1e9).toFixed(6)}`;
  const cpu = call.cpu < 0 ? '' : ` on CPU ${call.cpu}`;
  const task = call.task === '(unknown)' ? '' : ` ${call.task}`;
  const lines = [
    '',
    ...wrap(`${exactDurationText(call.durationNs)}${task}${cpu}${at}, ${call.file}:${call.line}`, ''),
  ];
  const shown = mostTelling(call, TREE_LINES);
  for (const node of shown) {
    const share = node.durationNs === null ? '' : shareText(node.durationNs / call.durationNs);
    const time = node.durationNs === null ? '' : (node.durationNs / 1000).toFixed(3);
    lines.push(
      clip(`${time.padStart(13)} us ${share.padStart(8)}  ${'  '.repeat(node.level)}${node.name}`, WIDTH),
    );
  }
  const hidden = call.tree.length - shown.length + call.treeHidden;
  if (hidden > 0) lines.push(`${' '.repeat(27)}... ${countText(hidden, 'quicker call')}`);
  if (call.meanwhile.length > 0) {
    lines.push('  meanwhile, self time of calls on other CPUs:');
    for (const m of call.meanwhile.slice(0, 4)) {
      const time = m.overlapNs === null ? '' : `${durationText(m.overlapNs).padStart(9)} `;
      lines.push(clip(`    ${time}CPU ${m.cpu}  ${m.task}  ${m.name} (${m.calls}x)`, WIDTH));
    }
  }
  return lines;
}

/** The longest calls of a tree, in their order: what a reader looks for. */
function mostTelling(call: SlowCall, limit: number) {
  if (call.tree.length <= limit) return call.tree;
  const longest = [...call.tree].sort((a, b) => (b.durationNs ?? 0) - (a.durationNs ?? 0)).slice(0, limit);
  const kept = new Set(longest);
  return call.tree.filter((node) => kept.has(node));
}

// ---------------------------------------------------------------- overhead and reading

function overhead(o: OverheadSummary): string[] {
  if (o.insideNs === null || o.outsideNs === null) return wrap(`not known: ${o.basis}`, '');
  const lines = wrap(
    `~${durationText(o.insideNs)} within each traced call's duration, ~${durationText(o.outsideNs)} more in its ` +
      `caller's; ${countText(o.tracedCalls, 'traced call')}, ~${durationText(o.totalNs)} in all` +
      (o.shareOfOutermost === null ? '' : `, ~${shareText(o.shareOfOutermost)} of the outermost calls`) +
      '.',
    '',
  );
  lines.push(...wrap(`From ${o.basis}.`, ''));
  const note = o.subtracted
    ? 'Taken out of every duration above: what is left is a lower bound.'
    : (o.outsideNs > 0 ? 'Both are upper bounds: they contain' : 'The first is an upper bound: it contains') +
      ' the work of the quickest functions. Holds are stretched by the calls traced under the lock. ' +
      '--subtract-overhead takes them out.';
  lines.push(...wrap(note, ''));
  return lines;
}

function reading(result: AnalysisResult): string[] {
  const { input, method } = result;
  const lines: string[] = [];
  for (const file of input.files) {
    lines.push(
      ...wrap(
        `${file.name}: ${file.format}, ${bytesText(file.bytes)}, ${file.lines} lines, ` +
          `${shareText(file.lines === 0 ? 0 : file.understoodLines / file.lines)} understood`,
        '',
      ),
    );
  }
  const about = [
    `columns: ${input.layouts.join('; ') || 'none'}`,
    input.kernelRelease === '' ? '' : `kernel ${input.kernelRelease}`,
    input.cpus > 0 ? countText(input.cpus, 'CPU') : 'no CPU column',
    input.tasks > 0 ? countText(input.tasks, 'task') : 'tasks not named',
    input.durationNs === null ? 'no time stamps' : `${durationText(input.durationNs)} by the time stamps`,
  ];
  lines.push(...wrap(about.filter((part) => part !== '').join(', '), ''));
  for (const d of result.diagnostics)
    lines.push(...wrap(`${d.severity} (${d.count}): ${d.text} [${d.id}]`, '  ', ''));
  if (method.filters !== '') lines.push(...wrap(`filters: ${method.filters}`, ''));
  if (method.excluded.length > 0) lines.push(`taken out of durations: ${method.excluded.join(', ')}`);
  lines.push(
    ...wrap(
      `Quantiles: ${method.quantile}, off by at most ${(method.bucketRelativeError * 100).toFixed(2)} %. ` +
        `Durations are cut, not rounded, to seven digits by the kernel${cutText(result)}.`,
      '',
    ),
    ...wrap(`${result.tool.name} ${result.tool.version}: ${result.tool.command}`, ''),
  );
  return lines;
}

/** What cutting may have taken, where it took anything. */
function cutText(result: AnalysisResult): string {
  const most = [...result.functions].sort((a, b) => b.cutNs - a.cutNs)[0];
  if (!most || most.cutNs === 0) return ', which took nothing here';
  return `: up to ${durationText(most.cutNs)} of the total of ${most.name}`;
}

// ---------------------------------------------------------------- text

/** Words filled into lines; `indent` before each, the first may have its own. */
function wrap(text: string, indent: string, first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `${indent === '' ? '' : indent}  `.slice(0, indent.length + (lines.length > 0 ? 2 : 0));
      empty = true;
    }
    line += (empty ? '' : ' ') + word;
    empty = false;
    // A word longer than a line (a path) is broken: a mail must not have longer lines.
    while (line.length > WIDTH) {
      lines.push(line.slice(0, WIDTH));
      line = `${indent}  ${line.slice(WIDTH)}`;
    }
  }
  lines.push(line);
  return lines;
}

function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 3)}...`;
}

/** Task names may hold anything; a mail and a terminal should not get it raw. */
function ascii(line: string): string {
  return line.replace(/[^\x20-\x7e]/g, '?');
}
