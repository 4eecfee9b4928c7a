import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../trace/diagnostics.ts';

/** Writes to standard output; `-` as a file means that too. */
export async function writeStdout(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Writes a file whole or not at all: beside it first, then renamed.
 * @throws {InputError} when it cannot be written.
 */
export function writeFileWhole(path: string, text: string): void {
  // A device or FIFO (/dev/null) is written to, never replaced.
  if (existsSync(path) && !statSync(path).isFile()) {
    writeDirectly(path, text);
    return;
  }
  const beside = join(dirname(path), `.trace-replay-${process.pid}.tmp`);
  try {
    const fd = openSync(beside, 'w');
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
  } catch (error) {
    removeQuietly(beside);
    throw new InputError(`${path}: cannot be written (${(error as Error).message})`);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It could not be made either: the error that is told says why.
  }
}

function writeDirectly(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new InputError(`${path}: cannot be written (${(error as Error).message})`);
  }
}

/** To a file, or to standard output for `-` and when no file is named. */
export async function writeTo(path: string | undefined, text: string): Promise<void> {
  if (path === undefined || path === '-') await writeStdout(text);
  else writeFileWhole(path, text);
}
