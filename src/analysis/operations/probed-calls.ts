import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';

/** Stamps are printed in whole microseconds. */
const STAMP_NS = 1000;

/** An operation that its return probe has ended. */
interface Probed<Open> {
  readonly open: Open;
  /** Innermost call of the graph that was open at one of its probes, by number; -1 without one. */
  readonly call: number;
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * Operations of one task that ended by their return probe while the graph may still show the call they
 * are: where function_graph and kprobes see the same function, probe handlers run within its call.
 * None of these functions calls itself, so a call with one of its own probes in it is that operation.
 */
export class ProbedCalls<Open> {
  readonly #ended = new Map<string, Probed<Open>>();

  /** The return probe of a function has come. */
  ended(function_: string, probed: Probed<Open>): void {
    this.#ended.set(function_, probed);
  }

  /** The operation that the call of row `i` is, if its probes came within the call; it is told once. */
  take(function_: string, rows: SpanBatch, i: number): Open | undefined {
    const probed = this.#ended.get(function_);
    if (probed === undefined || !isWithin(probed, rows, i)) return undefined;
    // The return of a call that was cut may still come.
    if (rows.kind[i] === SpanKind.Span) this.#ended.delete(function_);
    return probed.open;
  }
}

/** Calls are numbered as they begin: what is open in one that has not ended is the call or begins in it. */
function isWithin(probed: Probed<unknown>, rows: SpanBatch, i: number): boolean {
  if ((rows.flags[i]! & SpanFlag.StartCut) === 0) return probed.call >= rows.span[i]!;
  // Numbered at its end, because its beginning was not seen.
  const start = rows.startNs[i]!;
  return probed.startNs >= start - STAMP_NS && probed.endNs <= start + rows.durationNs[i]! + STAMP_NS;
}
