import type { Track } from './chrome-tracks.ts';

/** Draws one call: begin and length as drawn, and its duration as recorded, NaN when not seen. */
export type DrawCall = (track: Track, call: PlacedCall) => void;

export interface PlacedCall {
  readonly name: number;
  readonly beginNs: number;
  readonly lengthNs: number;
  readonly durationNs: number;
  readonly isCut: boolean;
}

/** A call that ended, or that nothing more is known of. */
interface EndedCall {
  readonly name: number;
  /** Stamp of its begin, ns. */
  readonly startNs: number;
  readonly durationNs: number;
  /** Drawn at least so long where the duration is not known. */
  readonly leastNs: number;
  readonly span: number;
  readonly parent: number;
  readonly isCut: boolean;
}

/** A waiting call, with the calls below it in front of it. */
interface Call extends EndedCall {
  /** Calls of its subtree, itself included, that stand in the buffer. */
  readonly size: number;
  /** Room that it needs: its duration, or what its calls take up. */
  readonly needNs: number;
}

/** Begin of the first call drawn in an open one, and the end of what is drawn in front of that. */
interface DrawnInside {
  readonly beginNs: number;
  readonly floorNs: number;
}

/** Calls of one stack that wait until the call around them has ended, in the order in which they ended. */
export class WaitingCalls {
  readonly calls: Call[] = [];
  /** Open calls some of whose calls are drawn already, by their number: see {@link DrawnInside}. */
  readonly drawnInside = new Map<number, DrawnInside>();
  /** No return without a begin can come any more that holds calls already complete. */
  isSettled = false;
  /** Greatest number of an outermost call that is drawn: what began before it and ends now stands around it. */
  lastDrawn = -1;
}

/** Calls of one stack held while their caller is open; beyond, they are drawn before it. */
const MAX_WAITING = 1 << 16;
/** Calls held at the beginning of a stack, where a return may come whose begin was not recorded. */
const MAX_UNSETTLED = 4096;
/** Room left in front of calls that are drawn before their callers: 1 ns for each caller. */
const ROOM_FOR_CALLERS_NS = 512;

/**
 * Places calls so that each lies within its caller and beside its siblings, as viewers demand. Stamps
 * are cut to microseconds and of another clock than durations, so begins are moved, by as little as
 * it takes, and durations are kept. Where a caller is too short for its calls, those at its beginning
 * are drawn shorter.
 */
export class CallLayout {
  readonly #draw: DrawCall;
  readonly #maxWaiting: number;
  /** Begins and ends as placed, by index in the buffer. */
  #beginNs = new Float64Array(1024);
  #endNs = new Float64Array(1024);
  readonly #todo: number[] = [];
  readonly #below: number[] = [];

  /** @param maxWaiting Calls of one stack held while their caller is open. */
  constructor(draw: DrawCall, maxWaiting = MAX_WAITING) {
    this.#draw = draw;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * A call ended. Those that it made are in front of it in the buffer; so are those that began and ended
   * within it though another tracer saw them (a pair of probes around calls of function_graph).
   * @param begin The call's begin was not seen: it may hold calls that looked outermost.
   */
  add(
    waiting: WaitingCalls,
    call: EndedCall,
    options: {
      readonly track: Track;
      /** Where an outermost call is drawn that stands around others which are drawn already. */
      readonly aside: () => Track;
      readonly beginNotSeen: boolean;
      readonly level: number;
    },
  ): void {
    const { calls } = waiting;
    const { track, beginNotSeen } = options;
    const inside = waiting.drawnInside.get(call.span);
    if (inside && !beginNotSeen) {
      this.#drawAround(waiting, call, track, inside);
      return;
    }
    let first = calls.length;
    let needNs = call.durationNs;
    let insideNs = 0;
    let lastEndNs = call.startNs;
    while (first > 0) {
      const below = calls[first - 1]!;
      const belongs = beginNotSeen
        ? below.parent === call.parent && holds(call, below, insideNs)
        : below.parent === call.span || (below.parent === call.parent && below.span > call.span);
      if (!belongs) break;
      insideNs += below.needNs;
      lastEndNs = Math.max(lastEndNs, below.startNs + below.needNs);
      first -= below.size;
    }
    if (Number.isNaN(needNs)) needNs = Math.max(call.leastNs, insideNs, lastEndNs - call.startNs);
    calls.push({ ...call, size: calls.length - first + 1, needNs });
    if (call.parent < 0 && !beginNotSeen && call.span < waiting.lastDrawn) {
      this.#drawTree(calls, calls.length - 1, options.aside());
      calls.length = first;
    } else if (call.parent < 0) {
      if (beginNotSeen) waiting.isSettled = options.level === 0;
      if (waiting.isSettled || calls.length > MAX_UNSETTLED) this.flush(waiting, track);
    } else if (calls.length > this.#maxWaiting) this.#drawEarly(waiting, track);
  }

  /** Draws what waits: nothing that holds it will come. */
  flush(waiting: WaitingCalls, track: Track): void {
    this.#drawAll(waiting, track);
    waiting.drawnInside.clear();
    waiting.isSettled = true;
  }

  /** Draws what waits although the calls around it are open still. */
  #drawEarly(waiting: WaitingCalls, track: Track): void {
    const { calls, drawnInside } = waiting;
    for (const i of outermostOf(calls)) {
      const { parent, startNs } = calls[i]!;
      const floorNs = track.lastEndNs;
      if (!drawnInside.has(parent)) track.lastEndNs = Math.max(floorNs + ROOM_FOR_CALLERS_NS, startNs);
      const beginNs = this.#drawTree(calls, i, track);
      if (!drawnInside.has(parent)) drawnInside.set(parent, { beginNs, floorNs });
    }
    calls.length = 0;
  }

  /** Draws a call some of whose calls were drawn before: around them. */
  #drawAround(waiting: WaitingCalls, call: EndedCall, track: Track, inside: DrawnInside): void {
    this.#drawAll(waiting, track);
    const { drawnInside } = waiting;
    const { name, durationNs, isCut } = call;
    const earliestNs = Math.max(call.startNs, inside.floorNs + ROOM_FOR_CALLERS_NS / 2);
    const beginNs = Math.min(earliestNs, inside.beginNs - 1);
    const endNs = Math.max(beginNs + (Number.isNaN(durationNs) ? 0 : durationNs), track.lastEndNs);
    this.#draw(track, { name, beginNs, lengthNs: endNs - beginNs, durationNs, isCut });
    track.lastEndNs = endNs;
    drawnInside.delete(call.span);
    if (call.parent < 0) drawnInside.clear();
    else if (!drawnInside.has(call.parent))
      drawnInside.set(call.parent, { beginNs, floorNs: inside.floorNs });
  }

