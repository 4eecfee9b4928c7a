/** A call that is open on a thread. */
interface Frame {
  readonly name: number;
  readonly beginNs: number;
  /** NaN for a begin whose end is another event. */
  readonly durationNs: number;
  /** When it ends, or what it holds; Infinity for a begin whose end is another event. */
  endNs: number;
  isOpen: boolean;
  /** Place in the order in which calls began. */
  readonly order: number;
  readonly thread: ChromeThread;
}

/** One thread: its task, and its open calls, outermost first. */
export interface ChromeThread {
  readonly task: number;
  readonly frames: Frame[];
  /** Time of its last row. */
  lastNs: number;
}

/** What the threads tell of, in the order of time. */
export interface ThreadRows {
  entry(thread: ChromeThread, name: number, timeNs: number, depth: number, text: string): void;
  exit(thread: ChromeThread, name: number, timeNs: number, durationNs: number, depth: number): void;
  /** Counts what does not fit together. */
  odd(kind: 'chrome-overlap' | 'chrome-end-without-begin' | 'chrome-begin-without-end'): void;
}

/**
 * Open calls of all threads: complete events (`X`) end by their duration and nest by containment,
 * begins (`B`) end by their end events. Rows come in the order of time over all threads.
 */
export class ChromeThreads {
  readonly #rows: ThreadRows;
  /** Open complete events, the one that ends first at the top: a binary heap. */
  readonly #ends: Frame[] = [];
  #begun = 0;

  constructor(rows: ThreadRows) {
    this.#rows = rows;
  }

  /** Ends the complete events that end at `nowNs` or before. */
  advance(nowNs: number): void {
    while (this.#ends.length > 0 && this.#ends[0]!.endNs <= nowNs) {
      const frame = this.#pop();
      if (!frame.isOpen) continue;
      const { frames } = frame.thread;
      let lastNs = frame.endNs;
      for (let i = frames.length - 1; frames[i] !== frame; i--) {
        const { endNs } = frames[i]!;
        if (endNs !== Number.POSITIVE_INFINITY) lastNs = Math.max(lastNs, endNs);
      }
      if (lastNs > frame.endNs) {
        // It is left before what began in it is over: it ends with that.
        this.#rows.odd('chrome-overlap');
        frame.endNs = lastNs;
        this.#push(frame);
      } else this.#close(frame, frame.endNs, frame.durationNs);
    }
  }

  /** A complete event begins. It nests by its duration as drawn, and tells of the one recorded. */
  complete(
    thread: ChromeThread,
    name: number,
    beginNs: number,
    length: { readonly durationNs: number; readonly recordedNs: number },
    text: string,
  ): void {
    const { durationNs, recordedNs } = length;
    this.#push(this.#open(thread, name, beginNs, recordedNs, beginNs + durationNs, text));
  }

  begin(thread: ChromeThread, name: number, beginNs: number, text: string): void {
    this.#open(thread, name, beginNs, Number.NaN, Number.POSITIVE_INFINITY, text);
  }

  /** The innermost begin ends, or the innermost one of that name; `name` is -1 where it is not said. */
  end(thread: ChromeThread, name: number, endNs: number): void {
    const { frames } = thread;
    let found = -1;
    for (let i = frames.length - 1; i >= 0 && found < 0; i--) {
      const frame = frames[i]!;
      if (Number.isNaN(frame.durationNs) && (name < 0 || frame.name === name)) found = i;
    }
    if (found < 0) {
      this.#rows.odd('chrome-end-without-begin');
      return;
    }
    const frame = frames[found]!;
    this.#close(frame, endNs, endNs - frame.beginNs);
  }

  #open(
    thread: ChromeThread,
    name: number,
    beginNs: number,
    durationNs: number,
    endNs: number,
    text: string,
  ): Frame {
    const frame = { name, beginNs, durationNs, endNs, isOpen: true, order: this.#begun++, thread };
    this.#rows.entry(thread, name, beginNs, thread.frames.length, text);
    thread.frames.push(frame);
    thread.lastNs = beginNs;
    return frame;
  }

  #close(frame: Frame, timeNs: number, durationNs: number): void {
    const { thread } = frame;
    const { frames } = thread;
    for (let inner = frames.pop(); inner !== undefined && inner !== frame; inner = frames.pop()) {
      inner.isOpen = false;
      // A begin that never ends is cut where its caller ends; a complete event sticks out of it.
      if (Number.isNaN(inner.durationNs)) this.#rows.odd('chrome-begin-without-end');
      else {
        this.#rows.odd('chrome-overlap');
        this.#rows.exit(thread, inner.name, timeNs, inner.durationNs, frames.length);
      }
    }
    frame.isOpen = false;
    thread.lastNs = timeNs;
    this.#rows.exit(thread, frame.name, timeNs, durationNs, frames.length);
  }

  #push(frame: Frame): void {
    const heap = this.#ends;
    let at = heap.length;
    heap.push(frame);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!isBefore(frame, heap[up]!)) break;
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = frame;
  }

  #pop(): Frame {
    const heap = this.#ends;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

/** Of two that end at once, what began later is inside and ends first, also where both began at once. */
function isBefore(a: Frame, b: Frame): boolean {
  return a.endNs < b.endNs || (a.endNs === b.endNs && a.order > b.order);
}
