const HIGH_BYTE = /[\x80-\xff]/;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Text of the trace for people and other programs. Tables keep bytes as Latin-1; where they are UTF-8
 * (names of tasks), they are read as that.
 */
export function readable(latin1: string): string {
  if (!HIGH_BYTE.test(latin1)) return latin1;
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}

/** ns since the trace clock's zero, every digit exact even where the sum has more than 53 bits. */
export function absoluteNs(originNs: number, ns: number): string {
  const sum = originNs + ns;
  if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER) return String(Math.round(sum));
  return String(BigInt(Math.round(originNs)) + BigInt(Math.round(ns)));
}

/** The same in us with three decimals, as trace viewers want it. */
export function absoluteUs(originNs: number, ns: number): string {
  const sum = originNs + ns;
  if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return durationUs(sum);
  const digits = absoluteNs(originNs, ns);
  const sign = digits.startsWith('-') ? '-' : '';
  const padded = digits.slice(sign.length).padStart(4, '0');
  return `${sign}${padded.slice(0, -3)}.${padded.slice(-3)}`;
}

/** A duration in us with up to three decimals: `1.5`, `0.001`, `12`. */
export function durationUs(durationNs: number): string {
  const ns = Math.round(durationNs);
  const rest = ns % 1000;
  const us = (ns - rest) / 1000;
  if (rest === 0) return String(us);
  return `${us}.${String(1000 + rest).slice(1)}`;
}
