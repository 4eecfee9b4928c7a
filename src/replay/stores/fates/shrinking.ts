import type { Entry, ZswapState } from '../../../model/zswap/state.ts';
import { lookAtHead, ShrinkWorker, type SwapCache, writeBack } from '../../../model/zswap/writeback.ts';

/** Writeback stops at no page: which slots are in the swap cache at which moment is told by no run but the recorded one. */
const NO_SWAP_CACHE: SwapCache = { has: () => false, isUsed: () => true };
/** A look at an entry that is not written back, ns: assumed. */
const LOOK_NS = 1000;

/** How fast the shrink worker is, ns. */
export interface ShrinkPace {
  /** From the refused folio that wakes it to its run. */
  readonly wakeNs: number;
  /** From one page written back to the next. */
  readonly writebackNs: number;
}

/** The shrink worker beside the stores: it is woken by refused folios, and takes its time. */
export class ShrinkClock {
  readonly #state: ZswapState;
  readonly #pace: ShrinkPace;
  readonly #onWritten: (entry: Entry, atNs: number) => void;
  #worker: ShrinkWorker | null = null;
  #written = 0;
  /** When it looks at the next memcg; null: it sleeps. */
  #nextNs: number | null = null;

  constructor(state: ZswapState, pace: ShrinkPace, onWritten: (entry: Entry, atNs: number) => void) {
    this.#state = state;
    this.#pace = pace;
    this.#onWritten = onWritten;
  }

  /** Something was done at a time: it may have woken the worker. */
  wokenAt(ns: number): void {
    if (this.#state.shrinkQueued) this.#nextNs ??= ns + this.#pace.wakeNs;
  }

  /** All that the worker does before a time. */
  runUntil(ns: number): void {
    while (this.#nextNs !== null && this.#nextNs <= ns) {
      const atNs = this.#nextNs;
      this.#worker ??= new ShrinkWorker(this.#state, NO_SWAP_CACHE, (entry) => {
        this.#written++;
        this.#onWritten(entry, this.#nextNs!);
      });
      const goesOn = this.#worker.step();
      const tookNs = this.#written > 0 ? this.#written * this.#pace.writebackNs : LOOK_NS;
      this.#written = 0;
      if (goesOn) this.#nextNs = atNs + tookNs;
      else {
        this.#worker = null;
        this.#nextNs = null;
        // Asked for again while it ran.
        this.wokenAt(atNs + tookNs);
      }
    }
  }
}

/** Reclaim asks for one page: the lists in turn, past all second chances. Null when no list has an entry. */
export function writeOneBack(state: ZswapState): Entry | null {
  for (const key of state.lists.keys()) {
    for (let looks = 2 * state.lists.length(key); looks > 0; looks--) {
      const look = lookAtHead(state, key);
      if (look.kind === 'victim') return writeBack(state, NO_SWAP_CACHE, look.entry, look.slot).entry;
    }
  }
  return null;
}
