import type { Command } from 'commander';
import { missingProbes } from '../analysis/operations/missing-probes.ts';
import type { Probe } from '../analysis/operations/probes.ts';
import { thinkTimes } from '../analysis/operations/think-times.ts';
import {
  OPERATION_COLUMNS,
  type OperationListing,
  operationJson,
  operationLine,
} from '../export/operations-text.ts';
import { releaseOf } from '../replay/machine-of.ts';
import { complete } from '../replay/reconstruct/complete.ts';
import type { Reconstruction } from '../replay/reconstruct/reconstruct.ts';
import { wrap } from '../report/text/layout.ts';
import { InputError } from '../trace/diagnostics.ts';
import type { OperationTable } from '../trace/operations.ts';
import { addCheckOptions, type CheckOptions, checkReport, refuseCheckOptions } from './check-structure.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import { writeTo } from './output.ts';
import { readOperations, shapeWith } from './recordings.ts';

interface OpsOptions extends CheckOptions {
  readonly reconstruct: boolean;
  readonly older?: boolean;
  readonly output?: string;
  readonly quiet?: boolean;
}

const LINES_AT_ONCE = 4096;

/** Adds `trace-replay ops`. */
export function addOpsCommand(program: Command): void {
  const ops = program
    .command('ops')
    .summary('the operations of zsmalloc, zram and zswap in a recording')
    .description(
      'Prints what is replayed: allocations, frees, reads and writes of objects, slot notifications, compaction; ' +
        'stores, loads, invalidations, writebacks and freed entries of zswap; folios swapped out and in.',
    )
    .argument('[trace...]', 'recordings of one run; - is standard input')
    .option('--json', 'one JSON object a line (NDJSON) with all that is known (docs/ops.md)')
    .option('--no-reconstruct', 'only what the recording shows')
    .option('--older', 'also reconstructed allocations from before the recording')
    .option('-o, --output <file>', 'write to a file')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText(
      'after',
      '\nExamples:\n  trace-replay ops trace.txt --json | jq \'select(.what == "zs_free")\'\n' +
        '  trace-replay ops --check trace.txt',
    )
    .action(async (traces: string[], options: OpsOptions, command: Command) => {
      const names = inputNames(traces, command);
      refuseCheckOptions(options);
      keepInputs(names, [options.output]);
      const recording = await readOperations(names, { quiet: options.quiet ?? false, hash: false });
      const recorded = recording.operations.length;
      if (recorded === 0) {
        throw new InputError(
          `${names.join(', ')}: no operation of zsmalloc or zram or zswap, neither as a call nor as a probe`,
        );
      }
      if (options.check) {
        await writeTo(options.output, checkReport(recording, options));
        return;
      }
      const { operations: shown, compaction, sideTables: tables } = recording;
      const kernelRelease = recording.kernelRelease || releaseOf(tables);
      const shape = shapeWith(tables, options.zsmalloc ?? null);
      const input = { operations: shown, compaction, kernelRelease, shape, tables };
      const completed = options.reconstruct ? complete({ timed: input, placed: input }, null) : null;
      const operations = completed?.recordings.placed.operations ?? shown;
      const reconstruction = completed?.reconstruction ?? null;
      const listing: OperationListing = {
        operations,
        thinkNs: thinkTimes(operations),
        taskText: (task) => recording.tasks.text(task),
        lockName: (key) => recording.lockName(key),
      };
      const notes = [
        ...recording.diagnostics
          .list()
          .filter(({ severity }) => severity === 'warning' || severity === 'error')
          .map(({ text }) => text),
        ...recording.probes.map(probeNote),
        ...(reconstruction === null ? [] : reconstructionNotes(reconstruction)),
        ...handlerNotes(shown),
        ...missingNotes(shown),
        ...(recording.unfinished > 0
          ? [`${recording.unfinished} operations have no return in the recording`]
          : []),
      ];
      const parts: string[] = [];
      if (!options.json)
        parts.push(
          ...notes.flatMap((note) => wrap(note, '#   ', '# ')).map((line) => `${line}\n`),
          `${OPERATION_COLUMNS}\n`,
        );
      const write = options.json ? operationJson : operationLine;
      const print = (begin: number, end: number) => {
        for (let from = begin; from < end; from += LINES_AT_ONCE) {
          const lines: string[] = [];
          for (let row = from; row < Math.min(end, from + LINES_AT_ONCE); row++)
            lines.push(write(listing, row));
          parts.push(`${lines.join('\n')}\n`);
        }
      };
      if (options.older) print(recorded, operations.length);
      print(0, recorded);
      await writeTo(options.output, parts.join(''));
      if (options.json && !options.quiet) {
        for (const note of notes) process.stderr.write(`trace-replay: ${note}\n`);
      }
    });
  addCheckOptions(ops);
}

function probeNote({ event, kind, function: name, basis, count, used }: Probe): string {
  const what = [...used].map(([argument, meaning]) =>
    argument === meaning ? `its ${meaning}` : `${argument} as its ${meaning}`,
  );
  return `${count} of ${event}: ${kind} of ${name}, told by ${basis}${what.length > 0 ? `; with ${what.join(', ')}` : ''}`;
}

/** Where probes sit in functions that are traced as well, their handlers are in the printed durations. */
function handlerNotes(ops: OperationTable): string[] {
  const times = Array.from({ length: ops.length }, (_, row) => ops.probeNs(row)).filter((ns) => ns > 0);
  if (times.length === 0) return [];
  const median = times.sort((a, b) => a - b)[times.length >> 1]!;
  return [
    `${times.length} durations contain handlers of probes, half of them ${(median / 1000).toFixed(1)} us or more: ` +
      'cost of tracing, no work of the operation (probeNs in --json); what-if takes them out',
  ];
}

/** What to record next time. */
function missingNotes(ops: OperationTable): string[] {
  const missing = missingProbes(ops);
  if (missing.length === 0) return [];
  const lines = missing.map((definition) => `'${definition}'`).join(', ');
  return [`not in the recording, for kprobe_events (docs/recording.md): ${lines}`];
}

function reconstructionNotes({ frees, of, sizes, times, releasesShown }: Reconstruction): string[] {
  const notes: string[] = [];
  if (sizes !== null) {
    notes.push(
      `reconstructed (assumed, seed 1): the objects of ${frees} of ${of} frees; sizes: ${sizes.source}; ` +
        (releasesShown > 0
          ? 'zspages are released at the frees that the trace shows to do so'
          : 'the trace does not show which frees release a zspage'),
    );
  }
  if (times) notes.push('reconstructed (assumed): when frees began; the trace has no time stamps');
  return notes;
}
