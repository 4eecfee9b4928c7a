/** What a row of a {@link SpanBatch} says. */
export const SpanKind = {
  /** A call is complete: its return was seen. */
  Span: 1,
  /** A call of a watched function (locks) begins; its Span or Cut row follows later. */
  Begin: 2,
  /** A call whose end was not seen: lost records, end of the trace. It has no duration. */
  Cut: 3,
  /** An event of the trace, in the task that it was recorded in. */
  Event: 4,
  /** Records were lost, or another trace begins: nothing is paired across. */
  Gap: 5,
} as const;

/** Bits of {@link SpanBatch.flags}. */
export const SpanFlag = {
  /** Entry and return were adjacent: no traced call below. */
  Leaf: 1,
  /** The beginning was not seen; name and duration come from the return. */
  StartCut: 2,
  /** The same function is open further up in the task's stack. */
  Recursive: 4,
  /** The call ran in a hardware or software interrupt on top of the task. */
  InInterrupt: 8,
  /** The task was switched out while the call was open. */
  Switched: 16,
  /** Without CPU and task columns the line could belong to more than one open call. */
  Ambiguous: 32,
  /** The call is a root of `--root`, or below one (always set without `--root`). */
  InRoot: 64,
  /** The call is the outermost one of an interrupt. */
  InterruptEntry: 128,
  /** Self time is an upper bound: calls below were not traced or their begin was not seen. */
  SelfIsBound: 256,
  /** `textStart..textEnd` hold arguments or event text. */
  HasText: 512,
  /** Not a call that function_graph printed: two events, from stamp to stamp. */
  Pair: 1024,
  /** `noteStart..noteEnd` hold the comment behind a call: what it returned. */
  HasNote: 2048,
} as const;

/**
 * Calls as columns, in the order in which they ended (Begin rows: began). Rows `0..length-1` are
 * valid until the consumer returns. Times in ns since the origin of the input, NaN when unknown.
 *
 * The columns marked "not for leaves" are not written for rows with {@link SpanFlag.Leaf}: a leaf has
 * no calls below, its self time is its duration and its mark is its span + 1.
 */
export class SpanBatch {
  readonly capacity: number;
  length = 0;
  /** The bytes that `textStart..textEnd` of this batch point into. */
  bytes: Uint8Array = new Uint8Array(0);

  readonly kind: Uint8Array;
  readonly flags: Uint16Array;
  readonly name: Int32Array;
  readonly task: Int32Array;
  readonly cpu: Int32Array;
  /** Number of the stack of open calls; stays the same when a task's name becomes known later. */
  readonly stack: Int32Array;
  /** Number of open calls above it in its task's stack, 0 = outermost seen, or the root with `--root`. */
  readonly level: Int32Array;
  /** Number of the call, counted at its begin. */
  readonly span: Float64Array;
  /** Number of the caller, -1 without one. */
  readonly parent: Float64Array;
  /** Function of the caller, -1 without one. */
  readonly parentName: Int32Array;
  /** Not for leaves. Numbers given out when the row was made: calls a, b overlap if a.span < b.mark and b.span < a.mark. */
  readonly mark: Float64Array;
  readonly startNs: Float64Array;
  /** As printed, less what was excluded on demand. */
  readonly durationNs: Float64Array;
  /** Not for leaves. Duration less the durations of its traced calls. */
  readonly selfNs: Float64Array;
  /** Not for leaves. Traced calls made directly, and in all. */
  readonly children: Int32Array;
  readonly descendants: Int32Array;
  /** Not for leaves. Time within the duration (as printed) spent in interrupts, softirqs and scheduled out. */
  readonly irqNs: Float64Array;
  readonly softirqNs: Float64Array;
  readonly offCpuNs: Float64Array;
  readonly line: Float64Array;
  /** Path in the call tree, -1 when none is kept: see `CallTree`. */
  readonly node: Int32Array;
  /** Arguments (Begin, leaf Span) or event text (Event); only with {@link SpanFlag.HasText}. */
  readonly textStart: Int32Array;
  readonly textEnd: Int32Array;
  /** Comment behind a call (Span); only with {@link SpanFlag.HasNote}. */
  readonly noteStart: Int32Array;
  readonly noteEnd: Int32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.kind = new Uint8Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.name = new Int32Array(capacity);
    this.task = new Int32Array(capacity);
    this.cpu = new Int32Array(capacity);
    this.stack = new Int32Array(capacity);
    this.level = new Int32Array(capacity);
    this.span = new Float64Array(capacity);
    this.parent = new Float64Array(capacity);
    this.parentName = new Int32Array(capacity);
    this.mark = new Float64Array(capacity);
    this.startNs = new Float64Array(capacity);
    this.durationNs = new Float64Array(capacity);
    this.selfNs = new Float64Array(capacity);
    this.children = new Int32Array(capacity);
    this.descendants = new Int32Array(capacity);
    this.irqNs = new Float64Array(capacity);
    this.softirqNs = new Float64Array(capacity);
    this.offCpuNs = new Float64Array(capacity);
    this.line = new Float64Array(capacity);
    this.node = new Int32Array(capacity).fill(-1);
    this.textStart = new Int32Array(capacity);
    this.textEnd = new Int32Array(capacity);
    this.noteStart = new Int32Array(capacity);
    this.noteEnd = new Int32Array(capacity);
  }
}

/** Receives each batch of spans; must be done with it when it returns. */
export type SpanSink = (batch: SpanBatch) => void;
