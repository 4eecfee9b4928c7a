import { Readable } from 'node:stream';
import split2 from 'split2';
import {
  looksLikePlainLine,
  type PlainBody,
  type PlainPrefix,
  readFrame,
  readPlainBody,
  readPlainPrefix,
} from './ftrace-lines-reference.ts';

/**
 * A slow and obvious parser of function_graph text, to compare the fast one with: lines as strings,
 * one regular expression a line form, the whole input in memory. It shares no code with
 * src/parsers/, on purpose. The formats are those of kernel/trace/trace_functions_graph.c and
 * trace_output.c.
 *
 * What the formats leave open is decided at the place where it matters, in a comment that begins
 * with "Choice:".
 */

export type ReferenceKind =
  | 'entry'
  | 'exit'
  | 'leaf'
  | 'event'
  | 'switch'
  | 'lost'
  | 'irq-entry'
  | 'irq-exit'
  | 'section'
  | 'function'
  | 'frame';

/** What one line says. */
export interface ReferenceRecord {
  kind: ReferenceKind;
  /** 1-based. */
  line: number;
  /** Function (with its module: `zs_free [zsmalloc]`) or event; '' when the line does not say. */
  name: string;
  /** -1 when the line does not say. */
  cpu: number;
  /** `comm-pid`; '' when unknown. */
  task: string;
  /** switch: the task before; lost: how many records, null when not said; else null. */
  other: string | number | null;
  /** Absolute stamp in whole microseconds. */
  timeUs: number | null;
  durationNs: number | null;
  /** -1 when unknown. */
  depth: number;
  /** The flag characters between the pipes (latency-format) or behind `[cpu]` (plain lines). */
  flags: string;
  /** Arguments, the text of an event, the caller of a `function` hit, the tracer of a section. */
  text: string;
  /** The comment behind a call or the return value behind a named `}`. */
  note: string;
}

export interface ReferenceResult {
  records: ReferenceRecord[];
  lines: number;
  /** Numbers of the lines that were not understood. */
  unknown: number[];
  /** Numbers of the lines of text outside the trace. */
  around: number[];
  /** Numbers of the lines of text between trace lines: see {@link hasTraceMarks}. */
  between: number[];
}

/** What a line is. `neutral` lines are understood but may as well stand in text around the trace. */
type Meaning =
  /** `open`: an event whose text goes on in the lines below. */
  /** `isPlain`: by the common printer. */
  | { is: 'record'; record: ReferenceRecord; open?: boolean; isPlain?: boolean }
  | { is: 'trace' }
  /** `<stack trace>`: frames stand below it. */
  | { is: 'stack'; about: Partial<Prologue> }
  | { is: 'neutral'; isBlank?: boolean }
  /** Lines were left out here by a person or a tool; before the first trace line it says nothing. */
  | { is: 'elision' }
  | { is: 'columns'; layout: Layout }
  /** The header of the common printer; `overwritten`: how many records it says are missing. */
  | { is: 'plain-columns'; overwritten: number; hasColumns: boolean };

interface Variant {
  text: string;
  /** The decorations taken off, e.g. `grep printk`. */
  decoration: string;
}

interface Prologue {
  cpu: number;
  task: string;
  flags: string;
  timeUs: number | null;
  rest: string;
}

const COLUMNS = ['abstime', 'reltime', 'cpu', 'proc', 'latency', 'duration'] as const;
/** `collapsed` is no column: runs of blanks were made one on the way, as mail archives do. */
type Column = (typeof COLUMNS)[number] | 'collapsed';
type Layout = ReadonlySet<Column>;

const GUESS_WINDOW = 50;
/** Choice: a text of more lines than that is not one event's any more. */
const MAX_COMMENT_LINES = 64;
const PROC_WIDTH = 14;

/** Reads a whole trace. */
export async function parseFunctionGraphReference(input: Uint8Array): Promise<ReferenceResult> {
  const endsCut = input.length > 0 && input.at(-1) !== 10;
  const reading = new Reading(await readLines(input), endsCut);
  return reading.run();
}

