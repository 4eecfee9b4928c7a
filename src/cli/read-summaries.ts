import { conditions, MergeError, mergeSummaries } from '../analysis/compare/merge-summaries.ts';
import { looksLikeSummary, readSummary, SummaryError } from '../analysis/compare/read-summary.ts';
import { type CollectOptions, RecordingCollector } from '../analysis/compare/recording-collector.ts';
import type { Summary } from '../analysis/compare/summary.ts';
import { InputError } from '../trace/diagnostics.ts';
import { expandInputs } from './expand-inputs.ts';
import { headOfFile } from './head-of-file.ts';
import { Progress } from './progress.ts';
import { InputReader, type RecordConsumer } from './read-inputs.ts';
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
  options: ReadingOptions,
): Promise<Summary> {
  try {
    const parts: Summary[] = [];
    for (const name of eachRecording(given)) {
      parts.push(isSummary(name) ? savedSummary(name, collect) : await summaryOf(name, collect, options));
    }
    return mergeSummaries(parts);
  } catch (error) {
    if (error instanceof MergeError || error instanceof SummaryError) throw new InputError(error.message);
    throw error;
  }
}

/** @throws {SummaryError} when it is not usable, or was made with other options than are asked for. */
function savedSummary(name: string, { filtersText, exclude }: CollectOptions): Summary {
  const summary = readSummary(name, textOfFile(name) ?? '');
  const excluded = [exclude.irq && 'irq', exclude.softirq && 'softirq', exclude.offCpu && 'offcpu'];
  const asked = conditions({
    ...summary,
    filters: filtersText,
    excluded: excluded.filter((part) => part !== false),
  });
  const made = conditions(summary);
  if (made !== asked)
    throw new SummaryError(
      `${name}: was made with ${made || 'no filter'}, and now ${asked || 'none'} is asked for: a summary cannot be filtered again`,
    );
  return summary;
}

/** Arguments as recordings: files of a glob are recordings of their own, all else is one. */
export function eachRecording(given: readonly string[]): readonly string[] {
  return given.flatMap((name) =>
    name === '-' || statOf(name) !== undefined ? [name] : expandInputs([name]).map((input) => input.name),
  );
}

async function summaryOf(name: string, collect: CollectOptions, options: ReadingOptions): Promise<Summary> {
  const collector = new RecordingCollector(collect);
  await readRecording(name, collector, options);
  return collector.summary();
}

interface ReadingOptions {
  readonly quiet: boolean;
  /** Id of the format; null: told by the input itself. */
  readonly format: string | null;
}

/** Reads one recording into a consumer. @throws {InputError} when it cannot be read. */
export async function readRecording(
  name: string,
  consumer: RecordConsumer,
  { quiet, format }: ReadingOptions,
): Promise<void> {
  const spool = new Spool();
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
    await reader.read(consumer);
  } finally {
    spool.remove();
  }
}

function isSummary(name: string): boolean {
  const head = headOfFile(name, HEAD_BYTES);
  return head !== null && looksLikeSummary(Buffer.from(head).toString('latin1'));
}
