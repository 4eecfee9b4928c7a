import { UsageError } from '../trace/diagnostics.ts';
import { expandInputs } from './expand-inputs.ts';
import { statOf } from './stat-of.ts';

/**
 * Refuses to write a report over a trace that it is made from: recordings cannot be made again. Other
 * names of the same file (links) count too; devices and pipes can be both.
 * @param inputs Files, directories and globs, as on the command line.
 * @param outputs Files to be written; undefined where none is.
 * @throws {UsageError} when a file is both.
 * @throws {InputError} when a directory or glob stands for nothing.
 */
export function keepInputs(inputs: readonly string[], outputs: readonly (string | undefined)[]): void {
  const written = new Set(outputs.map(fileIdentity).filter((identity) => identity !== null));
  if (written.size === 0) return;
  for (const { name } of expandInputs(inputs)) {
    const identity = fileIdentity(name);
    if (identity !== null && written.has(identity))
      throw new UsageError(`${name}: is read, so it is not written to; name another file for the output`);
  }
}

/** Device and inode of a regular file; null for all else. */
function fileIdentity(path: string | undefined): string | null {
  if (path === undefined || path === '-') return null;
  const stats = statOf(path);
  return stats?.isFile() ? `${stats.dev}:${stats.ino}` : null;
}
