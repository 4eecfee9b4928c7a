import { latin1, RecordBatch, RecordKind } from '../trace/records.ts';
import { JsonTokens } from './json-tokens.ts';
import { frameName } from './perf-frames.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';

/** Frames kept of a sample; the kernel records 127 unless told otherwise. */
const MAX_FRAMES = 4096;
/** Fields of a tracepoint kept of a sample, as text. */
const MAX_TEXT = 1 << 14;
const MAX_CPUS = 8192;

/** True when the first bytes are of a file that `perf data convert --to-json` wrote. */
export function sniffPerfJson(head: Uint8Array): boolean {
  return /^(?:\xef\xbb\xbf)?\s*\{\s*"linux-perf-json-version"/.test(
    latin1(head, 0, Math.min(head.length, 256)),
  );
}

/**
 * Parser of what `perf data convert --to-json` writes (tools/perf/util/data-convert-json.c): each element
 * of `samples` becomes a row with its frames. The file names neither events nor periods, so that
 * samples of several events cannot be told apart: rows have no name. Fields of tracepoints, where perf
 * writes them, become the text `field=value ...` of an Event row.
 */
export class PerfJsonParser implements TraceParser {
  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #tokens: JsonTokens;
  readonly #cpuSeen = new Uint8Array(MAX_CPUS);
  readonly #facts: TraceFacts = {
    bytes: 0,
    lines: 0,
    understoodLines: 0,
    cpus: 0,
    clock: 'none',
    originNs: 0,
    firstNs: Number.NaN,
    lastNs: Number.NaN,
    kernelRelease: '',
    layouts: [],
  };

  /** Keys of the values that are open; array elements have none. */
  readonly #path: string[] = [];
  #key = '';

  /** The sample that is being read. */
  #stamp = '';
  #tid = -1;
  #cpu = -1;
  #comm = '';
  #text = '';
  #frames: number[] = [];
  #symbol = '';
  #dso = '';
  readonly #symbols = new Map<string, number>();

  #originSeconds = Number.NaN;
  #samples = 0;
  #unreadable = 0;
  #arguments: string[] = [];

  constructor(context: ParseContext, options: { readonly batch?: RecordBatch } = {}) {
    this.#context = context;
    this.#batch = options.batch ?? new RecordBatch();
    this.#tokens = new JsonTokens({
      token: (token) => {
        switch (token.name) {
          case 'startObject':
          case 'startArray':
            this.#path.push(this.#key);
            this.#key = '';
            if (this.#isSample()) this.#beginSample();
            break;
          case 'endObject':
          case 'endArray':
            this.#end();
            break;
          case 'keyValue':
            this.#key = token.value;
            break;
          case 'stringValue':
          case 'numberValue':
            this.#value(token.value);
            break;
          default:
        }
      },
    });
  }

  get originNs(): number {
    return Number.isNaN(this.#originSeconds) ? 0 : this.#originSeconds * 1e9;
  }

  push(chunk: Uint8Array): void {
    this.#tokens.push(chunk);
    this.#flush();
  }

  finish(): TraceFacts {
    this.#tokens.finish();
    const { diagnostics, inputName } = this.#context;
    if (this.#samples > 0) {
      const sentence =
        'perf wrote no names of events into its JSON: samples of several events cannot be told apart, and ' +
        'periods and arguments are lost; the `perf script` text or the perf.data keeps them';
      diagnostics.add('perf-json-no-events', 'info', sentence);
    }
    const failure = this.#tokens.failure;
    if (failure) {
      this.#unreadable++;
      const sentence = 'the JSON cannot be read on';
      diagnostics.add(
        'json-damaged',
        'loss',
        sentence,
        `${inputName}: near byte ${failure.offset}: ${failure.reason}`,
      );
    }
    this.#flush();
    const facts = this.#facts;
    facts.bytes = this.#tokens.bytes;
    facts.lines = this.#samples + this.#unreadable;
    facts.understoodLines = this.#samples;
    facts.cpus = this.#cpuSeen.reduce((sum, seen) => sum + seen, 0);
    facts.originNs = this.originNs;
    if (!Number.isNaN(facts.firstNs)) {
      facts.clock = 'stamps';
      facts.stampQuantumNs = 1;
    }
    if (this.#arguments.length > 0) facts.commandLine = this.#arguments.join(' ');
    return facts;
  }

  #isSample(): boolean {
    return this.#path.length === 3 && this.#path[1] === 'samples';
  }

  #isFrame(): boolean {
    return this.#path.length === 5 && this.#path[1] === 'samples' && this.#path[3] === 'callchain';
  }

  #beginSample(): void {
    this.#stamp = '';
    this.#tid = -1;
    this.#cpu = -1;
    this.#comm = '';
    this.#text = '';
    this.#frames = [];
  }

  #value(value: string): void {
    const path = this.#path;
    if (this.#isSample()) {
      switch (this.#key) {
        case 'timestamp':
          this.#stamp = value;
          break;
        case 'tid':
          this.#tid = Number(value);
          break;
        case 'cpu':
          this.#cpu = Number(value);
          break;
        case 'comm':
          this.#comm = value;
          break;
        case 'pid':
          break;
        default:
          if (this.#text.length < MAX_TEXT) this.#text += `${this.#text && ' '}${this.#key}=${value}`;
      }
    } else if (this.#isFrame()) {
      if (this.#key === 'symbol') this.#symbol = value;
      else if (this.#key === 'dso') this.#dso = value;
    } else if (path.length === 2 && path[1] === 'headers') {
      if (this.#key === 'os-release') this.#facts.kernelRelease = value;
      else if (this.#key === 'hostname') this.#facts.hostname = value;
      else if (this.#key === 'nrcpus-online') this.#facts.onlineCpus = Number(value);
    } else if (path.length === 3 && path[1] === 'headers' && path[2] === 'cmdline') {
      if (this.#arguments.length < MAX_FRAMES) this.#arguments.push(value);
    }
  }

  #end(): void {
    if (this.#isSample()) this.#emit();
    else if (this.#isFrame()) {
      if (this.#frames.length < MAX_FRAMES) this.#frames.push(this.#frameId());
      this.#symbol = '';
      this.#dso = '';
    }
    this.#path.pop();
    this.#key = '';
  }

  #frameId(): number {
    const text = this.#dso === '' ? this.#symbol : `${this.#symbol} (${this.#dso})`;
    let id = this.#symbols.get(text);
    if (id === undefined) {
      id = this.#context.names.internText(frameName(text));
      // A file of damaged names must not fill the memory.
      if (this.#symbols.size < 1 << 16) this.#symbols.set(text, id);
    }
    return id;
  }

  #emit(): void {
    this.#samples++;
    const cpu = this.#cpu >= 0 && this.#cpu < MAX_CPUS ? this.#cpu : -1;
    if (cpu >= 0) this.#cpuSeen[cpu] = 1;
    const time = this.#timeOf(this.#stamp);
    const task = this.#tid < 0 ? -1 : this.#context.tasks.intern(this.#tid, this.#comm, cpu);
    if (this.#text !== '') this.#flush();
    const row = this.#row(this.#text === '' ? RecordKind.Sample : RecordKind.Event, -1, task, cpu, time, -1);
    if (this.#text !== '') {
      this.#batch.bytes = new Uint8Array(Buffer.from(this.#text, 'latin1'));
      this.#batch.bits[row] = 1;
      this.#batch.textStart[row] = 0;
      this.#batch.textEnd[row] = this.#batch.bytes.length;
      this.#flush();
    }
    this.#frames.forEach((name, depth) => {
      this.#row(RecordKind.Frame, name, task, cpu, time, depth);
    });
  }

  /** ns since the origin. The stamp may be over 2^53, so its seconds are split off as text. */
  #timeOf(stamp: string): number {
    if (!/^\d{1,20}$/.test(stamp)) return Number.NaN;
    const digits = stamp.padStart(10, '0');
    const seconds = Number(digits.slice(0, -9));
    if (Number.isNaN(this.#originSeconds)) this.#originSeconds = seconds;
    const time = (seconds - this.#originSeconds) * 1e9 + Number(digits.slice(-9));
    if (Number.isNaN(this.#facts.firstNs)) this.#facts.firstNs = time;
    this.#facts.lastNs = time;
    return time;
  }

  #row(kind: number, name: number, task: number, cpu: number, time: number, depth: number): number {
    const batch = this.#batch;
    if (batch.length === batch.capacity) this.#flush();
    const n = batch.length++;
    batch.kind[n] = kind;
    batch.bits[n] = 0;
    batch.name[n] = name;
    batch.cpu[n] = cpu;
    batch.task[n] = task;
    batch.other[n] = 0;
    batch.timeNs[n] = time;
    batch.durationNs[n] = Number.NaN;
    batch.depth[n] = depth;
    batch.context[n] = 0;
    batch.line[n] = this.#samples;
    return n;
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    this.#context.sink(this.#batch);
    this.#batch.length = 0;
  }
}