/** Lines without their newline and without one carriage return before it. */
async function readLines(input: Uint8Array): Promise<string[]> {
  const lines: string[] = [];
  // latin1 keeps every byte as one character; split2 takes it through UTF-8 and back unharmed.
  const text = Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('latin1');
  for await (const line of Readable.from([text]).pipe(split2('\n'))) {
    lines.push((line as string).replace(/\r$/, ''));
  }
  return lines;
}

class Reading {
  readonly #lines: string[];
  readonly #endsCut: boolean;
  readonly #result: ReferenceResult;
  /** Null until a header or the lines themselves tell. */
  #layout: Layout | null = null;
  #bannerTask = new Map<number, string>();
  #pending: { line: number; damaged: boolean; marked: boolean }[] = [];
  /** Lines that an event whose comment is not closed yet may still have. */
  #commentLinesLeft = 0;
  #seenTrace = false;
  #lastDecoration = '';
  #tracer = '';
  /** The section is of the common printer; `#isBare`: its lines may have no prefix. */
  #isPlain = false;
  #isBare = false;
  /** The last record of each CPU that can have a stack, unless lines of the graph printer came behind it. */
  #lastRecord = new Map<number, ReferenceRecord>();
  /** The row that frames belong to, as far as it is known; null outside of a stack. */
  #stack: Partial<Prologue> | null = null;
  #depth = 0;

  /** @param endsCut The last line has no newline: when it is not understood, it was cut. */
  constructor(lines: string[], endsCut: boolean) {
    this.#lines = lines;
    this.#endsCut = endsCut;
    this.#result = { records: [], lines: lines.length, unknown: [], around: [], between: [] };
  }

