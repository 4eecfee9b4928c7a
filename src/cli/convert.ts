import { type Command, Option } from 'commander';
import { TraceAnalysis } from '../analysis/trace-analysis.ts';
import { ChromeTrace } from '../export/chrome.ts';
import type { TrackGrouping } from '../export/chrome-tracks.ts';
import type { Exporter } from '../export/exporter.ts';
import { FoldedStacks } from '../export/folded.ts';
import { RECORD_COLUMNS, RecordsTable } from '../export/records-table.ts';
import { CsvRows, NdjsonRows } from '../export/rows.ts';
import { SPAN_COLUMNS, SpansTable } from '../export/spans-table.ts';
import { WAIT_COLUMNS, WaitsTable } from '../export/waits-table.ts';
import { formatById } from '../parsers/registry.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { Places } from '../trace/places.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import { fileList } from './option-values.ts';
import type { MergeMode } from './plan-inputs.ts';
import { Progress } from './progress.ts';
import { InputReader, type RecordConsumer } from './read-inputs.ts';
import { Spool } from './spool.ts';
import { TextFile } from './text-file.ts';
import { version } from './version.ts';

const TARGETS = ['ndjson', 'csv', 'chrome', 'folded'] as const;
const TABLES = ['records', 'spans', 'waits'] as const;

interface ConvertOptions {
  readonly to: (typeof TARGETS)[number];
  readonly table?: (typeof TABLES)[number];
  readonly by?: TrackGrouping;
  readonly count?: boolean;
  readonly input?: readonly string[];
  readonly output?: string;
  readonly quiet?: boolean;
  readonly format?: string;
  readonly merge: MergeMode;
}

const EXAMPLES = `
Examples:
  trace-replay convert trace.txt --to chrome -o trace.json     (open it in ui.perfetto.dev)
  trace-replay convert trace.txt --to folded | flamegraph.pl --countname ns > flame.svg
  trace-replay convert trace.txt --to csv --table waits -o waits.csv
  cat /sys/kernel/tracing/trace | trace-replay convert - --to ndjson | jq 'select(.name=="zs_free")'

The columns of the tables are in docs/convert.md. A file named with -o appears
when it is complete. Exit status: 0 done, 2 nothing could be read, the output
could not be written or the command line is wrong.`;

/** Adds `trace-replay convert`. */
export function addConvertCommand(program: Command): void {
  program
    .command('convert')
    .summary('write a trace as NDJSON, CSV, Chrome/Perfetto JSON or folded stacks')
    .description(
      'Writes what is read as tables, as a trace for ui.perfetto.dev, or as stacks for flame graphs. ' +
        'Any format that analyze reads; the output is written while the input is read.',
    )
    .argument('[trace...]', 'files, directories of files by CPU, globs; - is standard input')
    .option('-i, --input <file>', 'trace file (as in perf; may be given again)', fileList)
    .option('--format <id>', 'what the inputs are, when they are not recognised (trace-replay formats)')
    .addOption(
      new Option('--merge <when>', 'put several inputs on one time line: auto when they are one recording')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .addOption(new Option('--to <format>', 'what to write').choices(TARGETS).makeOptionMandatory())
    .addOption(new Option('--table <table>', 'ndjson, csv: which rows (default: records)').choices(TABLES))
    .addOption(
      new Option('--by <tracks>', 'chrome: a track group for each of these (default: cpu)').choices([
        'cpu',
        'task',
      ]),
    )
    .option('--count', 'folded: count calls or samples instead of their own time or period')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (traces: string[], options: ConvertOptions, command: Command) => {
      await convert([...traces, ...(options.input ?? [])], options, command);
    });
}

async function convert(given: readonly string[], options: ConvertOptions, command: Command): Promise<void> {
  checkOptions(options);
  const names = inputNames(given, command);
  keepInputs(names, [options.output]);
  const progress = new Progress(options.quiet ?? false);
  const warn = (message: string) => {
    if (!options.quiet) process.stderr.write(`trace-replay: ${message}\n`);
  };
  const spool = new Spool();
  const format = options.format === undefined ? null : formatById(options.format).id;
  const { merge } = options;
  const reader = new InputReader(names, { progress, spool, warn, hash: false, format, merge, again: false });
  const file = new TextFile(options.output);
  try {
    // Both are made here because each needs the other; neither calls before there is input.
    const exporters: Exporter[] = [];
    const analysis = new TraceAnalysis({
      filters: {},
      filtersText: '',
      exclude: { irq: false, softirq: false, offCpu: false },
      slowest: 1,
      overhead: null,
      onSpans: (rows) => exporters[0]!.spans?.(rows),
      onWait: (wait) => exporters[0]!.wait?.(wait),
    });
    const exporter = makeExporter(options, analysis, (text) => file.write(text), warn);
    exporters.push(exporter);
    await reader.read(consumer(analysis, exporter));
    const tool = { name: 'trace-replay', version: version(), command: 'trace-replay convert' };
    exporter.finish(exporter.needs === 'spans' ? analysis.result(tool, null).callTree : []);
    file.finish();
    for (const { severity, text, count } of analysis.diagnostics.list()) {
      if (severity !== 'info') warn(`${text.replace(/ \(at /, `: ${count} (at `)}`);
    }
  } finally {
    spool.remove();
    file.abandon();
  }
}

/** An option that would do nothing with this format is a mistake. */
function checkOptions({ to, table, by, count }: ConvertOptions): void {
  const isTable = to === 'ndjson' || to === 'csv';
  if (table !== undefined && !isTable) throw new UsageError('--table goes with --to ndjson or csv');
  if (by !== undefined && to !== 'chrome') throw new UsageError('--by goes with --to chrome');
  if (count && to !== 'folded') throw new UsageError('--count goes with --to folded');
}

function makeExporter(
  options: ConvertOptions,
  { names, tasks }: TraceAnalysis,
  output: (text: string) => void,
  warn: (message: string) => void,
): Exporter {
  if (options.to === 'chrome') {
    const tool = `trace-replay ${version()}`;
    return new ChromeTrace({ names, tasks, output, grouping: options.by ?? 'cpu', tool });
  }
  if (options.to === 'folded') {
    return new FoldedStacks({ names, tasks, output, byCount: options.count ?? false, warn });
  }
  const Rows = options.to === 'csv' ? CsvRows : NdjsonRows;
  if (options.table === 'spans') return new SpansTable(names, tasks, new Rows(SPAN_COLUMNS, output));
  if (options.table === 'waits') return new WaitsTable(tasks, new Rows(WAIT_COLUMNS, output));
  return new RecordsTable(names, tasks, new Rows(RECORD_COLUMNS, output));
}

/** Shows all records to the export, and to the analysis where the export lives on its spans. */
function consumer(analysis: TraceAnalysis, exporter: Exporter): RecordConsumer {
  const { names, tasks, diagnostics } = analysis;
  return {
    names,
    tasks,
    diagnostics,
    beginFile: (inputs, originNs) => {
      exporter.beginFile(new Places(inputs), originNs);
      const sink = analysis.beginFile(inputs, originNs);
      return (batch) => {
        exporter.records?.(batch);
        if (exporter.needs === 'spans') sink(batch);
      };
    },
    endFiles: (files) => {
      analysis.endFiles(files);
      exporter.endFile();
    },
  };
}
