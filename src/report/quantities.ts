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