  run(): ReferenceResult {
    for (let i = 0; i < this.#lines.length; i++) this.#readLine(i);
    this.#settlePending(true);
    return this.#result;
  }

  #readLine(index: number): void {
    const variants = variantsOf(this.#lines[index]!);
    if (this.#readVariants(variants, index)) return;
    if (this.#mayGuess(variants)) {
      this.#layout = guessLayout(this.#lines, index);
      if (this.#readVariants(variants, index)) return;
    }
    const line = this.#lines[index]!;
    if (this.#commentLinesLeft > 0) {
      this.#commentLinesLeft = line.endsWith('*/') ? 0 : this.#commentLinesLeft - 1;
      return;
    }
    const damaged =
      (this.#endsCut && index === this.#lines.length - 1) ||
      variants.some((v) => looksDamaged(v.text, this.#layout)) ||
      (this.#layout === null && this.#isPlain && this.#seenTrace && looksLikePlainLine(line));
    this.#pending.push({ line: index + 1, damaged, marked: hasTraceMarks(line) });
  }

  /**
   * Choice: a layout that no header tells is guessed at the first line that is a graph line under
   * any layout (not at the start of the section), so that shell output or a kernel log before the
   * trace cannot fill the window. It is guessed anew when such a line has another decoration than
   * the trace before it: that is another excerpt, perhaps made with other options.
   */
  #mayGuess(variants: Variant[]): boolean {
    return variants.some(
      ({ text, decoration }) =>
        (this.#layout === null || (this.#seenTrace && decoration !== this.#lastDecoration)) &&
        // Choice: among events only lines with a graph's columns are taken for one's.
        (!this.#isPlain || /^ *(?:\d+\.\d{6} \| +)?\d+\) |(?: us| {8}) *\| {2}/.test(text)) &&
        ALL_LAYOUTS.some((layout) => readGraphLine(text, layout)),
    );
  }

  /** Choice: decorations are taken off one by one, and the first form that is understood counts. */
  #readVariants(variants: Variant[], index: number): boolean {
    for (const variant of variants) {
      const meaning = this.#understand(variant.text);
      if (!meaning) continue;
      this.#accept(meaning, variant.decoration, index + 1);
      return true;
    }
    return false;
  }

  #understand(text: string): Meaning | null {
    // Graph lines first: without a CPU column `# 1191.279 us |  }` begins like a comment.
    if (this.#layout) {
      const record = readGraphLine(text, this.#layout);
      if (record) return { is: 'record', record, open: record.kind === 'event' && !/\*\/ *$/.test(text) };
    }
    if (this.#stack && STACK_FRAME.test(text)) {
      const said = readFrame(text.replace(STACK_FRAME, ''));
      return { is: 'record', record: newRecord('frame', this.#stack, said), isPlain: true };
    }
    // What `grep -C` puts between groups of lines.
    if (text === '--' && this.#lastDecoration.includes('grep')) return { is: 'elision' };
    return readLayoutFreeLine(text) ?? this.#readPlainLine(text);
  }

  /**
   * Choice: bodies without a prefix are read only where a header names a tracer and no columns, because shell
   * output looks like that; raw lines that say nothing known only among other events.
   */
  #readPlainLine(text: string): Meaning | null {
    const prefix = readPlainPrefix(text);
    if (prefix) {
      const body = readPlainBody(prefix.body, prefix.isRaw, this.#tracer);
      if (body.isCertain || !prefix.isRaw || this.#isPlain) return plainRecord(body, aboutOf(prefix));
    }
    if (!this.#isBare || !/^[A-Za-z_<]/.test(text)) return null;
    const body = readPlainBody(text, false, this.#tracer);
    return body.isCertain ? plainRecord(body, {}) : null;
  }

  #accept(meaning: Meaning, decoration: string, line: number): void {
    const isFrame = meaning.is === 'record' && meaning.record.kind === 'frame';
    if (meaning.is === 'stack') {
      const row = this.#lastRecord.get(meaning.about.cpu ?? -1);
      // Tasks are told apart by their pid.
      const isOurs = row !== undefined && pidOf(row.task) === pidOf(meaning.about.task ?? '');
      this.#stack = { ...meaning.about, flags: '', timeUs: (isOurs ? row : meaning.about).timeUs ?? null };
      this.#depth = 0;
    } else if (!isFrame && !(meaning.is === 'neutral' && meaning.isBlank)) this.#stack = null;
    if (isFrame && meaning.is === 'record') meaning.record.depth = this.#depth++;
    if (meaning.is === 'columns') {
      this.#layout = meaning.layout;
      this.#isPlain = false;
      this.#isBare = false;
    }
    if (meaning.is === 'plain-columns') {
      this.#isBare = false;
      if (meaning.hasColumns) {
        this.#layout = null;
        this.#isPlain = true;
      }
      if (meaning.overwritten === 0) return;
    }
    if (meaning.is === 'columns' || meaning.is === 'neutral') return;
    if (meaning.is === 'elision' && !this.#seenTrace) return;
    this.#commentLinesLeft = meaning.is === 'record' && meaning.open ? MAX_COMMENT_LINES : 0;
    const isSection = meaning.is === 'record' && meaning.record.kind === 'section';
    this.#settlePending(!this.#seenTrace || isSection || decoration !== this.#lastDecoration);
    this.#seenTrace = true;
    this.#lastDecoration = decoration;
    if (meaning.is === 'record') {
      this.#keep(meaning.record, line);
      if (meaning.isPlain) {
        if (!isFrame) this.#lastRecord.set(meaning.record.cpu, meaning.record);
        if (this.#layout === null) this.#isPlain = true;
      } else if (GRAPH_KINDS.has(meaning.record.kind)) this.#lastRecord.clear();
    }
    if (meaning.is === 'plain-columns')
      this.#keep(newRecord('lost', {}, { other: meaning.overwritten }), line);
    // Lines left out by hand: a loss on every CPU, of nobody knows how many.
    if (meaning.is === 'elision') this.#keep(newRecord('lost', {}), line);
  }

  #keep(record: ReferenceRecord, line: number): void {
    record.line = line;
    if (record.kind === 'section') {
      this.#layout = null;
      this.#tracer = record.text;
      this.#isPlain = record.text !== 'function_graph';
      this.#isBare = this.#isPlain;
      this.#bannerTask.clear();
    } else if (record.kind === 'switch') {
      this.#bannerTask.set(record.cpu, record.task);
    } else if (record.task === '' && record.kind !== 'frame') {
      // Choice: a LOST line, too, is of the task that the CPU's last banner named.
      record.task = this.#bannerTask.get(record.cpu) ?? '';
    }
    this.#result.records.push(record);
  }

  /**
   * Choice: blank lines, lines of dashes and `#` lines other than `# tracer:` neither begin nor end
   * a run of text nor count as trace: all three are as common in mail and shell output.
   */
  #settlePending(around: boolean): void {
    const isText = this.#pending.every(({ damaged, marked }) => damaged || !marked);
    for (const { line, damaged } of this.#pending) {
      if (damaged) this.#result.unknown.push(line);
      else if (around) this.#result.around.push(line);
      else if (isText) this.#result.between.push(line);
      else this.#result.unknown.push(line);
    }
    this.#pending = [];
  }
}

/**
 * Choice: a run of lines in the trace is text, not damage, when all of them hold a letter and none
 * holds anything that trace lines are made of.
 */
function hasTraceMarks(line: string): boolean {
  const marks = ['|', '{', '}', ';', '/*', '*/', '()', '[LOST', '=>'];
  if (marks.some((mark) => line.includes(mark))) return true;
  return / us\b|^\s*\d+\)|[^\x20-\x7e\t]/.test(line) || !/[A-Za-z]/.test(line);
}

// Decoration -------------------------------------------------------------------------------------

// Choice: a quote mark may stand without its blank (`>>`, or `>` on a blank line).
const QUOTE = /^(?:>+ ?)+/;
const GREP_PREFIX = /^\d+[:-]/;
// `<4>` level before, `[    T1]` caller after; the last blank may be gone from an empty line.
const PRINTK_STAMP = /^(?:<\d+>)?\[ *\d+\.\d{6}\](?: ?\[ *[TC]\d+\])?(?: |$)/;

/** The line as it stands, then with one decoration after the other taken off. */
function variantsOf(line: string): Variant[] {
  const variants: Variant[] = [{ text: line, decoration: '' }];
  const kinds = new Set<string>();
  let text = line;
  for (;;) {
    const shorter = withoutOneDecoration(text);
    if (!shorter) break;
    text = shorter.text;
    kinds.add(shorter.kind);
    variants.push({ text, decoration: [...kinds].sort().join(' ') });
  }
  // Choice: NUL bytes (a file with holes, a serial line) are taken out when nothing else helps.
  if (text.includes('\0')) {
    variants.push({ text: text.replaceAll('\0', ''), decoration: variants.at(-1)!.decoration });
  }
  return variants;
}

function withoutOneDecoration(text: string): { text: string; kind: string } | null {
  if (QUOTE.test(text)) return { text: text.replace(QUOTE, ''), kind: 'quote' };
  if (GREP_PREFIX.test(text)) return { text: text.replace(GREP_PREFIX, ''), kind: 'grep' };
  if (PRINTK_STAMP.test(text)) return { text: text.replace(PRINTK_STAMP, ''), kind: 'printk' };
  return null;
}

// Layout -----------------------------------------------------------------------------------------

const COLUMN_HEADER = /^#.*FUNCTION CALLS *$/;

function layoutOfHeader(header: string): Layout {
  const layout = new Set<Column>();
  if (/REL TIME/.test(header)) layout.add('reltime');
  else if (/ TIME /.test(header)) layout.add('abstime');
  if (/CPU/.test(header)) layout.add('cpu');
  if (/TASK\/PID/.test(header)) layout.add('proc');
  if (/\|\|\|\|/.test(header)) layout.add('latency');
  if (/DURATION/.test(header)) layout.add('duration');
  return layout;
}

/** Every layout that the tracer can print, those with fewer columns first. */
const PRINTED_LAYOUTS: Layout[] = subsets(COLUMNS)
  .filter((layout) => !(layout.has('abstime') && layout.has('reltime')))
  .sort((a, b) => a.size - b.size);

/**
 * The same with their blanks collapsed, behind all that have them. Choice: only with a duration
 * column, as nothing else tells such a line from other text.
 */
const COLLAPSED_LAYOUTS: Layout[] = PRINTED_LAYOUTS.filter((layout) => layout.has('duration')).map(
  (layout) => new Set<Column>([...layout, 'collapsed']),
);

const ALL_LAYOUTS: Layout[] = [...PRINTED_LAYOUTS, ...COLLAPSED_LAYOUTS];

function subsets(columns: readonly Column[]): Set<Column>[] {
  if (columns.length === 0) return [new Set()];
  const [first, ...others] = columns as [Column, ...Column[]];
  return subsets(others).flatMap((set) => [set, new Set([first, ...set])]);
}

/**
 * The layout that reads most of the lines from `index` on.
 * Choice: the window ends at the next `# tracer:` line, behind which another layout may hold.
 * Choice: blanks count as collapsed when most lines say so; one damaged line does not make it so.
 */
function guessLayout(lines: string[], index: number): Layout {
  const window: Variant[][] = [];
  for (const line of lines.slice(index, index + GUESS_WINDOW)) {
    const variants = variantsOf(line);
    if (variants.some((v) => SECTION.test(v.text))) break;
    window.push(variants);
  }
  const printed = bestLayout(PRINTED_LAYOUTS, window);
  const collapsed = bestLayout(COLLAPSED_LAYOUTS, window);
  return collapsed.count > 2 * printed.count ? collapsed.layout : printed.layout;
}

function bestLayout(layouts: Layout[], window: Variant[][]): { layout: Layout; count: number } {
  let best = { layout: layouts[0]!, count: 0 };
  for (const layout of layouts) {
    const count = window.filter((variants) => variants.some((v) => readGraphLine(v.text, layout))).length;
    if (count > best.count) best = { layout, count };
  }
  return best;
}

/**
 * A line that begins as this trace's lines do, and then goes wrong.
 * Choice: its first column is enough, as a line may be cut anywhere.
 */
function looksDamaged(text: string, layout: Layout | null): boolean {
  const first = COLUMNS.find((column) => layout?.has(column));
  if (!layout || first === undefined) return false;
  if (first === 'duration') return DURATION.test(text);
  return readPrologue(text, new Set<Column>([first])) !== null;
}

// Graph lines: prologue, duration, body ----------------------------------------------------------

const ABSTIME = /^ *(\d+)\.(\d{6}) \| {2}/;
const RELTIME = /^ *\d+ us \| {2}/;
const CPU = /^ +(\d+)\) /;
const FLAGS = /^ ([^ ]{4,7}) \| /;

function readPrologue(text: string, layout: Layout): Prologue | null {
  const found: Prologue = { cpu: -1, task: '', flags: '', timeUs: null, rest: text };
  if (layout.has('abstime')) {
    const stamp = ABSTIME.exec(found.rest);
    if (!stamp) return null;
    found.timeUs = microseconds(stamp[1]!, stamp[2]!);
    found.rest = found.rest.slice(stamp[0].length);
  }
  if (layout.has('reltime')) {
    const stamp = RELTIME.exec(found.rest);
    if (!stamp) return null;
    found.rest = found.rest.slice(stamp[0].length);
  }
  if (layout.has('cpu')) {
    const cpu = CPU.exec(found.rest);
    if (!cpu) return null;
    found.cpu = Number(cpu[1]);
    found.rest = found.rest.slice(cpu[0].length);
  }
  if (layout.has('proc')) {
    const proc = readProc(found.rest, ' | ');
    if (!proc) return null;
    found.task = proc.task;
    found.rest = proc.rest;
  }
  if (layout.has('latency')) {
    const flags = FLAGS.exec(found.rest);
    if (!flags) return null;
    found.flags = flags[1]!;
    found.rest = found.rest.slice(flags[0].length);
  }
  return found;
}

/**
 * A task, centred in 14 or longer and then without padding, and what follows `closing` behind it.
 * The comm may hold anything, `closing` included, so only the width tells where the field ends.
 */
function readProc(text: string, closing: string): { task: string; rest: string } | null {
  const end = text.indexOf(closing, PROC_WIDTH);
  if (end < 0) return null;
  const task = taskOfField(text.slice(0, end));
  if (task === null || (end > PROC_WIDTH && task.length !== end)) return null;
  return { task, rest: text.slice(end + closing.length) };
}

/**
 * `comm-pid` of a centred field, null when it does not end in a pid.
 * Choice: outer blanks are trimmed. From the width one can tell where the comm begins only up to
 * one blank, so a comm that begins with a blank loses it; a blank before the dash stays.
 */
function taskOfField(field: string): string | null {
  return /^ *((?:[^ ].*)?-\d+) *$/s.exec(field)?.[1] ?? null;
}

const DURATION = /^(?:[ +!#*@$] (\d+)(?:\.(\d{1,3}))? us +| {14})\|/;

/** One line of the graph: null when it is not one under this layout. */
function readGraphLine(text: string, layout: Layout): ReferenceRecord | null {
  if (layout.has('collapsed')) return readCollapsedLine(text, layout);
  const prologue = readPrologue(text, layout);
  if (!prologue) return null;
  return readIrqMark(prologue) ?? readCall(prologue, layout.has('duration'));
}

/**
 * By the source: two blanks, the arrow, ` |`; without a duration column only the arrow.
 * Choice: any blanks before it and the pipe or not, as no capture at hand has a single mark.
 */
function readIrqMark(prologue: Prologue): ReferenceRecord | null {
  if (/^ *==========>(?: \|)?$/.test(prologue.rest)) return newRecord('irq-entry', prologue);
  if (/^ *<==========(?: \|)?$/.test(prologue.rest)) return newRecord('irq-exit', prologue);
  return null;
}

function readCall(prologue: Prologue, hasDuration: boolean): ReferenceRecord | null {
  let rest = prologue.rest;
  let durationNs: number | null = null;
  if (hasDuration) {
    const duration = DURATION.exec(rest);
    if (!duration) return null;
    if (duration[1] !== undefined) durationNs = nanoseconds(duration[1], duration[2] ?? '');
    rest = rest.slice(duration[0].length);
    if (!rest.startsWith('  ')) return null;
    rest = rest.slice(2);
  }
  const body = rest.replace(/^ +/, '');
  const record = readBody(body, prologue);
  if (!record) return null;
  record.durationNs = durationNs;
  // Choice: the kernel indents by two; an odd blank (a damaged line) is dropped.
  if (record.kind !== 'event') record.depth = Math.floor((rest.length - body.length) / 2);
  return record;
}

// Choice: the task is the shortest text that ends in a pid and a bar; its width says nothing any more.
const COLLAPSED: Record<Exclude<Column, 'collapsed'>, string> = {
  abstime: String.raw`(?<seconds>\d+)\.(?<micros>\d{6}) *\| *`,
  reltime: String.raw`\d+ us *\| *`,
  cpu: String.raw`(?<cpu>\d+)\) *`,
  proc: String.raw`(?<task>.*?-\d+) *\| *`,
  latency: String.raw`(?<flags>[^ |]{4,7}) *\| *`,
  duration: String.raw`(?:[+!#*@$] *)?(?:(?<whole>\d+)(?:\.(?<fraction>\d{1,3}))? us *)?\| *`,
};

/** A line whose blanks were collapsed: its indentation is gone, so its depth is unknown. */
function readCollapsedLine(text: string, layout: Layout): ReferenceRecord | null {
  const columns = COLUMNS.filter((column) => layout.has(column)).map((column) => COLLAPSED[column]);
  const match = new RegExp(`^ *${columns.join('')}(?<body>[^ ].*)$`, 's').exec(text);
  if (!match) return null;
  const found = match.groups as Record<string, string | undefined>;
  const record = readBody(found['body']!, {
    cpu: found['cpu'] === undefined ? -1 : Number(found['cpu']),
    task: found['task'] ?? '',
    flags: found['flags'] ?? '',
    timeUs: found['seconds'] === undefined ? null : microseconds(found['seconds'], found['micros']!),
    rest: '',
  });
  if (record && found['whole'] !== undefined) {
    record.durationNs = nanoseconds(found['whole'], found['fraction'] ?? '');
  }
  return record;
}

// A function as %ps prints it, with its module. Choice: with a character that no symbol has, it is damage.
const NAME = String.raw`[\w.$@']+(?: \[[^\]]*\])?`;
const EXIT = new RegExp(String.raw`^\}(?: /\* (${NAME})(?: (.+))? \*/)?$`, 's');
// The list ends at the first `)` with a right continuation: argument text may hold parentheses.
const ENTRY = new RegExp(String.raw`^(${NAME})\((.*?)\) \{(?: /\* (.*) \*/)?$`, 's');
const LEAF = new RegExp(String.raw`^(${NAME})\((.*?)\);(?: /\* (.*) \*/)?$`, 's');

function readBody(body: string, prologue: Prologue): ReferenceRecord | null {
  if (body.startsWith('/*')) return readComment(body, prologue);
  const exit = EXIT.exec(body);
  if (exit) return newRecord('exit', prologue, { name: exit[1] ?? '', note: exit[2] ?? '' });
  const entry = ENTRY.exec(body);
  if (entry) return call('entry', prologue, entry);
  const leaf = LEAF.exec(body);
  if (leaf) return call('leaf', prologue, leaf);
  return null;
}

function call(kind: ReferenceKind, prologue: Prologue, match: RegExpExecArray): ReferenceRecord {
  return newRecord(kind, prologue, { name: match[1]!, text: match[2]!, note: match[3] ?? '' });
}

/**
 * An event or a trace_printk text; its text can hold `*` and `/` in any order.
 * Choice: a comment that is not closed (text with a newline in it, a cut line) is an event too.
 */
function readComment(body: string, prologue: Prologue): ReferenceRecord {
  const inside = body.replace(/^\/\* ?/, '').replace(/(?:^| )\*\/$/, '');
  return newRecord('event', prologue, nameAndText(inside));
}

/** `name: text` or `name:`; free text is the event `print`. */
function nameAndText(inside: string): { name: string; text: string } {
  const named = /^([A-Za-z_][\w.-]*):(?: (.*))?$/s.exec(inside);
  return named ? { name: named[1]!, text: named[2] ?? '' } : { name: 'print', text: inside };
}

// Lines that are the same in every layout --------------------------------------------------------

const SECTION = /^# tracer: *(.*?) *$/;
const ENTRIES = /^# (?:entries-in-buffer\/entries-written: |latency: \d+ us, #)(\d+)\/(\d+)/;
const GRAPH_KINDS: ReadonlySet<ReferenceKind> = new Set<ReferenceKind>(['entry', 'exit', 'leaf', 'event']);
const LOST = /^CPU:(\d+) \[LOST (?:(\d+) )?EVENTS\]$/;
const OVERRUNS = /^ *\(Overruns: \d+\)$/;
const DUMP_LINE = /^ *(?:Dumping ftrace buffer:|\(ftrace buffer empty\))$/;
// Choice: only below `<stack trace>`; elsewhere they are text.
const STACK_FRAME = /^ ?=>(?: |$)/;
const BLANK = /^[ \t]*$/;
const ELISION = /^\s*(?:\.{3,}|\[\.{3}\]|<snip>|\[snip\])\s*$/;
const DASHES = /^ *-+ *$/;

function readLayoutFreeLine(text: string): Meaning | null {
  if (BLANK.test(text)) return { is: 'neutral', isBlank: true };
  if (DASHES.test(text)) return { is: 'neutral' };
  if (text.startsWith('#')) return readHeader(text);
  if (ELISION.test(text)) return { is: 'elision' };
  if (OVERRUNS.test(text) || DUMP_LINE.test(text)) return { is: 'trace' };
  const record = readBanner(text) ?? readLost(text);
  return record ? { is: 'record', record } : null;
}

function readHeader(text: string): Meaning | null {
  const section = SECTION.exec(text);
  if (section) return { is: 'record', record: newRecord('section', {}, { text: section[1]! }) };
  const entries = ENTRIES.exec(text);
  if (entries) {
    const overwritten = Math.max(0, Number(entries[2]) - Number(entries[1]));
    return { is: 'plain-columns', overwritten, hasColumns: false };
  }
  if (/^# +(?:TASK-PID|cmd +pid) /.test(text))
    return { is: 'plain-columns', overwritten: 0, hasColumns: true };
  if (/^# \S+ latency trace v/.test(text)) return { is: 'plain-columns', overwritten: 0, hasColumns: false };
  // Without a layout yet, `# 1191.279 us |  }` is left for the guess.
  if (DURATION.test(text)) return null;
  // A column header says the layout even where its `# tracer:` line was not copied along.
  if (COLUMN_HEADER.test(text)) return { is: 'columns', layout: layoutOfHeader(text) };
  return { is: 'neutral' };
}

/** ` 0)     init-1     =>     dd-137    `: always with a CPU, whatever the options. */
function readBanner(text: string): ReferenceRecord | null {
  const cpu = CPU.exec(text);
  if (!cpu) return null;
  const before = readProc(text.slice(cpu[0].length), ' => ');
  const after = before && taskOfField(before.rest);
  if (!before || !after) return null;
  return newRecord('switch', { cpu: Number(cpu[1]), task: after }, { other: before.task });
}

function readLost(text: string): ReferenceRecord | null {
  const lost = LOST.exec(text);
  if (!lost) return null;
  const other = lost[2] === undefined ? null : Number(lost[2]);
  return newRecord('lost', { cpu: Number(lost[1]) }, { other });
}

// Lines in the form of the other tracers ---------------------------------------------------------

function plainRecord(body: PlainBody, about: Partial<Prologue>): Meaning {
  const { kind, name, text, note } = body;
  if (kind === 'stack') return { is: 'stack', about };
  return { is: 'record', record: newRecord(kind, about, { name, text, note }), isPlain: true };
}

function pidOf(task: string): string {
  return task.slice(task.lastIndexOf('-') + 1);
}

function aboutOf({ task, cpu, flags, timeUs }: PlainPrefix): Partial<Prologue> {
  return { task, cpu, flags, timeUs };
}

// Values -----------------------------------------------------------------------------------------

function microseconds(seconds: string, fraction: string): number {
  return Number(seconds) * 1e6 + Number(fraction);
}

/** From the digits, as 9.76 * 1000 would not be a whole number. */
function nanoseconds(whole: string, fraction: string): number {
  return Number(whole) * 1000 + Number(fraction.padEnd(3, '0'));
}

/** The line number is filled in by the caller. */
function newRecord(
  kind: ReferenceKind,
  about: Partial<Prologue>,
  said: { name?: string; text?: string; note?: string; other?: string | number | null } = {},
): ReferenceRecord {
  return {
    kind,
    line: 0,
    name: said.name ?? '',
    cpu: about.cpu ?? -1,
    task: about.task ?? '',
    other: said.other ?? null,
    timeUs: about.timeUs ?? null,
    durationNs: null,
    depth: -1,
    flags: about.flags ?? '',
    text: said.text ?? '',
    note: said.note ?? '',
  };
}
