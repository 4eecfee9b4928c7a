import type { Command } from 'commander';
import { summaryText } from '../analysis/compare/read-summary.ts';
import { formatById } from '../parsers/registry.ts';
import { addPlaceOptions, type PlaceOptions, placeFilters, placeText } from './filter-options.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import { writeTo } from './output.ts';
import { readSummaries } from './read-summaries.ts';

interface SummarizeOptions extends PlaceOptions {
  readonly format?: string;
  readonly output?: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  trace-replay summarize trace.txt -o trace.json
  trace-replay merge fleet.json host17.json -o fleet.json.new
  trace-replay compare --baseline fleet.json patched-*.txt

A summary has each recording's figures, and distributions and call tree of all
of them together. Merging does not depend on the order, so any number of
recordings can be reduced one by one, or in a tree.
Exit status: 0 done, 2 nothing could be read, two are the same recording, or the
command line is wrong.`;

/** Adds `trace-replay summarize`, also known as `merge`. */
export function addSummarizeCommand(program: Command): void {
  const command = program
    .command('summarize')
    .alias('merge')
    .summary('reduce recordings to a summary that compare reads, and that merges')
    .description('Writes one summary (JSON) of recordings and of other summaries.')
    .argument('[recording...]', 'recordings, each a file or a directory of files by CPU, and summaries')
    .option('--format <id>', 'what the inputs are, when they are not recognised (trace-replay formats)');
  addPlaceOptions(command)
    .option('-o, --output <file>', 'write to a file')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], options: SummarizeOptions, self: Command) => {
      const names = inputNames(given, self);
      keepInputs(names, [options.output]);
      const collect = {
        filters: placeFilters(options),
        filtersText: placeText(options),
        exclude: options.exclude ?? { irq: false, softirq: false, offCpu: false },
      };
      const summary = await readSummaries(names, collect, {
        quiet: options.quiet ?? false,
        format: options.format === undefined ? null : formatById(options.format).id,
      });
      await writeTo(options.output, summaryText(summary));
    });
}
