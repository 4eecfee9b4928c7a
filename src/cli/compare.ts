import type { Command } from 'commander';
import { compareSummaries } from '../analysis/compare/compare.ts';
import { GateError, gateCondition } from '../analysis/compare/gates.ts';
import { summaryText } from '../analysis/compare/read-summary.ts';
import type { ComparisonResult } from '../analysis/compare/result.ts';
import { comparisonSentences } from '../report/compare-summary.ts';
import { renderComparisonText } from '../report/compare-text.ts';
import { renderComparisonJson } from '../report/json.ts';
import { comparisonDocument } from '../report/mail/comparison-document.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { BETWEEN } from './compare-arguments.ts';
import { comparePrediction } from './compare-predicted.ts';
import { addExportOptions, type ExportOptions } from './export-options.ts';
import { addPlaceOptions, type PlaceOptions, placeFilters, placeText } from './filter-options.ts';
import { keepInputs } from './keep-inputs.ts';
import { fileList, nameList, wholeNumber } from './option-values.ts';
import { writeTo } from './output.ts';
import { writePage } from './page-output.ts';
import { readSummaries } from './read-summaries.ts';
import {
  type Formats,
  formatOfEither,
  type ReportChoice,
  renderDocument,
  reportChoice,
} from './report-format.ts';
import { toolOf } from './tool.ts';

interface CompareCommandOptions extends PlaceOptions, ExportOptions {
  readonly html?: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  readonly baseline?: readonly string[];
  readonly save?: string;
  readonly predicted?: string;
  readonly design?: readonly string[];
  readonly failIf?: readonly string[];
  readonly function?: readonly string[];
  readonly format: Formats;
  readonly brief?: boolean;
  readonly full?: boolean;
  readonly entries: number;
  readonly json?: boolean;
  readonly output?: string;
  readonly quiet?: boolean;
}

/** A gate of --fail-if has failed. */
const EXIT_GATE = 1;

const EXAMPLES = `
Examples:
  trace-replay compare before.txt -- after.txt
  trace-replay compare before-*.txt -- after-*.txt --function 'zs_*' --json
  trace-replay compare --before a.txt --before b.txt --after c.txt --after d.txt
  trace-replay compare b1.txt b2.txt b3.txt -- a1.txt a2.txt a3.txt \\
      --fail-if 'zs_free.p99>+10%' --fail-if 'class->lock.wait>+2ms'
  trace-replay compare --predicted whatif.json -d class-idx patched-*.txt
  trace-replay compare --baseline main.json patched-*.txt --save patched.json

Each file is a recording (a directory of files by CPU is one too), or a summary
that --save or trace-replay summarize wrote. Three or more recordings of each
side tell what recordings of one kernel differ by; docs/compare.md has how
verdicts are made and what --fail-if takes.
Exit status: 0 done, 1 a condition of --fail-if is met, 2 nothing could be read
or the command line is wrong.`;

/** Adds `trace-replay compare`. */
export function addCompareCommand(program: Command): void {
  const command = program
    .command('compare')
    .summary('what changed between recordings before and after, and how sure that is')
    .description(
      'Compares recordings before with recordings after a change: durations by function, waits and holds by ' +
        'lock, the call tree; with intervals, and verdicts that claim no more than the recordings show.',
    )
    .usage('[options] BEFORE... -- AFTER...')
    .argument('[recording...]', 'recordings or saved summaries: before, then --, then after')
    .option('--before <file>', 'a recording before (may be given again)', fileList)
    .option('--after <file>', 'a recording after (may be given again)', fileList)
    .option('--baseline <file>', 'saved summary to compare with: all arguments are after', fileList)
    .option('--save <file>', 'write the summary of the recordings after, for --baseline')
    .option(
      '--fail-if <condition>',
      "exit with 1 when it is met: 'zs_free.p99>+10%' (may be given again)",
      fileList,
    )
    .option('--predicted <file>', 'lay the JSON of a what-if beside recordings after the real patch')
    .option('-d, --design <id>', 'with --predicted: only this design of it (may be given again)', fileList)
    .option(
      '--format <id>',
      'mail or markdown: a report for reviewers; or what the inputs are, when they are not recognised ' +
        '(trace-replay formats; both may be given)',
      formatOfEither,
      {},
    )
    .option('--function <names>', 'compare only these functions: names or globs, without module', nameList);
  addPlaceOptions(command)
    .option('-E, --entries <n>', 'rows of the tables', wholeNumber(1), 20)
    .option('--json', 'print JSON instead of text (docs/compare.md)')
    .option('--brief', 'with mail or markdown: the answer and one table')
    .option('--full', 'with mail or markdown: every row, and all that the numbers rest on')
    .option('--html <file>', 'write an offline HTML report too; - prints it instead of text');
  addExportOptions(command)
    .option('-o, --output <file>', 'write to a file')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], options: CompareCommandOptions) => {
      await compare(names, options);
    });
}

