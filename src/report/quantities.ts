/** Text for numbers, the same in every report. ASCII, kernel style: `us`, not the Greek letter. */

/** A duration with four significant digits: `220ns`, `4.610us`, `33.85ms`; `-` when not known. */
export function durationText(ns: number | null): string {
  if (ns === null || !Number.isFinite(ns)) return '-';
  if (ns < 1000) return `${Math.round(ns)}ns`;
  if (ns < 999_950) return `${significant(ns / 1e3)}us`;
  if (ns < 999_950_000) return `${significant(ns / 1e6)}ms`;
  return `${significant(ns / 1e9)}s`;
}

/** A duration to the ns as function_graph prints it: `33.850 us`. */
export function exactDurationText(ns: number): string {
  return `${(ns / 1000).toFixed(3)} us`;
}

/** Border of a histogram: powers of two of ns, as bpftrace writes them (`256`, `1K` is 1024 ns). */
export function borderText(ns: number): string {
  if (ns < 1024) return String(ns);
  if (ns < 1024 ** 2) return `${ns / 1024}K`;
  if (ns < 1024 ** 3) return `${ns / 1024 ** 2}M`;
  return `${ns / 1024 ** 3}G`;
}

/** Border of a histogram that another tool made; powers of two as bpftrace writes them. */
export function sideBorderText(value: number, unit: 'ns' | 'other'): string {
  if (value === Number.POSITIVE_INFINITY) return '...';
  if (value >= 1024 && Number.isInteger(Math.log2(value))) return borderText(value);
  if (unit === 'other') return String(value);
  const steps = ['ns', 'us', 'ms', 's'];
  let step = 0;
  for (; value >= 1000 && step < steps.length - 1; step++) value /= 1000;
  return `${Number(value.toPrecision(4))}${steps[step]}`;
}

/** A share: `81.7 %`; `<0.1 %` and `>99.9 %` where rounding would say nothing or all. */
export function shareText(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return '-';
  if (share > 0 && share < 0.001) return '<0.1 %';
  if (share < 1 && share >= 0.9995) return '>99.9 %';
  return `${(share * 100).toFixed(1)} %`;
}

/** Bytes: `7.8 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${significant(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${significant(bytes / 1e6)} MB`;
  return `${significant(bytes / 1e9)} GB`;
}

/** A share without its sign, for ranges: `23.6`. */
export function percentText(share: number): string {
  return (share * 100).toFixed(1);
}

/** `1 call`, `2 calls`; `2 switches` where an s is not enough. */
export function countText(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

function significant(value: number): string {
  if (value < 10) return value.toFixed(3);
  if (value < 100) return value.toFixed(2);
  if (value < 1000) return value.toFixed(1);
  return value.toFixed(0);
}
