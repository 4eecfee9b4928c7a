/**
 * The nearest time that the machine knows: its times are whole multiples of 1/256 ns. Doubles add such numbers
 * exactly (up to 35,000 seconds), so sums do not depend on the order of their terms: laws hold to the last bit,
 * and two programs that go through the same events in another order print the same bytes.
 */
export function quantised(ns: number): number {
  return Math.round(ns * 256) / 256;
}

/** Buckets of a latency histogram: 16 an octave, up to 2^46 ns. */
export const BUCKETS = 16 * 48;

/** Bucket of a duration: 16 an octave, exact below 16 ns. */
export function bucketOf(ns: number): number {
  if (ns < 16) return ns | 0;
  if (ns >= 2 ** 46) return BUCKETS - 1;
  const high = ns >= 2 ** 30;
  const scaled = high ? Math.floor(ns / 2 ** 16) : ns | 0;
  const exponent = 31 - Math.clz32(scaled);
  const sub = exponent >= 4 ? (scaled >> (exponent - 4)) & 15 : (scaled << (4 - exponent)) & 15;
  return (exponent + (high ? 16 : 0) - 3) * 16 + sub;
}

/** Lower bound of a bucket, ns. */
export function bucketFloor(bucket: number): number {
  if (bucket < 16) return bucket;
  const exponent = (bucket >> 4) + 3;
  return 2 ** exponent * (1 + (bucket & 15) / 16);
}
