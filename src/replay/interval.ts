/** Median and the middle 90 % of an ensemble. */
export interface Interval {
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** Median, 5 % and 95 % of values; infinite ones ("never") count as the largest. */
export function interval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  return { value: medianOfSorted(sorted), lo: at(0.05), hi: at(0.95) };
}

export function median(values: readonly number[]): number {
  return medianOfSorted([...values].sort((a, b) => a - b));
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
