import type { StoreFates } from './result.ts';

/** How soon the shrink worker runs when it is woken, and how that is known. */
export interface WakeTime {
  readonly ns: number;
  /** `fitted`: with it the recording's own sizes and limit come closest to the recorded number of pages written back. */
  readonly basis: 'fitted' | 'assumed';
}

/** On an idle machine; nobody knows how busy the CPUs are where no refused folio was recorded. */
const ASSUMED_NS = 50_000;
const LEAST_NS = 10_000;
/** A worker that needs longer than this never runs. */
const MOST_NS = 10e9;
/** Halvings of the range, by factors: to within 10 %. */
const STEPS = 8;

/**
 * The delay with which about as many pages are written back as were recorded: a worker competes with the tasks that
 * store for their CPUs, and each of its runs gives up after 16 entries that have a second chance left.
 * @param recorded Pages written back; null: no folio was refused for the limit, nothing to fit to.
 * @param modelled Fates with a delay.
 */
export function wakeTime(recorded: number | null, modelled: (wakeNs: number) => StoreFates): WakeTime {
  if (recorded === null) return { ns: ASSUMED_NS, basis: 'assumed' };
  let [low, high] = [LEAST_NS, MOST_NS];
  let best = { ns: high, off: Number.POSITIVE_INFINITY };
  for (let step = 0; step < STEPS && best.off > 0; step++) {
    const middle = Math.sqrt(low * high);
    const { writtenBack } = modelled(middle);
    const off = Math.abs(writtenBack - recorded);
    if (off < best.off) best = { ns: middle, off };
    if (writtenBack > recorded) low = middle;
    else high = middle;
  }
  return { ns: best.ns, basis: 'fitted' };
}
