import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../trace/diagnostics.ts';

const BUFFERED_CHARACTERS = 1 << 16;
const STDOUT = 1;
/** How long to wait for a reader whose pipe is full and does not block, ms. */
const RETRY_MS = 2;

/**
 * Text written piece by piece to a file that appears whole or not at all, or to standard output.
 * Writing waits for the reader, so that nothing piles up.
 */
export class TextFile {
  readonly #path: string;
  readonly #fd: number;
  /** The file beside the wanted one that is written first; '' where it is written to directly. */
  readonly #beside: string = '';
  readonly #remove = () => this.abandon();
  readonly #end = (signal: NodeJS.Signals) => {
    this.abandon();
    // The handler was for once: this time it ends us, with the status that a shell expects.
    process.kill(process.pid, signal);
  };
  #text = '';

  /** @param path Undefined or `-`: standard output. */
  constructor(path: string | undefined) {
    this.#path = path ?? '-';
    if (this.#path === '-') {
      this.#fd = STDOUT;
      return;
    }
    // A device or FIFO (/dev/null) is written to, never replaced.
    const direct = existsSync(this.#path) && !statSync(this.#path).isFile();
    const beside = join(dirname(this.#path), `.trace-replay-${process.pid}.tmp`);
    this.#fd = this.#try(() => openSync(direct ? this.#path : beside, 'w'));
    if (direct) return;
    this.#beside = beside;
    process.once('exit', this.#remove);
    for (const signal of SIGNALS) process.once(signal, this.#end);
  }

  /** @throws {InputError} when it cannot be written; EPIPE as it is. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= BUFFERED_CHARACTERS) this.#flush();
  }

  /** Writes the rest and lets the file appear. */
  finish(): void {
    this.#flush();
    if (this.#fd === STDOUT) return;
    this.#try(() => {
      if (this.#beside !== '') fsyncSync(this.#fd);
      closeSync(this.#fd);
      if (this.#beside !== '') renameSync(this.#beside, this.#path);
    });
    this.#forget();
  }

  /** Takes away what was written: the export did not come to its end. */
  abandon(): void {
    if (this.#beside === '') return;
    rmSync(this.#beside, { force: true });
    this.#forget();
  }

  #forget(): void {
    process.off('exit', this.#remove);
    for (const signal of SIGNALS) process.off(signal, this.#end);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text, 'utf8');
    this.#text = '';
    this.#try(() => {
      for (let at = 0; at < bytes.length; ) at += writeSome(this.#fd, bytes, at);
    });
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw error;
      const name = this.#path === '-' ? 'standard output' : this.#path;
      throw new InputError(`${name}: cannot be written (${message})`);
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Number of bytes written; 0 after a while where a pipe that does not block is full. */
function writeSome(fd: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(fd, bytes, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    return 0;
  }
}
