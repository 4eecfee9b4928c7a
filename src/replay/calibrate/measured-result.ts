import type { Interval } from '../interval.ts';
import type { Ensemble } from './ensemble.ts';
import type { Measured, MeasuredName } from './noise.ts';

/** An untraced time that was measured, beside the model's with the tracer taken out. */
export interface MeasuredResult {
  readonly name: MeasuredName;
  readonly measuredNs: number;
  /** Sets that reproduce the recording, before the measured time was looked at. */
  readonly predictedNs: Interval;
  /** Median of those over the measured time, less 1. */
  readonly error: number;
  /** Sets that reproduce both; null when none does. */
  readonly afterNs: Interval | null;
}

/** Lays measured times beside what the ensemble says of them. */
export function measuredResults(
  measured: readonly Measured[],
  { judged, accepted }: Ensemble,
  interval: (values: readonly number[]) => Interval,
): readonly MeasuredResult[] {
  // They are the last check.
  const candidates = judged.at(-1) ?? [];
  return measured.flatMap(({ name, ns }): MeasuredResult[] => {
    const values = (only: boolean) =>
      candidates.filter(({ isKept }) => !only || isKept).map(({ figures }) => figures[name]!);
    if (candidates.length === 0) return [];
    const predictedNs = interval(values(false));
    return [
      {
        name,
        measuredNs: ns,
        predictedNs,
        error: predictedNs.value / ns - 1,
        afterNs: accepted > 0 ? interval(values(true)) : null,
      },
    ];
  });
}
