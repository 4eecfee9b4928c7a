import type { LockWait } from '../analysis/locks/lock-wait.ts';
import type { NameTable } from '../trace/names.ts';
import type { Places } from '../trace/places.ts';
import { type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../trace/spans.ts';
import type { TaskTable } from '../trace/tasks.ts';
import { CallLayout, type PlacedCall, WaitingCalls } from './call-layout.ts';
import { ChromeTracks, type Track, type TrackGrouping } from './chrome-tracks.ts';
import type { Exporter, TextOutput } from './exporter.ts';
import { absoluteUs, durationUs, readable } from './text.ts';
import { blockedBy } from './waits-table.ts';

/** Frames written of one stack. */
const MAX_FRAMES = 256;
/** What a call without stamp and duration is drawn as, so that its place can be seen. */
const NO_TIME_NS = 1000;

/** The two forms in which sched_switch is printed: the kernel's and trace-cmd's. */
const KERNEL_SWITCH = /^prev_comm=(.*) prev_pid=(\d+) .*==> next_comm=(.*) next_pid=(\d+) /;
const TRACE_CMD_SWITCH = /^(.*):(\d+) \[\d+\] \S+ ==> (.*):(\d+) \[/;

interface Instant {
  readonly name: string;
  readonly atNs: number;
  readonly track: Track;
  /** JSON of the event's text, '' without one. */
  readonly text: string;
  readonly frames: string[];
}

/**
 * Chrome trace-event JSON, which ui.perfetto.dev and speedscope open ("Trace Event Format", the
 * object form): calls as complete events (`X`), waits for locks and running tasks on tracks of their
 * own, other records as instants. Times in us with the ns as decimals.
 *
 * A text without time stamps gets times: durations one after the other, by CPU.
 */
export class ChromeTrace implements Exporter {
  readonly needs = 'spans';
  readonly #output: TextOutput;
  readonly #names: NameTable;
  readonly #tracks: ChromeTracks;
  readonly #layout: CallLayout;
  readonly #waiting = new Map<number, { calls: WaitingCalls; track: Track }>();
  /** For texts without stamps: until when calls have been drawn, by CPU. */
  readonly #clockNs = new Map<number, number>();
  readonly #running = new Map<number, { readonly task: string; readonly sinceNs: number }>();
  /** JSON of each name. */
  readonly #nameJson: (string | undefined)[] = [];
  #instant: Instant | null = null;
  #separator = '\n';
  #originNs = 0;
  #originOf: () => number = () => 0;
  #file = '';
  #files = 0;
  #latestNs = Number.NEGATIVE_INFINITY;
  /** Nothing is paired across: the next stamp may lie before those seen. */
  #afterGap = false;

  constructor(options: {
    readonly names: NameTable;
    readonly tasks: TaskTable;
    readonly output: TextOutput;
    readonly grouping: TrackGrouping;
    readonly tool: string;
  }) {
    this.#names = options.names;
    this.#output = options.output;
    this.#tracks = new ChromeTracks(options.tasks, options.grouping);
    this.#layout = new CallLayout((track, call) => this.#call(track, call));
    const tool = JSON.stringify(options.tool);
    this.#output(`{"displayTimeUnit":"ns","otherData":{"tool":${tool}},"traceEvents":[`);
  }

  beginFile(places: Places, originNs: () => number): void {
    this.#file = places.names.join(', ');
    this.#originOf = originNs;
    this.#beginPart();
  }

  #beginPart(): void {
    this.#tracks.beginPart(this.#files === 0 ? '' : `${this.#file}: `);
    this.#files++;
    this.#waiting.clear();
    this.#clockNs.clear();
    this.#running.clear();
    this.#latestNs = Number.NEGATIVE_INFINITY;
    this.#afterGap = false;
  }

  // ---------------------------------------------------------------- calls

  spans(rows: SpanBatch): void {
    this.#originNs = this.#originOf();
    const { kind } = rows;
    for (let i = 0; i < rows.length; i++) {
      const k = kind[i]!;
      if (k === SpanKind.Span || k === SpanKind.Cut) this.#span(rows, i, k === SpanKind.Cut);
      else if (k === SpanKind.Gap) this.#gap(rows.cpu[i]!);
    }
  }

  #span(rows: SpanBatch, i: number, isCut: boolean): void {
    const stack = rows.stack[i]!;
    const stampNs = rows.startNs[i]!;
    if (!Number.isNaN(stampNs)) this.#seeStamp(stampNs);
    let waiting = this.#waiting.get(stack);
    if (!waiting || rows.parent[i]! < 0) {
      const track = this.#tracks.ofCalls(rows.cpu[i]!, rows.task[i]!, stack);
      if (!waiting) {
        waiting = { calls: new WaitingCalls(), track };
        this.#waiting.set(stack, waiting);
      } else if (waiting.track !== track) {
        // The outermost call is drawn where it ended; what waits from before is not part of it.
        if (waiting.calls.calls[0]?.parent === -1) this.#layout.flush(waiting.calls, waiting.track);
        waiting.track = track;
      }
    }
    const span = rows.span[i]!;
    const beginNotSeen = (rows.flags[i]! & SpanFlag.StartCut) !== 0;
    const durationNs = rows.durationNs[i]!;
    let startNs = stampNs;
    let leastNs = 0;
    if (Number.isNaN(startNs)) {
      const clock = rows.cpu[i]! >= 0 ? rows.cpu[i]! : -1 - stack;
      if (Number.isNaN(durationNs) && rows.flags[i]! & SpanFlag.Leaf) leastNs = NO_TIME_NS;
      const ns = leastNs > 0 ? leastNs : durationNs;
      startNs = this.#madeStart(waiting.calls, span, clock, ns, beginNotSeen);
    }
    const call = {
      name: rows.name[i]!,
      startNs,
      durationNs,
      leastNs,
      span,
      parent: rows.parent[i]!,
      isCut,
    };
    this.#layout.add(waiting.calls, call, {
      track: waiting.track,
      aside: () => this.#tracks.ofCalls(rows.cpu[i]!, rows.task[i]!, stack, true),
      beginNotSeen,
      level: rows.level[i]!,
    });
  }

  /** Where a call without a stamp begins: with the first call in it, else where the CPU has got to. */
  #madeStart(
    { calls }: WaitingCalls,
    span: number,
    clock: number,
    durationNs: number,
    beginNotSeen: boolean,
  ): number {
    const nowNs = this.#clockNs.get(clock) ?? 0;
    let startNs = nowNs;
    for (let i = calls.length - 1; i >= 0 && calls[i]!.parent === span; i -= calls[i]!.size) {
      startNs = Math.min(startNs, calls[i]!.startNs);
    }
    // A return alone: the call was open all the time before it.
    if (beginNotSeen && durationNs > 0) startNs = Math.max(0, nowNs - durationNs);
    const endNs = startNs + (Number.isNaN(durationNs) ? 0 : durationNs);
    this.#clockNs.set(clock, Math.max(nowNs, endNs));
    return startNs;
  }

  #call(track: Track, call: PlacedCall): void {
    const { durationNs, lengthNs } = call;
    let args = '';
    if (call.isCut) args = ',"args":{"end":"not seen"}';
    else if (Number.isNaN(durationNs)) args = ',"args":{"duration":"not in the trace"}';
    else if (Math.round(durationNs) !== Math.round(lengthNs)) args = `,"args":{"duration_ns":${durationNs}}`;
    const at = this.#at(track, call.beginNs);
    const isCall = call.isCut || Number.isNaN(durationNs) ? 'cut' : 'call';
    this.#event(
      `{"ph":"X","cat":"${isCall}","name":${this.#name(call.name)},${at},"dur":${durationUs(lengthNs)}${args}}`,
    );
  }

  #gap(cpu: number): void {
    for (const { calls, track } of this.#waiting.values()) {
      this.#layout.flush(calls, track);
      calls.isSettled = false;
    }
    if (cpu < 0) {
      this.#waiting.clear();
      this.#running.clear();
      this.#afterGap = true;
    }
  }

  /** Another trace in the same input may begin before the last one ended: it gets tracks of its own. */
  #seeStamp(ns: number): void {
    if (this.#afterGap) {
      if (ns < this.#latestNs) this.#beginPart();
      this.#afterGap = false;
    }
    if (ns > this.#latestNs) this.#latestNs = ns;
  }

  // ---------------------------------------------------------------- waits

  wait(wait: LockWait): void {
    this.#originNs = this.#originOf();
    const track = this.#tracks.ofWaits(wait.task, wait.cpu);
    const clockNs = this.#clockNs.get(wait.cpu) ?? 0;
    const startNs = Number.isNaN(wait.startNs) ? clockNs : wait.startNs;
    const beginNs = Math.max(startNs, track.lastEndNs);
    track.lastEndNs = beginNs + wait.waitNs;
    const args = JSON.stringify({
      site: wait.site,
      kind: wait.kind,
      ...(wait.address === '' ? {} : { address: wait.address }),
      witness: wait.witness,
      ...(wait.causes.length === 0 ? {} : { blocked_by: readable(blockedBy(wait)) }),
    });
    const name = JSON.stringify(readable(wait.lock));
    const dur = durationUs(wait.waitNs);
    this.#event(
      `{"ph":"X","cat":"lock-wait","name":${name},${this.#at(track, beginNs)},"dur":${dur},"args":${args}}`,
    );
  }

  // ---------------------------------------------------------------- events

  records(batch: RecordBatch): void {
    this.#originNs = this.#originOf();
    const { kind } = batch;
    for (let i = 0; i < batch.length; i++) {
      const k = kind[i]!;
      if (k === RecordKind.Frame) {
        const frames = this.#instant?.frames;
        if (frames && frames.length < MAX_FRAMES) frames.push(this.#name(batch.name[i]!));
      } else if (this.#instant !== null) this.#endInstant();
      if (k === RecordKind.Event || k === RecordKind.Function || k === RecordKind.Sample)
        this.#record(batch, i);
    }
  }

  #record(batch: RecordBatch, i: number): void {
    const atNs = batch.timeNs[i]!;
    const cpu = batch.cpu[i]!;
    const name = batch.name[i]!;
    if (batch.kind[i] === RecordKind.Event && this.#names.text(name) === 'sched_switch') {
      if (this.#schedSwitch(cpu, atNs, batch.text(i))) return;
    }
    this.#instant = {
      name: this.#name(name),
      atNs: Number.isNaN(atNs) ? (this.#clockNs.get(cpu) ?? 0) : atNs,
      track: this.#tracks.ofCalls(cpu, batch.task[i]!, -1),
      text: batch.bits[i]! & RecordBits.Text ? JSON.stringify(readable(batch.text(i))) : '',
      frames: [],
    };
  }

  #endInstant(): void {
    const { name, atNs, track, text, frames } = this.#instant!;
    this.#instant = null;
    const args = [
      text !== '' && `"text":${text}`,
      frames.length > 0 && `"stack":[${frames.join(',')}]`,
    ].filter((part) => part !== false);
    const tail = args.length > 0 ? `,"args":{${args.join(',')}}` : '';
    this.#event(`{"ph":"i","s":"t","cat":"event","name":${name},${this.#at(track, atNs)}${tail}}`);
  }

  /** Draws the task that ran until now; false when the text is not understood. */
  #schedSwitch(cpu: number, atNs: number, text: string): boolean {
    const m = KERNEL_SWITCH.exec(text) ?? TRACE_CMD_SWITCH.exec(text);
    if (!m || Number.isNaN(atNs) || cpu < 0) return false;
    const before = this.#running.get(cpu);
    if (before && atNs >= before.sinceNs) this.#runs(cpu, before.task, before.sinceNs, atNs);
    this.#running.set(cpu, { task: m[4] === '0' ? '' : `${m[3]}-${m[4]}`, sinceNs: atNs });
    return true;
  }

  #runs(cpu: number, task: string, fromNs: number, toNs: number): void {
    if (task === '') return;
    const track = this.#tracks.ofRunning(cpu);
    if (fromNs < track.lastEndNs) return;
    track.lastEndNs = toNs;
    const name = JSON.stringify(readable(task));
    const dur = durationUs(toNs - fromNs);
    this.#event(`{"ph":"X","cat":"running","name":${name},${this.#at(track, fromNs)},"dur":${dur}}`);
  }

  // ---------------------------------------------------------------- writing

  endFile(): void {
    this.#originNs = this.#originOf();
    if (this.#instant !== null) this.#endInstant();
    for (const { calls, track } of this.#waiting.values()) this.#layout.flush(calls, track);
    this.#waiting.clear();
  }

  finish(): void {
    for (const { kind, pid, tid, name } of this.#tracks.names()) {
      const args = `"args":{"name":${JSON.stringify(readable(name))}}`;
      this.#event(`{"ph":"M","name":"${kind}","pid":${pid},"tid":${tid},${args}}`);
    }
    this.#output('\n]}\n');
  }

  #at(track: Track, ns: number): string {
    return `"ts":${absoluteUs(this.#originNs, ns)},"pid":${track.pid},"tid":${track.tid}`;
  }

  #name(id: number): string {
    if (id < 0) return '"(unknown)"';
    const known = this.#nameJson[id] ?? JSON.stringify(readable(this.#names.text(id)));
    this.#nameJson[id] = known;
    return known;
  }

  #event(json: string): void {
    this.#output(this.#separator + json);
    this.#separator = ',\n';
  }
}
