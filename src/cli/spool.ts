import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokenInput } from '../parsers/decompress.ts';

/** A copy of an input, decompressed. */
export interface SpooledCopy {
  readonly path: string;
  /** What was wrong with the end of the input; null when nothing was. */
  readonly broken: string | null;
}

/**
 * Temporary files: copies of inputs that can be read only once (pipes) or not at any offset (compressed
 * ones), and whatever else is too large to be held. The folder is made on first use, and removed at the
 * end and by signals.
 */
export class Spool {
  #folder: string | null = null;
  #files = 0;
  readonly #copies = new Map<string, SpooledCopy>();

  /** The copy of an input, if there is one. */
  copyOf(name: string): SpooledCopy | null {
    return this.#copies.get(name) ?? null;
  }

  /**
   * Copies an input; data that break off are kept as far as they go.
   * @param see Is called with each chunk.
   */
  async copy(
    name: string,
    chunks: AsyncIterable<Uint8Array>,
    see: (chunk: Uint8Array) => void,
  ): Promise<SpooledCopy> {
    const path = this.newPath();
    const fd = openSync(path, 'w');
    let broken: string | null = null;
    try {
      for await (const chunk of chunks) {
        see(chunk);
        for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
      }
    } catch (error) {
      if (!(error instanceof BrokenInput)) throw error;
      broken = error.message;
    } finally {
      closeSync(fd);
    }
    const copy = { path, broken };
    this.#copies.set(name, copy);
    return copy;
  }

  /** A path for a temporary file. */
  newPath(): string {
    this.#folder ??= this.#makeFolder();
    return join(this.#folder, String(this.#files++));
  }

  remove(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #makeFolder(): string {
    // Also when the reader of our output leaves first.
    process.once('exit', () => this.remove());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        this.remove();
        // Handled once: this time it ends us, with the status that a shell expects.
        process.kill(process.pid, signal);
      });
    }
    return mkdtempSync(join(tmpdir(), 'trace-replay-'));
  }
}
