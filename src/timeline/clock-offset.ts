import { quantileSorted } from 'simple-statistics';
import { SAME_MOMENT_NS } from './event-key.ts';
import type { EventTimes } from './input-survey.ts';

/** Events in both inputs say how far their clocks are apart. */
export interface ClockOffset {
  /** Median of the first input's stamp less the second one's, for the same event, ns. */
  readonly offsetNs: number;
  /** Half the range that holds the middle 80 % of the differences, ns. */
  readonly spreadNs: number;
  /** Events found in both. */
  readonly events: number;
  /** Most differences are about the same: both inputs saw the same events. */
  readonly consistent: boolean;
}

/** Fewer common events prove nothing. */
const ENOUGH = 5;
const CONSISTENT_SHARE = 0.8;

/**
 * How far two clocks are apart by the events that both inputs hold: same name, task and numbers in the
 * text. Events that occur equally often in both are taken in their order; others cannot be told apart.
 * @param a,b Times of events by key, ns of each input's own clock.
 */
export function clockOffset(a: EventTimes, b: EventTimes): ClockOffset | null {
  const differences: number[] = [];
  for (const [key, timesA] of a.times) {
    const timesB = b.times.get(key);
    if (timesB === undefined || timesA.length !== timesB.length) continue;
    for (let i = 0; i < timesA.length; i++) differences.push(timesA[i]! - timesB[i]!);
  }
  if (differences.length < ENOUGH) return null;
  differences.sort((x, y) => x - y);
  const offsetNs = quantileSorted(differences, 0.5);
  const near = differences.filter((ns) => Math.abs(ns - offsetNs) <= SAME_MOMENT_NS).length;
  const spreadNs = (quantileSorted(differences, 0.9) - quantileSorted(differences, 0.1)) / 2;
  return {
    offsetNs,
    spreadNs,
    events: differences.length,
    consistent: near >= CONSISTENT_SHARE * differences.length,
  };
}
