import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TraceAnalysis } from '../analysis/trace-analysis.ts';
import { BrokenInput } from '../parsers/decompress.ts';
import { recogniseFormat } from '../parsers/registry.ts';
import { openSource, type Source } from '../parsers/source.ts';
import { InputError } from '../trace/diagnostics.ts';
import type { Progress } from './progress.ts';

export interface ReadOptions {
  readonly progress: Progress;
  /** SHA-256 of each input, for reports that are kept. */
  readonly hash: boolean;
  /** Keeps what cannot be read twice (pipes) in a file, so that a second pass can. */
  readonly spool: Spool | null;
  readonly warn: (message: string) => void;
}

/** Copies of inputs that can be read only once; removed at the end. */
export class Spool {
  readonly #folder = mkdtempSync(join(tmpdir(), 'trace-replay-'));
  readonly #paths = new Map<string, string>();
  /** What was wrong with the end of an input, to be told after the second reading as well. */
  readonly broken = new Map<string, string>();

  constructor() {
    // Also when the reader of our output leaves first.
    process.once('exit', () => this.remove());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        this.remove();
        // Handled once: this time it ends us, with the status that a shell expects.
        process.kill(process.pid, signal);
      });
    }
  }

  /** Where the copy of an input is, or goes. */
  pathFor(name: string): string {
    const path = this.#paths.get(name) ?? join(this.#folder, String(this.#paths.size));
    this.#paths.set(name, path);
    return path;
  }

  has(name: string): boolean {
    return this.#paths.has(name);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Reads inputs one after the other into the analysis. An input that cannot be read is reported and
 * left out as long as another can.
 * @throws {InputError} when nothing could be read.
 */
export async function readInputs(
  names: readonly string[],
  analysis: TraceAnalysis,
  options: ReadOptions,
): Promise<void> {
  const failures: InputError[] = [];
  for (const name of names) {
    try {
      await readInput(name, analysis, options);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(error);
    } finally {
      options.progress.end();
    }
  }
  if (failures.length === names.length) throw new InputError(failures.map((f) => f.message).join('\n'));
  for (const failure of failures) {
    analysis.diagnostics.add('input-not-read', 'error', 'inputs could not be read', failure.message);
    options.warn(failure.message);
  }
}

async function readInput(name: string, analysis: TraceAnalysis, options: ReadOptions): Promise<void> {
  const spooled = options.spool?.has(name) ?? false;
  const source = await openSource(spooled ? options.spool!.pathFor(name) : name);
  const format = recogniseFormat({ ...source, name });
  const keep = !spooled && options.spool !== null && source.sizeBytes === null;
  const copy = keep ? openSync(options.spool!.pathFor(name), 'w') : -1;
  const hash = options.hash ? createHash('sha256') : null;
  if (format.open === null) throw new InputError(`${name}: ${format.title} is not read yet`);
  const parser = format.open({
    inputName: name,
    names: analysis.names,
    tasks: analysis.tasks,
    diagnostics: analysis.diagnostics,
    sink: (batch) => sink(batch),
  });
  const sink = analysis.beginFile(name, () => parser.originNs);
  let bytes = 0;
  const tapped = tap(source, (chunk) => {
    bytes += chunk.length;
    hash?.update(chunk);
    if (copy >= 0) writeSync(copy, chunk);
    options.progress.update(name, source.progress(), source.sizeBytes);
  });
  try {
    const overlong = (line: number) => {
      const sentence = 'lines too long for a mail were skipped';
      analysis.diagnostics.add('overlong-line', 'warning', sentence, `${name}:${line}`);
    };
    const chunks = format.prepare ? format.prepare(tapped, overlong) : tapped;
    for await (const chunk of chunks) parser.push(chunk);
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    options.spool?.broken.set(name, error.message);
    countBroken(analysis, error.message);
    options.warn(error.message);
  } finally {
    if (copy >= 0) closeSync(copy);
  }
  if (spooled && options.spool!.broken.has(name)) countBroken(analysis, options.spool!.broken.get(name)!);
  const facts = { ...parser.finish(), bytes };
  analysis.endFile({ name, format: format.id, sha256: hash?.digest('hex') ?? '' }, facts);
}

function countBroken(analysis: TraceAnalysis, message: string): void {
  const sentence = 'the input could not be read to its end';
  analysis.diagnostics.add('input-broken-off', 'loss', sentence, message);
}

async function* tap(source: Source, see: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source.chunks) {
    see(chunk);
    yield chunk;
  }
}
