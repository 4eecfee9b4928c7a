import { closeSync, openSync, readSync } from 'node:fs';
import { MergeError, mergeSummaries } from '../analysis/compare/merge-summaries.ts';
import { looksLikeSummary, readSummary, SummaryError } from '../analysis/compare/read-summary.ts';
import { type CollectOptions, RecordingCollector } from '../analysis/compare/recording-collector.ts';
import type { Summary } from '../analysis/compare/summary.ts';
import { InputError } from '../trace/diagnostics.ts';
import { expandInputs } from './expand-inputs.ts';
import { Progress } from './progress.ts';
import { InputReader } from './read-inputs.ts';
import { Spool } from './spool.ts';
import { statOf } from './stat-of.ts';
import { textOfFile } from './text-of-file.ts';

const HEAD_BYTES = 64;

/**
 * Reads recordings into one summary: each argument is a recording (a directory of files by CPU is one, each
 * file of a glob another) or a saved summary of some.
 * @throws {InputError} when one cannot be read, or two are the same recording.
 */
export async function readSummaries(
  given: readonly string[],
  collect: CollectOptions,
  options: { readonly quiet: boolean; readonly format: string | null },
): Promise<Summary> {
  try {
    const parts: Summary[] = [];
    for (const name of given.flatMap(recordingsOf)) {
      parts.push(isSummary(name) ? savedSummary(name) : await summaryOf(name, collect, options));
    }
    return mergeSummaries(parts);
  } catch (error) {
    if (error instanceof MergeError || error instanceof SummaryError) throw new InputError(error.message);
    throw error;
  }
}

/** A saved summary. @throws {InputError} when there is none, @throws {SummaryError} when it is not usable. */
export function savedSummary(name: string): Summary {
  const text = textOfFile(name);
  if (text === null) throw new InputError(`${name}: no such file`);
  return readSummary(name, text);
}

/** Files of a glob are recordings of their own; all else is one. */
function recordingsOf(name: string): readonly string[] {
  if (name === '-' || statOf(name) !== undefined) return [name];
  return expandInputs([name]).map((input) => input.name);
}

async function summaryOf(
  name: string,
  collect: CollectOptions,
  { quiet, format }: { readonly quiet: boolean; readonly format: string | null },
): Promise<Summary> {
  const spool = new Spool();
  const collector = new RecordingCollector(collect);
  try {
    const reader = new InputReader([name], {
      progress: new Progress(quiet),
      spool,
      hash: true,
      format,
      merge: 'auto',
      again: false,
      warn: (message) => {
        if (!quiet) process.stderr.write(`trace-replay: ${message}\n`);
      },
    });
    await reader.read(collector);
  } finally {
    spool.remove();
  }
  return collector.summary();
}

function isSummary(name: string): boolean {
  if (name === '-' || !statOf(name)?.isFile()) return false;
  let file: number;
  try {
    file = openSync(name, 'r');
  } catch {
    // Whoever reads it says why it cannot be read.
    return false;
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const bytes = readSync(file, head, 0, HEAD_BYTES, 0);
    return looksLikeSummary(head.toString('latin1', 0, bytes));
  } finally {
    closeSync(file);
  }
}
