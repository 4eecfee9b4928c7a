/** What a cell shows where there is nothing to tell. */
export const ABSENT = '-';

/** 1234567 as `1,234,567`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? group(String(Math.round(count))) : ABSENT;
}

/** Exact to the ns, in us as the kernel prints it, without the unit: `33,998.590`. */
export function formatUs(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return ABSENT;
  const [whole, rest] = (ns / 1000).toFixed(3).split('.');
  return `${group(whole!)}.${rest}`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [1, 'ns'],
  [1e3, 'us'],
  [1e6, 'ms'],
  [1e9, 's'],
];

/** For sentences: three digits and a fitting unit, `17 us`, `5.31 ms`. */
export function formatNs(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return 'unknown';
  let [size, unit] = UNITS[0]!;
  for (const [s, u] of UNITS) {
    // 999.6 us would round to `1000 us`: that is 1 ms.
    if (Math.abs(ns) >= s * 0.9995) [size, unit] = [s, u];
  }
  const value = ns / size;
  return `${Math.abs(value) >= 1000 ? group(value.toFixed(0)) : Number(value.toPrecision(3))} ${unit}`;
}

/** A share as a percentage; never rounded to 0 or 100 when it is neither. */
export function formatPercent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return ABSENT;
  if (share > 0 && share < 0.0001) return '<0.01 %';
  if (share > 0.9999 && share < 1) return '>99.99 %';
  const percent = share * 100;
  const digits = share !== 0 && share !== 1 && (share < 0.01 || share > 0.999) ? 2 : 1;
  return `${percent.toFixed(digits)} %`;
}

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `412 bytes`, `3.2 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? formatCount(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** `1 call`, `2 calls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
