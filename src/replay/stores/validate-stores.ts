import type { RecordedTimes } from './recorded-times.ts';
import type { StoreComparison, StoreValidation } from './result.ts';
import type { StorePrediction } from './store-summary.ts';
import type { StoreGroup } from './store-workload.ts';

/** Medians of fewer are luck. */
const FEW = 30;
/** Of the recorded waits so much must come back; less is not worth judging. */
const WAITS_SHARE = 0.05;

/**
 * Lays the base beside the recording.
 * @param alone Means of the groups, ns, when each task runs by itself.
 */
export function compareStores(
  groups: readonly StoreGroup[],
  recorded: RecordedTimes,
  base: StorePrediction,
  alone: readonly number[],
): Omit<StoreValidation, 'structure' | 'fates'> {
  const mean = (values: Float64Array) => values.reduce((sum, ns) => sum + ns, 0) / values.length;
  const comparison = (
    name: string,
    recordedNs: number,
    modelledNs: StoreComparison['modelledNs'],
  ): StoreComparison => {
    const margin = 0.05 * recordedNs;
    const isOff = recordedNs < modelledNs.lo - margin || recordedNs > modelledNs.hi + margin;
    return { name, recordedNs, modelledNs, isOff };
  };
  const comparisons = groups.flatMap(({ path, pages }, g) => {
    const name = `${path}${pages > 1 ? ` (${pages} pages)` : ''}`;
    const durations = recorded.durationNs[g]!;
    const value = alone[g]!;
    const median = durations[durations.length >> 1]!;
    return [
      comparison(`${name}, mean without waits`, mean(recorded.withoutWaitsNs[g]!), {
        value,
        lo: value,
        hi: value,
      }),
      ...(durations.length >= FEW ? [comparison(`${name}, median`, median, base.groups[g]!.p50Ns)] : []),
    ];
  });
  const everyWait = Object.values(recorded.waitsNs).reduce((sum, ns) => sum + ns, 0);
  const unheld = Object.values(recorded.unheldNs).reduce((sum, ns) => sum + ns, 0);
  const waits = everyWait - unheld;
  const modelledWaits = Object.values(base.lockWaitNs);
  const waitsCompared = comparison('waits for locks that are held', waits, {
    value: modelledWaits.reduce((sum, { value }) => sum + value, 0),
    lo: modelledWaits.reduce((sum, { lo }) => sum + lo, 0),
    hi: modelledWaits.reduce((sum, { hi }) => sum + hi, 0),
  });
  const whole = recorded.durationNs.reduce((sum, list) => sum + list.reduce((a, b) => a + b, 0), 0);
  const all = [...comparisons, waitsCompared, comparison('first to last', recorded.totalNs, base.totalNs)];
  const reasons = comparisons
    .filter(({ isOff }) => isOff)
    .map(({ name }) => `${name}: outside the runs and 5 %`);
  if (waitsCompared.isOff && Math.max(waits, waitsCompared.modelledNs.value) > WAITS_SHARE * whole)
    reasons.push(waitReason(waits, waitsCompared.modelledNs.value, whole));
  return {
    comparisons: all,
    recordedWaitsNs: recorded.waitsNs,
    unheldWaitsNs: recorded.unheldNs,
    treeHeldNs: recorded.treeHeldNs,
    verdict: reasons.length === 0 ? 'fits' : 'does-not-fit',
    reasons,
  };
}

function waitReason(recordedNs: number, modelledNs: number, whole: number): string {
  const share = (ns: number) => `${((100 * ns) / whole).toFixed(1)} %`;
  return `${share(recordedNs)} of the recorded time is waiting for locks that somebody held, ${share(modelledNs)} in the model`;
}
