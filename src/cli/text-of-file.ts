import { readFileSync } from 'node:fs';
import { InputError } from '../trace/diagnostics.ts';

/** A small text file; null when there is none. @throws {InputError} when it cannot be read. */
export function textOfFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new InputError(`${path}: ${code === 'EISDIR' ? 'is a directory' : message}`);
  }
}
