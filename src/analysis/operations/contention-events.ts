import { contention } from '../../trace/event-fields.ts';
import { contentionKind } from '../events/contention-waits.ts';
import type { LockKind } from '../locks/primitives.ts';

interface Wait {
  readonly fromNs: number;
  readonly toNs: number;
  readonly kind: LockKind;
}

/** Waits of one task that are kept until the call that waited ends. */
const KEPT = 64;
/** Stamps are printed in whole microseconds. */
const STAMP_NS = 1000;

/** What `contention_begin` and `contention_end` of one task tell of waiting, until a call takes it. */
export class ContentionEvents {
  #begun: { fromNs: number; kind: LockKind } | null = null;
  #waits: Wait[] = [];

  /** Takes the event if it is one of contention. */
  event(name: string, text: string, timeNs: number): boolean {
    if (!/(?:^|:)contention_(?:begin|end)$/.test(name)) return false;
    if (name.endsWith('begin')) {
      const read = contention(text);
      this.#begun = read === null ? null : { fromNs: timeNs, kind: contentionKind(read.flags) };
    } else if (this.#begun !== null) {
      if (this.#waits.length === KEPT) this.#waits.shift();
      this.#waits.push({ ...this.#begun, toNs: timeNs });
      this.#begun = null;
    }
    return true;
  }

  /** Time waited within a call, ns; it is not told again. */
  take(startNs: number, endNs: number): number {
    if (this.#waits.length === 0) return 0;
    return this.takeAll(startNs, endNs).reduce((sum, { ns }) => sum + ns, 0);
  }

  /** Waits within a call, by the kind of lock; they are not told again. */
  takeAll(startNs: number, endNs: number): { readonly kind: LockKind; readonly ns: number }[] {
    if (this.#waits.length === 0) return [];
    const isWithin = (wait: Wait) => wait.fromNs >= startNs - STAMP_NS && wait.toNs <= endNs + STAMP_NS;
    const found = this.#waits.filter(isWithin);
    this.#waits = this.#waits.filter((wait) => !isWithin(wait));
    return found.map(({ fromNs, toNs, kind }) => ({ kind, ns: Math.max(0, toNs - fromNs) }));
  }
}
