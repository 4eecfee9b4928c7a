import { closeSync, openSync, readSync } from 'node:fs';
import { statOf } from './stat-of.ts';

/** The first bytes of a plain file; null for standard input, what is no plain file, and what cannot be opened. */
export function headOfFile(name: string, bytes: number): Uint8Array | null {
  if (name === '-' || !statOf(name)?.isFile()) return null;
  let file: number;
  try {
    file = openSync(name, 'r');
  } catch {
    // Whoever reads it says why it cannot be read.
    return null;
  }
  try {
    const head = new Uint8Array(bytes);
    return head.subarray(0, readSync(file, head, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}
