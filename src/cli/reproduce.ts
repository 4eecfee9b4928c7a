import type { Command } from 'commander';
import { REPRODUCE_DEFAULTS, reproduce } from '../replay/reproduce/reproduce.ts';
import { renderReproduction } from '../report/reproduction.ts';
import { renderReproductionJson } from '../report/reproduction-json.ts';
import { addExportOptions, type ExportOptions } from './export-options.ts';
import { wholeNumber } from './option-values.ts';
import { writeStdout } from './output.ts';
import { writePage } from './page-output.ts';
import { toolOf } from './tool.ts';

interface ReproduceCommandOptions extends ExportOptions {
  readonly json?: true;
  readonly html?: string;
  readonly seed: number;
}

const EXAMPLES = `
Examples:
  trace-replay reproduce
  trace-replay reproduce --json
  trace-replay reproduce --html published.html --export-csv tables`;

/** `trace-replay reproduce`: the published experiments, predicted from their baseline. */
export function addReproduceCommand(program: Command): void {
  const command = program
    .command('reproduce')
    .summary('published experiments, predicted from their baseline column')
    .description(
      'Predicts published times of designs of frees (class-idx, deferred, no lock) and of stores (IAA, usemem, ' +
        'kernel builds) from their baseline columns and published machine constants, beside what was measured ' +
        '(docs/reproduce.md says what rests on what).',
    )
    .option('--json', 'print JSON instead of text')
    .option('--html <file>', 'also write the report as one HTML file that needs nothing else');
  addExportOptions(command)
    .option('--seed <n>', 'another drawing of the parameter sets', wholeNumber(0), REPRODUCE_DEFAULTS.seed)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReproduceCommandOptions) => {
      const { json, seed } = options;
      const result = reproduce({ ...REPRODUCE_DEFAULTS, seed });
      const tool = toolOf(process.argv.slice(2));
      const wantsText = await writePage(options, [], async () => {
        const { renderReproductionHtml } = await import('../report/reproduction-html.ts');
        return renderReproductionHtml(result, tool);
      });
      if (!wantsText) return;
      await writeStdout((json ? renderReproductionJson : renderReproduction)(result, tool));
    });
}
