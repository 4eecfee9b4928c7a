import { type Command, Option } from 'commander';
import type { AnalysisResult } from '../analysis/result.ts';
import type { Filters } from '../analysis/row-filter.ts';
import { type AnalysisOptions, TraceAnalysis } from '../analysis/trace-analysis.ts';
import { renderJson } from '../report/json.ts';
import { analysisDocument } from '../report/mail/analysis-document.ts';
import { summarise } from '../report/summary.ts';
import { renderText } from '../report/text.ts';
import { addExportOptions, type ExportOptions } from './export-options.ts';
import { addPlaceOptions, type PlaceOptions, placeFilters, placeText } from './filter-options.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import { fileList, nameList, wholeNumber } from './option-values.ts';
import { writeStdout, writeTo } from './output.ts';
import { writePage } from './page-output.ts';
import type { MergeMode } from './plan-inputs.ts';
import { Progress } from './progress.ts';
import { InputReader } from './read-inputs.ts';
import {
  type Formats,
  formatOfEither,
  type ReportChoice,
  renderDocument,
  reportChoice,
} from './report-format.ts';
import { Spool } from './spool.ts';
import { headingStyle } from './terminal.ts';
import { toolOf } from './tool.ts';

interface AnalyzeOptions extends PlaceOptions, ExportOptions {
  readonly input?: readonly string[];
  readonly function?: readonly string[];
  readonly subtractOverhead?: boolean;
  readonly entries: number;
  readonly tails: number;
  readonly json?: boolean;
  readonly html?: string;
  readonly output?: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly quiet?: boolean;
  readonly format: Formats;
  readonly brief?: boolean;
  readonly full?: boolean;
  readonly merge: MergeMode;
}

const EXAMPLES = `
Examples:
  trace-replay analyze trace.txt
  trace-replay analyze trace.txt --root zs_free --html report.html
  trace-replay analyze trace.txt --format mail
  trace-replay analyze trace.txt --function 'zs_*' --cpu 0-3 --json | jq .locks
  trace-replay analyze graph.txt.zst perf-script.txt
  trace-replay analyze /sys/kernel/tracing/per_cpu
  cat /sys/kernel/tracing/trace | trace-replay analyze -

trace-replay formats lists what is read; gzip, zstd and xz are undone. Several
inputs of one recording are merged by their time stamps.
Exit status: 0 done, 2 nothing could be read, a report could not be written or
the command line is wrong.`;

/** Adds `trace-replay analyze`. */
export function addAnalyzeCommand(program: Command): void {
  const command = program
    .command('analyze')
    .summary('where the time goes in a trace, and who waits for which lock')
    .description(
      'Latency distributions by function, lock waits and holds with who blocked whom, the slowest calls, ' +
        'and how far the trace can be trusted.',
    )
    .argument('[trace...]', 'files, directories of files by CPU, globs; - is standard input')
    .option('-i, --input <file>', 'trace file (as in perf; may be given again)', fileList)
    .option(
      '--format <id>',
      'mail or markdown: a report for reviewers; or what the inputs are, when they are not recognised ' +
        '(trace-replay formats; both may be given)',
      formatOfEither,
      {},
    )
    .addOption(
      new Option('--merge <when>', 'put several inputs on one time line: auto when they are one recording')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--function <names>', 'count only these functions: names or globs, without module', nameList);
  addPlaceOptions(command)
    .option('--subtract-overhead', "take the tracer's estimated cost out of durations (reads twice)")
    .option('-E, --entries <n>', 'rows of the tables', wholeNumber(1), 20)
    .option('--tails <n>', 'slowest calls shown for each function', wholeNumber(0), 3)
    .option('--json', 'print JSON instead of text (docs/json.md)')
    .option('--brief', 'with mail or markdown: the answer and one table')
    .option('--full', 'with mail or markdown: every row, and all that the numbers rest on')
    .option('--html <file>', 'write an offline HTML report too; - prints it instead of text');
  addExportOptions(command)
    .option('-o, --output <file>', 'write the text or JSON to a file')
    .addOption(new Option('--color <when>', 'headings').choices(['auto', 'always', 'never']).default('auto'))
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (traces: string[], options: AnalyzeOptions, command: Command) => {
      await analyze([...traces, ...(options.input ?? [])], options, command);
    });
}

async function analyze(given: readonly string[], options: AnalyzeOptions, command: Command): Promise<void> {
  const choice = reportChoice({ ...options, format: options.format.report });
  const names = inputNames(given, command);
  keepInputs(names, [options.output, options.html]);
  const progress = new Progress(options.quiet ?? false);
  const warn = (message: string) => {
    if (!options.quiet) process.stderr.write(`trace-replay: ${message}\n`);
  };
  const spool = new Spool();
  const reader = new InputReader(names, {
    progress,
    spool,
    warn,
    hash: true,
    format: options.format.input ?? null,
    merge: options.merge,
    again: options.subtractOverhead ?? false,
  });
  try {
    let analysis = new TraceAnalysis(analysisOptions(options));
    await reader.read(analysis);
    let firstPass = null;
    if (options.subtractOverhead) {
      const { cost, estimator } = analysis.estimateOverhead();
      if (cost === null)
        warn('the tracing overhead cannot be estimated from this trace; nothing is subtracted');
      else {
        firstPass = estimator;
        analysis = new TraceAnalysis({ ...analysisOptions(options), overhead: cost });
        await reader.read(analysis);
      }
    }
    await writeReports(analysis.result(toolOf(process.argv.slice(2)), firstPass), options, choice, names);
  } finally {
    spool.remove();
  }
}

async function writeReports(
  result: AnalysisResult,
  options: AnalyzeOptions,
  choice: ReportChoice,
  inputs: readonly string[],
): Promise<void> {
  const wantsText = await writePage(options, inputs, async () => {
    const { renderHtml } = await import('../report/html.ts');
    return renderHtml(result, summarise(result));
  });
  if (!wantsText) return;
  const main = mainReport(result, options, choice);
  if (options.output === undefined) await writeStdout(main);
  else await writeTo(options.output, main);
}

function mainReport(result: AnalysisResult, options: AnalyzeOptions, choice: ReportChoice): string {
  if (choice.format === 'json') return renderJson(result);
  if (choice.format !== 'text') return renderDocument(analysisDocument(result), choice);
  return renderText(result, {
    entries: options.entries,
    slowest: options.tails,
    heading: headingStyle(options.output === undefined ? options.color : 'never'),
  });
}

function analysisOptions(options: AnalyzeOptions): AnalysisOptions {
  const filters: Filters = {
    ...placeFilters(options),
    ...(options.function ? { functions: options.function } : {}),
  };
  return {
    filters,
    filtersText: filtersText(options),
    exclude: options.exclude ?? { irq: false, softirq: false, offCpu: false },
    slowest: Math.max(1, options.tails),
    overhead: null,
  };
}

function filtersText(options: AnalyzeOptions): string {
  const functions = options.function ? `--function ${options.function.join(',')}` : '';
  return [functions, placeText(options)].filter(Boolean).join(' ');
}
