import { type BigIntStats, statSync } from 'node:fs';

/** What is at a path; undefined where nothing is or can be (a folder that is a file, no permission). */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    // Whoever opens it says why it cannot be.
    return undefined;
  }
}
