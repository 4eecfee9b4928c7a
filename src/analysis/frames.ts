import type { NameId } from '../trace/names.ts';

/** No frame, no stack. */
export const NONE = -1;
/** Open calls kept at once; more are no stacks any more. */
export const MAX_FRAMES = 1 << 16;

/**
 * Open calls as rows of typed arrays, linked to their callers by `up`. A frame costs no allocation.
 * What the columns hold is meant as in `SpanBatch`.
 */
export class Frames {
  readonly up = new Int32Array(MAX_FRAMES);
  readonly name = new Int32Array(MAX_FRAMES);
  readonly depth = new Int16Array(MAX_FRAMES);
  readonly level = new Int32Array(MAX_FRAMES);
  readonly span = new Float64Array(MAX_FRAMES);
  readonly startNs = new Float64Array(MAX_FRAMES);
  readonly childNs = new Float64Array(MAX_FRAMES);
  readonly children = new Int32Array(MAX_FRAMES);
  readonly descendants = new Int32Array(MAX_FRAMES);
  /** Sum of the next three; they and their own parts mean nothing while it is 0. */
  readonly outNs = new Float64Array(MAX_FRAMES);
  readonly irqNs = new Float64Array(MAX_FRAMES);
  readonly softirqNs = new Float64Array(MAX_FRAMES);
  readonly offNs = new Float64Array(MAX_FRAMES);
  /** The parts of the three above that no traced call below accounts for. */
  readonly ownIrqNs = new Float64Array(MAX_FRAMES);
  readonly ownSoftirqNs = new Float64Array(MAX_FRAMES);
  readonly ownOffNs = new Float64Array(MAX_FRAMES);
  readonly flags = new Uint16Array(MAX_FRAMES);
  readonly line = new Float64Array(MAX_FRAMES);
  /** One bit for each name (id modulo 32) open at or above the frame: a quick "surely not recursive". */
  readonly openNames = new Int32Array(MAX_FRAMES);
  readonly cpu = new Int32Array(MAX_FRAMES);
  readonly node = new Int32Array(MAX_FRAMES);

  readonly #free: number[] = [];
  #used = 0;

  /** A frame to fill in; NONE when there is no room for another. */
  take(): number {
    if (this.#free.length > 0) return this.#free.pop()!;
    return this.#used === MAX_FRAMES ? NONE : this.#used++;
  }

  /** Gives a frame back. */
  release(frame: number): void {
    this.#free.push(frame);
  }

  /** True when a call of this function is open at `from` or further out. */
  isOpen(from: number, name: NameId): boolean {
    for (let frame = from; frame !== NONE; frame = this.up[frame]!) {
      if (this.name[frame] === name) return true;
    }
    return false;
  }

  /** Adds time in which a frame's task did something else; the sums begin with the first. */
  addOut(frame: number, irqNs: number, softirqNs: number, offNs: number): void {
    if (this.outNs[frame] === 0) {
      this.irqNs[frame] = 0;
      this.softirqNs[frame] = 0;
      this.offNs[frame] = 0;
      this.ownIrqNs[frame] = 0;
      this.ownSoftirqNs[frame] = 0;
      this.ownOffNs[frame] = 0;
    }
    this.outNs[frame]! += irqNs + softirqNs + offNs;
    this.irqNs[frame]! += irqNs;
    this.softirqNs[frame]! += softirqNs;
    this.offNs[frame]! += offNs;
  }

  /** Marks a frame. */
  mark(frame: number, flag: number): void {
    this.flags[frame]! |= flag;
  }
}