  #drawAll(waiting: WaitingCalls, track: Track): void {
    for (const i of outermostOf(waiting.calls)) {
      waiting.lastDrawn = Math.max(waiting.lastDrawn, waiting.calls[i]!.span);
      this.#drawTree(waiting.calls, i, track);
    }
    waiting.calls.length = 0;
  }

  /** Draws a call and those below it; returns where it begins. */
  #drawTree(calls: readonly Call[], root: number, track: Track): number {
    if (this.#beginNs.length < calls.length) {
      this.#beginNs = new Float64Array(calls.length * 2);
      this.#endNs = new Float64Array(calls.length * 2);
    }
    const begin = this.#beginNs;
    const end = this.#endNs;
    begin[root] = Math.max(calls[root]!.startNs, track.lastEndNs);
    end[root] = begin[root]! + calls[root]!.needNs;
    track.lastEndNs = end[root]!;
    const todo = this.#todo;
    todo.push(root);
    for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
      const { name, durationNs, isCut, size } = calls[i]!;
      const beginNs = begin[i]!;
      this.#draw(track, { name, beginNs, lengthNs: end[i]! - beginNs, durationNs, isCut });
      if (size > 1) this.#placeBelow(calls, i, todo);
    }
    return begin[root]!;
  }

  /** Places the calls made directly by `parent`, whose place is known; the first is done next. */
  #placeBelow(calls: readonly Call[], parent: number, todo: number[]): void {
    const begin = this.#beginNs;
    const end = this.#endNs;
    const below = this.#below;
    below.length = 0;
    const stop = parent - calls[parent]!.size;
    for (let i = parent - 1; i > stop; i -= calls[i]!.size) {
      below.push(i);
      todo.push(i);
    }
    // Forward: no earlier than stamped, and behind the sibling before.
    let at = begin[parent]!;
    for (let k = below.length - 1; k >= 0; k--) {
      const i = below[k]!;
      begin[i] = Math.max(at, calls[i]!.startNs);
      at = begin[i]! + calls[i]!.needNs;
    }
    // Backward: ended before the sibling behind and before the caller.
    let limit = end[parent]!;
    for (const i of below) {
      begin[i] = Math.max(begin[parent]!, Math.min(begin[i]!, limit - calls[i]!.needNs));
      end[i] = Math.min(limit, begin[i]! + calls[i]!.needNs);
      limit = begin[i]!;
    }
  }
}

/** The outermost of the waiting calls, the first one first. */
function outermostOf(calls: readonly Call[]): number[] {
  const outermost: number[] = [];
  for (let i = calls.length - 1; i >= 0; i -= calls[i]!.size) outermost.push(i);
  return outermost.reverse();
}

/** Whether a call whose begin was not seen holds one that ended before it. */
function holds(outer: EndedCall, inner: Call, takenNs: number): boolean {
  const fits = takenNs + inner.needNs <= outer.durationNs;
  // A stamp is of whole microseconds, a duration of nanoseconds.
  return fits && inner.startNs >= outer.startNs - 1000;
}
