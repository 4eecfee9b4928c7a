import { latin1, RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { type ChromeEvent, ChromeEvents } from './chrome-event.ts';
import { type ChromeThread, ChromeThreads } from './chrome-threads.ts';
import { JsonTokens } from './json-tokens.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';

/** Events held to bring them into the order of time: writers write a call when it ends, or by thread. */
const WINDOW = 1 << 16;
const TEXT_BYTES = 1 << 18;
/** Linux gives out thread numbers below: above are those of threads that have no number of their own. */
const FIRST_FREE = 2 ** 31;
const MAX_THREADS = 1 << 20;

/** Begins of slices, ends and instants; other phases are no calls. */
const RANKS: Readonly<Record<string, number>> = { B: 0, E: 0, X: 1, i: 2, I: 2, R: 2, C: 2 };
const OTHER_PHASES = new Set('bnestfSTFPNODvVcM()'.split(''));

const ODD_SENTENCES = {
  'chrome-overlap': 'calls of a thread overlap without one holding the other',
  'chrome-end-without-begin': 'end events have no begin event',
  'chrome-begin-without-end': 'begin events have no end event',
} as const;

interface Waiting {
  readonly timeNs: number;
  readonly rank: number;
  readonly durationNs: number;
  /** Place in the input: events are counted from 1. */
  readonly number: number;
  readonly thread: ChromeThread;
  readonly ph: string;
  readonly name: number;
  readonly text: string;
  readonly stack: readonly string[];
  /** The duration to tell of, ns: that drawn, unless our own export says another. */
  readonly recordedNs: number;
}

/** What our own export draws beside the calls and events that it is made from. */
const DERIVED = new Set(['lock-wait', 'running']);

/** True when the first bytes are of a Chrome trace: an array of events, or an object with `traceEvents`. */
export function sniffChromeJson(head: Uint8Array): boolean {
  const text = latin1(head, 0, head.length).replace(/^\xef\xbb\xbf/, '');
  if (/^\s*\{/.test(text)) return /"traceEvents"\s*:\s*\[/.test(text);
  return /^\s*\[\s*\{/.test(text) && /"ph"\s*:\s*"[a-zA-Z()]"/.test(text);
}

/**
 * Parser of the Trace Event Format that Chrome, Perfetto, Firefox and many others write ("Trace Event
 * Format", Google, 2016). Begin and end events and complete events become calls, instants and counters
 * become events; flows, asynchronous events and objects are counted.
 *
 * Events may stand in any order: the last 65,536 are held and sorted. Times are us with decimals.
 */
export class ChromeJsonParser implements TraceParser {
  readonly #context: ParseContext;
  readonly #tokens: JsonTokens;
  readonly #events: ChromeEvents;
  readonly #threads: ChromeThreads;
  readonly #byId = new Map<string, ChromeThread>();
  readonly #idOfTid = new Map<number, string>();
  /** Numbers given to threads whose own is taken or is none. */
  readonly #ownNumbers = new Map<string, number>();
  readonly #names = new Map<string, number>();
  readonly #batch = new RecordBatch();
  readonly #text = Buffer.alloc(TEXT_BYTES);
  #textLength = 0;
  #waiting: Waiting[] = [];
  #originUs = Number.NaN;
  #count = 0;
  #unread = 0;
  #line = 0;
  #firstNs = Number.NaN;
  #lastNs = Number.NaN;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#batch.bytes = this.#text;
    this.#events = new ChromeEvents((event) => this.#event(event));
    this.#tokens = new JsonTokens({ token: (token) => this.#events.token(token) });
    this.#threads = new ChromeThreads({
      entry: (thread, name, timeNs, depth, text) => {
        const row = this.#row(RecordKind.Entry, thread.task, name, timeNs, text);
        this.#batch.depth[row] = depth;
      },
      exit: (thread, name, timeNs, durationNs, depth) => {
        const row = this.#row(RecordKind.Exit, thread.task, name, timeNs, '');
        this.#batch.depth[row] = depth;
        this.#batch.durationNs[row] = durationNs;
      },
      odd: (kind) => {
        const { diagnostics, inputName } = this.#context;
        diagnostics.add(kind, 'warning', ODD_SENTENCES[kind], `${inputName}:event ${this.#line}`);
      },
    });
  }

  get originNs(): number {
    return Number.isNaN(this.#originUs) ? 0 : this.#originUs * 1000;
  }

  push(chunk: Uint8Array): void {
    this.#tokens.push(chunk);
    this.#flush();
  }

  finish(): TraceFacts {
    this.#tokens.finish();
    this.#emit(this.#waiting.length);
    this.#threads.advance(Number.MAX_VALUE);
    this.#flush();
    const { diagnostics, inputName } = this.#context;
    const { failure, bytes } = this.#tokens;
    // The format allows a list of events to end without its bracket: programs that crash write such.
    const endsEarly = failure !== null && failure.offset >= bytes && this.#events.isBetweenEvents;
    if (endsEarly) {
      diagnostics.add('chrome-not-closed', 'info', 'the list of events has no end', inputName);
    } else if (failure !== null) {
      this.#unread++;
      const place = `${inputName}: near byte ${failure.offset}: ${failure.reason}`;
      diagnostics.add('json-damaged', 'loss', 'the JSON cannot be read on', place);
    } else if (!this.#events.isFound) {
      this.#unread++;
      diagnostics.add('chrome-no-events', 'error', 'the JSON holds no list of trace events', inputName);
    }
    const lines = this.#count + (failure === null || endsEarly ? 0 : 1);
    return {
      bytes,
      lines,
      understoodLines: lines - Math.min(lines, this.#unread),
      cpus: 0,
      clock: Number.isNaN(this.#firstNs) ? 'none' : 'stamps',
      stampQuantumNs: 1,
      originNs: this.originNs,
      firstNs: this.#firstNs,
      lastNs: this.#lastNs,
      kernelRelease: '',
      layouts: [],
    };
  }

  // ---------------------------------------------------------------- one event

  #event(event: ChromeEvent): void {
    this.#count++;
    const { ph, name } = event;
    if (ph === 'M') {
      if (name === 'thread_name') this.#nameThread(event);
      return;
    }
    const rank = RANKS[ph];
    if (rank === undefined) {
      this.#otherPhase(ph);
      return;
    }
    const { isOwn } = this.#events;
    if (isOwn && DERIVED.has(event.cat)) {
      const sentence =
        'waits and running tasks, which convert draws on tracks of their own, are no calls and were left out';
      this.#context.diagnostics.add('chrome-derived', 'info', sentence);
      return;
    }
    const timeNs = this.#timeOf(event.ts);
    const durationNs = ph === 'X' ? decimalNs(event.dur) : Number.NaN;
    if (Number.isNaN(timeNs) || (ph === 'X' && !(durationNs >= 0))) {
      this.#odd('chrome-bad-event', 'events have no time or no duration');
      return;
    }
    const thread = this.#thread(event.pid, event.tid);
    if (thread === null) return;
    if (timeNs < this.#firstNs || Number.isNaN(this.#firstNs)) this.#firstNs = timeNs;
    const endNs = ph === 'X' ? timeNs + durationNs : timeNs;
    if (endNs > this.#lastNs || Number.isNaN(this.#lastNs)) this.#lastNs = endNs;
    const named = name === '' && ph === 'E' ? -1 : this.#nameId(name);
    this.#waiting.push({
      timeNs,
      rank,
      durationNs,
      number: this.#count,
      thread,
      ph,
      name: named,
      text: event.text,
      stack: isOwn ? event.stack : [],
      recordedNs: isOwn && event.recordedNs !== '' ? Number(event.recordedNs) : durationNs,
    });
    if (this.#waiting.length >= WINDOW) this.#emit(WINDOW / 2);
  }

  #otherPhase(ph: string): void {
    if (!OTHER_PHASES.has(ph)) {
      this.#odd('chrome-unknown-phase', 'events have a phase that the format does not know');
      return;
    }
    const sentence =
      'asynchronous events, flows, objects and samples are no calls of a thread and were left out';
    this.#context.diagnostics.add('chrome-other-events', 'info', sentence);
  }

  #odd(id: string, sentence: string): void {
    this.#unread++;
    const place = `${this.#context.inputName}:event ${this.#count}`;
    this.#context.diagnostics.add(id, 'warning', sentence, place);
  }

  #nameId(name: string): number {
    let id = this.#names.get(name);
    if (id === undefined) {
      id = this.#context.names.internText(name);
      if (this.#names.size < 1 << 16) this.#names.set(name, id);
    }
    return id;
  }

  /** A thread by process and number: numbers are unique in Linux, but not in every writer's file. */
  #thread(pid: string, tid: string): ChromeThread | null {
    const id = `${pid}/${tid}`;
    const known = this.#byId.get(id);
    if (known) return known;
    if (this.#byId.size >= MAX_THREADS) {
      this.#odd('chrome-too-many-threads', 'events of further threads were left out');
      return null;
    }
    const thread = { task: this.#taskOf(id, tid, ''), frames: [], lastNs: Number.NEGATIVE_INFINITY };
    this.#byId.set(id, thread);
    return thread;
  }

  #nameThread({ pid, tid, argName }: ChromeEvent): void {
    if (this.#thread(pid, tid) !== null) this.#taskOf(`${pid}/${tid}`, tid, argName);
  }

  #taskOf(id: string, tid: string, comm: string): number {
    const { tasks } = this.#context;
    const number = /^\d{1,9}$/.test(tid) ? Number(tid) : -1;
    const owner = this.#idOfTid.get(number);
    if (number > 0 && (owner === undefined || owner === id)) {
      this.#idOfTid.set(number, id);
      return tasks.intern(number, plainComm(comm, tid), -1);
    }
    let own = this.#ownNumbers.get(id);
    if (own === undefined) {
      own = FIRST_FREE + this.#ownNumbers.size;
      this.#ownNumbers.set(id, own);
    }
    return tasks.intern(own, plainComm(comm, tid), -1);
  }

  /** ns since the origin, which is the whole second of the first stamp. */
  #timeOf(ts: string): number {
    const m = /^(-?\d{1,16})(?:\.(\d+))?$/.exec(ts);
    if (!m) {
      const us = ts === '' ? Number.NaN : Number(ts);
      if (!Number.isFinite(us) || Math.abs(us) > 1e16) return Number.NaN;
      if (Number.isNaN(this.#originUs)) this.#originUs = Math.floor(us / 1e6) * 1e6;
      return Math.round((us - this.#originUs) * 1000);
    }
    const us = Number(m[1]);
    if (Number.isNaN(this.#originUs)) this.#originUs = Math.floor(us / 1e6) * 1e6;
    const fraction = m[2] === undefined ? 0 : Math.round(Number(`0.${m[2]}`) * 1000);
    return (us - this.#originUs) * 1000 + (m[1]!.startsWith('-') ? -fraction : fraction);
  }

  // ---------------------------------------------------------------- in the order of time

  /** Gives out the first `count` of the waiting events, sorted. */
  #emit(count: number): void {
    const waiting = this.#waiting.sort(inOrder);
    for (let i = 0; i < count; i++) {
      const { ph, thread, timeNs, name, durationNs, recordedNs, number, text, stack } = waiting[i]!;
      this.#line = number;
      if (timeNs < thread.lastNs && ph !== 'E' && RANKS[ph] !== 2) {
        const sentence = `calls come over ${WINDOW / 2} events too late to nest them; their callers' self times hold them`;
        const place = `${this.#context.inputName}:event ${number}`;
        this.#context.diagnostics.add('chrome-out-of-order', 'warning', sentence, place);
        if (ph === 'B') continue;
        const row = this.#row(RecordKind.Leaf, thread.task, name, timeNs, text);
        this.#batch.durationNs[row] = recordedNs;
        continue;
      }
      this.#threads.advance(timeNs);
      if (ph === 'X') this.#threads.complete(thread, name, timeNs, { durationNs, recordedNs }, text);
      else if (ph === 'B') this.#threads.begin(thread, name, timeNs, text);
      else if (ph === 'E') this.#threads.end(thread, name, timeNs);
      else {
        this.#row(RecordKind.Event, thread.task, name, timeNs, text);
        for (const [depth, frame] of stack.entries()) {
          const row = this.#row(RecordKind.Frame, thread.task, this.#nameId(frame), timeNs, '');
          this.#batch.depth[row] = depth;
        }
      }
    }
    this.#waiting = waiting.slice(count);
  }

  #row(kind: number, task: number, name: number, timeNs: number, text: string): number {
    const batch = this.#batch;
    if (batch.length === batch.capacity || this.#textLength + text.length * 2 > TEXT_BYTES) this.#flush();
    const row = batch.length++;
    batch.kind[row] = kind;
    batch.bits[row] = 0;
    batch.name[row] = name;
    batch.cpu[row] = -1;
    batch.task[row] = task;
    batch.other[row] = 0;
    batch.timeNs[row] = timeNs;
    batch.durationNs[row] = Number.NaN;
    batch.depth[row] = -1;
    batch.context[row] = 0;
    batch.line[row] = this.#line;
    if (text !== '') {
      batch.bits[row] = RecordBits.Text;
      batch.textStart[row] = this.#textLength;
      this.#textLength += this.#text.write(text, this.#textLength, 'latin1');
      batch.textEnd[row] = this.#textLength;
    }
    return row;
  }

  #flush(): void {
    if (this.#batch.length > 0) this.#context.sink(this.#batch);
    this.#batch.length = 0;
    this.#textLength = 0;
  }
}

/** By time; at one time complete events behind begins and ends, the longest first, then instants. */
function inOrder(a: Waiting, b: Waiting): number {
  if (a.timeNs !== b.timeNs) return a.timeNs - b.timeNs;
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.rank === 1 && a.durationNs !== b.durationNs) return b.durationNs - a.durationNs;
  return a.number - b.number;
}

/** us with decimals, as digits, in whole ns; NaN when that is no number. */
function decimalNs(digits: string): number {
  return digits === '' ? Number.NaN : Math.round(Number(digits) * 1000);
}

/** A task's name without the number that our own export, like others, adds: `swapbench-200`. */
function plainComm(name: string, tid: string): string {
  return name.endsWith(`-${tid}`) ? name.slice(0, -tid.length - 1) : name;
}
