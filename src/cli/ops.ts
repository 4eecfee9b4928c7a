import type { Command } from 'commander';
import { operationJson, operationLine } from '../export/operations-text.ts';
import { InputError } from '../trace/diagnostics.ts';
import { addCheckOptions, type CheckOptions, checkReport, refuseCheckOptions } from './check-structure.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import { writeTo } from './output.ts';
import { readOperations } from './recordings.ts';

interface OpsOptions extends CheckOptions {
  readonly output?: string;
  readonly quiet?: boolean;
}

const LINES_AT_ONCE = 4096;

/** Adds `trace-replay ops`. */
export function addOpsCommand(program: Command): void {
  const command = program
    .command('ops')
    .summary('the operations of zsmalloc, zram and zswap in a recording')
    .description(
      'Prints what is replayed: allocations, frees, reads and writes of objects, slot notifications, compaction; ' +
        'stores, loads, invalidations, writebacks and freed entries of zswap; folios swapped out and in.',
    )
    .argument('[trace...]', 'recordings of one run; - is standard input')
    .option('--json', 'one JSON object a line (NDJSON) with all that is known')
    .option('-o, --output <file>', 'write to a file')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText(
      'after',
      '\nExamples:\n  trace-replay ops trace.txt --json | jq \'select(.what == "zs_free")\'\n' +
        '  trace-replay ops --check trace.txt',
    );
  addCheckOptions(command).action(async (traces: string[], options: OpsOptions, command: Command) => {
    const names = inputNames(traces, command);
    refuseCheckOptions(options);
    keepInputs(names, [options.output]);
    const recording = await readOperations(names, { quiet: options.quiet ?? false, hash: false });
    const { operations, tasks } = recording;
    if (operations.length === 0) {
      throw new InputError(
        `${names.join(', ')}: no operation of zsmalloc or zram or zswap, neither as a call nor as a probe`,
      );
    }
    if (options.check) {
      await writeTo(options.output, checkReport(recording, options));
      return;
    }
    const write = options.json ? operationJson : operationLine;
    const taskText = (task: number) => tasks.text(task);
    const parts: string[] = [];
    for (let from = 0; from < operations.length; from += LINES_AT_ONCE) {
      const to = Math.min(operations.length, from + LINES_AT_ONCE);
      const lines: string[] = [];
      for (let row = from; row < to; row++) lines.push(write(operations, row, taskText));
      parts.push(`${lines.join('\n')}\n`);
    }
    await writeTo(options.output, parts.join(''));
    if (recording.unfinished > 0 && !options.quiet) {
      process.stderr.write(
        `trace-replay: ${recording.unfinished} operations have no return in the recording\n`,
      );
    }
  });
}
