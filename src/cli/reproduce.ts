import type { Command } from 'commander';
import { REPRODUCE_DEFAULTS, type Reproduction, reproduce } from '../replay/reproduce/reproduce.ts';
import { reproductionDocument } from '../report/mail/reproduction-document.ts';
import { renderReproduction } from '../report/reproduction.ts';
import { renderReproductionJson } from '../report/reproduction-json.ts';
import type { TrustBox } from '../report/trust/trust-box.ts';
import { addExportOptions, type ExportOptions } from './export-options.ts';
import { wholeNumber } from './option-values.ts';
import { writeStdout } from './output.ts';
import { writePage } from './page-output.ts';
import {
  addReportOptions,
  type ReportChoice,
  type ReportOptions,
  renderDocument,
  reportChoice,
} from './report-format.ts';
import { toolOf } from './tool.ts';

interface ReproduceCommandOptions extends ExportOptions, ReportOptions {
  readonly html?: string;
  readonly seed: number;
}

const EXAMPLES = `
Examples:
  trace-replay reproduce
  trace-replay reproduce --json
  trace-replay reproduce --format mail --brief
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
    .option('--html <file>', 'also write the report as one HTML file that needs nothing else');
  addReportOptions(addExportOptions(command), 'docs/reproduce.md')
    .option('--seed <n>', 'another drawing of the parameter sets', wholeNumber(0), REPRODUCE_DEFAULTS.seed)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReproduceCommandOptions) => {
      const choice = reportChoice(options);
      const result = reproduce({ ...REPRODUCE_DEFAULTS, seed: options.seed });
      const tool = toolOf(process.argv.slice(2));
      const wantsText = await writePage(options, [], async () => {
        const { renderReproductionHtml } = await import('../report/reproduction-html.ts');
        return renderReproductionHtml(result, tool);
      });
      if (!wantsText) return;
      await writeStdout(rendered(result, tool, choice));
    });
}

function rendered(result: Reproduction, tool: TrustBox['tool'], choice: ReportChoice): string {
  if (choice.format === 'json') return renderReproductionJson(result, tool);
  if (choice.format === 'text') return renderReproduction(result, tool);
  return renderDocument(reproductionDocument(result, tool), choice);
}
