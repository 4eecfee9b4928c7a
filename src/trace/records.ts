/**
 * What one line of a trace says, before anything is paired. The numbers are stable: they are
 * stored in {@link RecordBatch.kind}.
 */
export const RecordKind = {
  /** `F() {` — a call begins. */
  Entry: 1,
  /** `}` — a call ends; named when the printer or an option gave the name. */
  Exit: 2,
  /** `F();` — a call and its return with nothing recorded between them on that CPU. */
  Leaf: 3,
  /** An event or trace_printk text; `name` is the event, the text is in `textStart..textEnd`. */
  Event: 4,
  /** The banner that another task now runs on this CPU: `other` -> `task`. */
  Switch: 5,
  /** Records were lost on this CPU (all CPUs when -1): `other` is how many, -1 when not said. */
  Lost: 6,
  /** `==========> |` — a hardware interrupt begins (not printed on current x86). */
  IrqEntry: 7,
  /** `<========== |` — it ends. */
  IrqExit: 8,
  /** A new trace begins in the same input; nothing may be paired across it. */
  Section: 9,
  /**
   * One hit of the `function` tracer: `F <-P`; the caller is in `textStart..textEnd`, arguments are in
   * `noteStart..noteEnd`.
   */
  Function: 10,
  /** A sample of a profile (cycles, cpu-clock): `name` is the event, `other` the period, 0 when not said. */
  Sample: 11,
  /**
   * One frame of the stack of the last Event, Function or Sample row of the same task: `name` is the
   * symbol (with its module, without offset), `depth` counts from 0, the innermost. `[unknown]` where only an
   * address is printed, which is the text then.
   */
  Frame: 12,
} as const;

/** Bits of {@link RecordBatch.bits}: which optional columns of the row hold something. */
export const RecordBits = {
  /** `textStart..textEnd` holds arguments (`lock=0xff..`) or event text. */
  Text: 1,
  /** `noteStart..noteEnd` holds the text between the comment marks behind a call: retaddr, retval. */
  Note: 2,
  /** `context` holds the latency-format flags. */
  Context: 4,
} as const;

/**
 * A batch of records as columns. The parser fills it and hands it on; the next batch overwrites
 * it, so whoever wants to keep something copies it. Rows `0..length-1` are valid.
 *
 * Times are ns since the origin that the parser tells at the end (`TraceFacts.originNs`), exact to 2^53. Text columns are
 * byte ranges of `bytes`, valid only until the sink returns.
 */
export class RecordBatch {
  readonly capacity: number;
  length = 0;
  /** The bytes that the text columns point into. */
  bytes: Uint8Array = new Uint8Array(0);

  readonly kind: Uint8Array;
  readonly bits: Uint8Array;
  /** Function or event, -1 when the line does not say (`}` alone). */
  readonly name: Int32Array;
  /** -1 when the text has no CPU column. */
  readonly cpu: Int32Array;
  /** Task as named on the line or by the CPU's last banner; -1 when not known. */
  readonly task: Int32Array;
  /** Switch: the task before. Lost: number of records, or -1. */
  readonly other: Float64Array;
  /** Time stamp of the record in ns; NaN without one. */
  readonly timeNs: Float64Array;
  /** Duration as printed, ns; NaN without one. Cut, not rounded: see `durationCutNs`. */
  readonly durationNs: Float64Array;
  /** Nesting by indentation, 0 = outermost; -1 when the text does not carry it. */
  readonly depth: Int16Array;
  /** Latency-format flags: see `packContext`. */
  readonly context: Uint16Array;
  /** 1-based line in the input. */
  readonly line: Float64Array;
  readonly textStart: Int32Array;
  readonly textEnd: Int32Array;
  readonly noteStart: Int32Array;
  readonly noteEnd: Int32Array;

  constructor(capacity = 1024) {
    this.capacity = capacity;
    this.kind = new Uint8Array(capacity);
    this.bits = new Uint8Array(capacity);
    this.name = new Int32Array(capacity);
    this.cpu = new Int32Array(capacity);
    this.task = new Int32Array(capacity);
    this.other = new Float64Array(capacity);
    this.timeNs = new Float64Array(capacity);
    this.durationNs = new Float64Array(capacity);
    this.depth = new Int16Array(capacity);
    this.context = new Uint16Array(capacity);
    this.line = new Float64Array(capacity);
    this.textStart = new Int32Array(capacity);
    this.textEnd = new Int32Array(capacity);
    this.noteStart = new Int32Array(capacity);
    this.noteEnd = new Int32Array(capacity);
  }

  /** Arguments or event text of a row, '' when it has none. */
  text(row: number): string {
    if (!(this.bits[row]! & RecordBits.Text)) return '';
    return latin1(this.bytes, this.textStart[row]!, this.textEnd[row]!);
  }

  /** Text of the comment behind a call (`<-caller+0x12/0x160 ret=0x0`), '' when it has none. */
  note(row: number): string {
    if (!(this.bits[row]! & RecordBits.Note)) return '';
    return latin1(this.bytes, this.noteStart[row]!, this.noteEnd[row]!);
  }
}

/** Receives each full batch; must be done with it when it returns. */
export type RecordSink = (batch: RecordBatch) => void;

/** The string of a byte range, each byte one character. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

/**
 * By how much a printed function_graph duration may be too small, in ns. The kernel prints whole ns
 * while seven digits hold them, and cuts the rest off (kernel/trace/trace_functions_graph.c,
 * trace_print_graph_duration): nothing below 10 ms, 9 ns below 100 ms, 99 ns below 1 s, then 999 ns.
 */
export function durationCutNs(durationNs: number): number {
  if (durationNs < 1e7) return 0;
  if (durationNs < 1e8) return 9;
  if (durationNs < 1e9) return 99;
  return 999;
}