async function compare(names: readonly string[], options: CompareCommandOptions): Promise<void> {
  const choice = reportChoice({ ...options, format: options.format.report });
  const read = { quiet: options.quiet ?? false, format: options.format.input ?? null };
  if (options.predicted !== undefined) {
    const { predicted } = options;
    const asked = { ...options, ...read, choice, predicted };
    await comparePrediction(onlyAfter(names, options), asked);
    return;
  }
  if (options.design !== undefined) throw new UsageError('--design goes with --predicted');
  const { before, after } = sides(names, options);
  keepInputs([...before, ...after], [options.output, options.save, options.html]);
  try {
    const gates = (options.failIf ?? []).map(gateCondition);
    const collect = {
      filters: placeFilters(options),
      filtersText: placeText(options),
      exclude: options.exclude ?? { irq: false, softirq: false, offCpu: false },
    };
    const summaries = {
      before: await readSummaries(before, collect, read),
      after: await readSummaries(after, collect, read),
    };
    const result = compareSummaries(toolOf(process.argv.slice(2)), summaries.before, summaries.after, {
      functions: options.function ?? null,
      gates,
    });
    if (options.save !== undefined) await writeTo(options.save, summaryText(summaries.after));
    const wantsText = await writePage(options, [...before, ...after], async () => {
      const { renderComparisonHtml } = await import('../report/compare-html.ts');
      return renderComparisonHtml(result, comparisonSentences(result));
    });
    if (wantsText) await writeTo(options.output, reportText(result, options.entries, choice));
    if (result.gates.some(({ status }) => status === 'failed')) process.exitCode = EXIT_GATE;
  } catch (error) {
    if (error instanceof GateError) throw new UsageError(error.message);
    throw error;
  }
}

function reportText(result: ComparisonResult, entries: number, choice: ReportChoice): string {
  if (choice.format === 'json') return renderComparisonJson(result);
  if (choice.format === 'text') return renderComparisonText(result, entries);
  return renderDocument(comparisonDocument(result, comparisonSentences(result)), choice);
}

/** With a prediction instead of recordings before. @throws {UsageError} for options that mean nothing then. */
function onlyAfter(names: readonly string[], options: CompareCommandOptions): readonly string[] {
  const at = names.indexOf(BETWEEN);
  const place = placeText(options);
  const odd = [
    (at > 0 || options.before) && 'recordings before',
    options.baseline && '--baseline',
    options.save && '--save',
    options.failIf && '--fail-if',
    options.exclude && '--exclude',
    place,
  ].find((part) => typeof part === 'string' && part !== '');
  if (odd) throw new UsageError(`${odd}: does not go with --predicted`);
  return [...names.slice(at + 1), ...(options.after ?? [])];
}

/** Which recordings stand on which side. @throws {UsageError} when a side is empty or told twice. */
function sides(
  names: readonly string[],
  options: CompareCommandOptions,
): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const at = names.indexOf(BETWEEN);
  const [left, right] = at < 0 ? [[], names] : [names.slice(0, at), names.slice(at + 1)];
  const told = [...(options.before ?? []), ...(options.baseline ?? [])];
  if (at < 0 && names.length > 0 && told.length === 0)
    throw new UsageError('which are before, and which after? compare BEFORE... -- AFTER...');
  const before = [...left, ...told];
  const after = [...right, ...(options.after ?? [])];
  if (before.length === 0) throw new UsageError('no recording before: compare BEFORE... -- AFTER...');
  if (after.length === 0) throw new UsageError('no recording after: compare BEFORE... -- AFTER...');
  if ([...before, ...after].filter((name) => name === '-').length > 1)
    throw new UsageError('standard input (-) is given twice');
  return { before, after };
}
