import type { Command } from 'commander';
import { REPRODUCE_DEFAULTS, reproduce } from '../replay/reproduce/reproduce.ts';
import { renderReproduction } from '../report/reproduction.ts';
import { renderReproductionJson } from '../report/reproduction-json.ts';
import { addExportOptions, type ExportOptions, isExported, writeExports } from './export-options.ts';
import { wholeNumber } from './option-values.ts';
import { writeStdout, writeTo } from './output.ts';
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
      'Predicts the published times of class-idx, deferred frees and the no-lock limit from the baseline ' +
        'columns and published machine constants, and lays them beside what was measured ' +
        '(docs/reproduce.md says what rests on what).',
    )
    .option('--json', 'print JSON instead of text')
    .option('--html <file>', 'also write the report as one HTML file that needs nothing else');
  addExportOptions(command)
    .option('--seed <n>', 'another drawing of the parameter sets', wholeNumber(0), REPRODUCE_DEFAULTS.seed)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReproduceCommandOptions) => {
      const { json, html, seed } = options;
      const result = reproduce({ ...REPRODUCE_DEFAULTS, seed });
      const tool = toolOf(process.argv.slice(2));
      if (html !== undefined || isExported(options)) {
        // vega takes a third of a second to load: only when a chart is drawn.
        const { renderReproductionHtml } = await import('../report/reproduction-html.ts');
        const page = await renderReproductionHtml(result, tool);
        if (html !== undefined) await writeTo(html, page.text);
        await writeExports(options, page.exhibits, []);
        if (html === '-') return;
      }
      await writeStdout((json ? renderReproductionJson : renderReproduction)(result, tool));
    });
}
