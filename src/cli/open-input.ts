import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { BrokenInput } from '../parsers/decompress.ts';
import { formatById, recogniseFormat, type TraceFormat } from '../parsers/registry.ts';
import { openSource, type Source } from '../parsers/source.ts';
import type { ParseContext, TraceFacts, TraceParser } from '../parsers/trace-parser.ts';
import { wholeLines } from '../parsers/unfinished-line.ts';
import { InputError } from '../trace/diagnostics.ts';
import type { Progress } from './progress.ts';
import type { Spool } from './spool.ts';

/** How long signals and closed pipes may wait for their turn. */
const TURN_MS = 100;

export interface OpenOptions {
  readonly progress: Progress;
  readonly spool: Spool;
  /** Id of the format that the user says it is; null: told by the input itself. */
  readonly format: string | null;
  /** SHA-256 of the decompressed input is wanted. */
  readonly hash: boolean;
  /** Keep a copy of what can be read only once. */
  readonly again: boolean;
  readonly warn: (message: string) => void;
}

/** An input that has been opened and recognised, and is read step by step. */
export class OpenedInput {
  readonly name: string;
  readonly format: TraceFormat;
  readonly #source: Source;
  readonly #options: OpenOptions;
  readonly #hash: Hash | null;
  /** What was wrong with the end of the input, when it was copied. */
  #broken: string | null;
  #context: ParseContext | null = null;
  #parser: TraceParser | null = null;
  #chunks: AsyncIterator<Uint8Array> | null = null;
  #facts: TraceFacts | null = null;
  #originNs = 0;
  #bytes = 0;
  /** Nothing was given out so far: no record, no table. */
  #isBare = true;

  private constructor(
    name: string,
    format: TraceFormat,
    source: Source,
    broken: string | null,
    options: OpenOptions,
  ) {
    this.name = name;
    this.format = format;
    this.#source = source;
    this.#broken = broken;
    this.#options = options;
    this.#hash = options.hash ? createHash('sha256') : null;
  }

  /**
   * Opens an input and finds out what it is. What can be read only once, or not at any offset though its
   * format needs that, is copied to the spool first.
   * @throws {InputError} when it cannot be opened or is nothing that is read.
   */
  static async open(name: string, options: OpenOptions): Promise<OpenedInput> {
    const { spool, progress } = options;
    const copied = spool.copyOf(name);
    const source = await openSource(copied?.path ?? name);
    const given = { ...source, name };
    let format: TraceFormat;
    try {
      format = options.format === null ? recogniseFormat(given) : formatById(options.format);
    } catch (error) {
      await source.close();
      throw error;
    }
    const onlyOnce = options.again && source.sizeBytes === null;
    if (copied !== null || source.isPlainFile || !(onlyOnce || format.open === null))
      return new OpenedInput(name, format, given, copied?.broken ?? null, options);
    const copy = await spool.copy(name, source.chunks, () => {
      progress.update(name, source.progress(), source.sizeBytes);
    });
    if (copy.broken !== null) options.warn(copy.broken);
    return new OpenedInput(name, format, { ...(await openSource(copy.path)), name }, copy.broken, options);
  }

  /** What the times of the records given out so far are relative to, ns. */
  get originNs(): number {
    return this.#parser?.originNs ?? this.#originNs;
  }

  /** True when all records come in one step, whether anybody is ready for them or not. */
  get isReadAtOnce(): boolean {
    return this.format.open === null;
  }

  /** Says where the records go. */
  begin(context: Omit<ParseContext, 'inputName' | 'onOrigin'>): void {
    const { name, format } = this;
    const onOrigin = (originNs: number) => {
      this.#originNs = originNs;
    };
    this.#context = this.#watched({ ...context, inputName: name, onOrigin });
    if (format.open === null) return;
    this.#parser = format.open(this.#context);
    const tapped = this.#tap(wholeLines(this.#source, () => this.#count('unfinished-line')));
    const overlong = (line: number) => {
      const sentence = 'lines too long for a mail were skipped';
      context.diagnostics.add('overlong-line', 'warning', sentence, `${name}:${line}`);
    };
    const chunks = format.prepare ? format.prepare(tapped, overlong) : tapped;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Reads on; false when the input has ended. */
  async next(): Promise<boolean> {
    if (this.format.open === null) {
      await this.#readFile();
      return false;
    }
    try {
      const { done, value } = await this.#chunks!.next();
      if (done) return false;
      this.#parser!.push(value);
      return true;
    } catch (error) {
      if (!(error instanceof BrokenInput)) throw error;
      this.#broken = error.message;
      this.#options.warn(error.message);
      return false;
    }
  }

  /** Ends the reading where it is. */
  async close(): Promise<void> {
    await this.#chunks?.return?.();
    await this.#source.close();
  }

  /**
   * What is known of the input when it has been read; call it once.
   * @throws {InputError} when it was said to be of a format that it has nothing of.
   */
  finish(): { readonly facts: TraceFacts; readonly sha256: string } {
    if (this.#broken !== null) this.#count('input-broken-off', this.#broken);
    const facts = { ...(this.#facts ?? this.#parser!.finish()), bytes: this.#bytes };
    if (this.#isBare && this.#options.format !== null && !this.format.sniff(this.#source.head)) {
      const { id } = this.format;
      throw new InputError(
        `${this.name}: nothing of format ${id} in it (--format); leave the format to be found out`,
      );
    }
    return { facts, sha256: this.#hash?.digest('hex') ?? '' };
  }

  /** Notes whether anything is given out. */
  #watched(context: ParseContext): ParseContext {
    const { sink, tables } = context;
    const note = () => {
      this.#isBare = false;
    };
    return {
      ...context,
      sink: (batch) => {
        if (batch.length > 0) note();
        sink(batch);
      },
      ...(tables && {
        tables: {
          histogram: (histogram) => {
            note();
            tables.histogram(histogram);
          },
          table: (table) => {
            note();
            tables.table(table);
          },
        },
      }),
    };
  }

  #count(id: keyof typeof SENTENCES, place: string = this.name): void {
    this.#context!.diagnostics.add(id, id === 'unfinished-line' ? 'info' : 'loss', SENTENCES[id], place);
  }

  async #readFile(): Promise<void> {
    const { progress, spool } = this.#options;
    const { name, format } = this;
    const path = spool.copyOf(name)?.path ?? name;
    await this.close();
    if (this.#hash) hashFile(path, this.#hash);
    const size = this.#source.sizeBytes;
    this.#facts = await format.readFile!(path, this.#context!, (bytes) => progress.update(name, bytes, size));
    this.#bytes = size ?? this.#facts.bytes;
  }

  async *#tap(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { name } = this;
    const source = this.#source;
    let waited = Date.now();
    for await (const chunk of chunks) {
      this.#bytes += chunk.length;
      this.#hash?.update(chunk);
      this.#options.progress.update(name, source.progress(), source.sizeBytes);
      yield chunk;
      // Regular files are read without waiting: signals would not come through until the end.
      if (Date.now() - waited < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      waited = Date.now();
    }
  }
}

const SENTENCES = {
  'input-broken-off': 'the input could not be read to its end',
  'unfinished-line': 'the input is still being written; its last line is not finished and was left out',
} as const;

function hashFile(path: string, hash: Hash): void {
  const fd = openSync(path, 'r');
  const buffer = new Uint8Array(1 << 18);
  try {
    for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer))
      hash.update(buffer.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}
