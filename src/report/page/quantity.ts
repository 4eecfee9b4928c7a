/** Numbers of the page's tables; sentences use the quantities of all reports (../quantities.ts). */

/** What a cell shows where there is nothing to tell. */
export const ABSENT = '-';

/** 1234567 as `1,234,567`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? group(String(Math.round(count))) : ABSENT;
}

/** In us as the kernel prints it, to the ns, without the unit: `33,998.590`. */
export function formatUs(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return ABSENT;
  const [whole, rest] = (ns / 1000).toFixed(3).split('.');
  return `${group(whole!)}.${rest}`;
}

/** `1 call`, `2 calls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
