/**
 * Luck without a state: a number belongs to an operation, a cost and a seed, not to the moment at which
 * it is asked for. So every design meets the same luck in the same operation (common random numbers).
 */

/** A whole number from two and a seed, well mixed, 32 bits. */
export function mix(a: number, b: number, seed: number): number {
  let h = Math.imul(a ^ seed, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  h = Math.imul(h, 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Key of a cost by its name (FNV-1a), and by how often the path has drawn it already. */
export function drawKey(cost: string, occurrence: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < cost.length; i++) h = Math.imul(h ^ cost.charCodeAt(i), 0x01000193);
  return (h + Math.imul(occurrence, 0x9e3779b1)) | 0;
}

/** Whether something happens whose chance is so many of 2^30: from the luck of an operation and a key. */
export function happens(luck: number, key: number, of30: number): boolean {
  let h = Math.imul(luck ^ key, 0x85ebca6b);
  h ^= h >>> 13;
  return Math.imul(h, 0x2c1b3c6d) >>> 2 < of30;
}

const FIRST = 0x2c1b3c6d;
const SECOND = 0x297a2d39;

/** Which of 64 quantiles: from the luck of an operation, {@link mix}, and the key of a cost. */
export function quantileIndex(luck: number, key: number): number {
  const h = Math.imul(luck ^ key, FIRST);
  return Math.imul(h ^ (h >>> 15), SECOND) >>> 26;
}

/** The same as a JavaScript expression: of a luck, a key, and a variable that it may use. */
export function quantileSource(luck: string, key: number, variable: string): string {
  const first = `${variable} = Math.imul(${luck} ^ ${key}, ${FIRST})`;
  return `(${first}, Math.imul(${variable} ^ (${variable} >>> 15), ${SECOND}) >>> 26)`;
}
