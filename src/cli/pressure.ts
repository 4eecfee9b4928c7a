import { type Command, InvalidArgumentError, Option } from 'commander';
import { CODECS, type CodecId } from '../model/codecs/codecs.ts';
import { DesignError } from '../model/designs/design.ts';
import { PRESSURE_DESIGNS } from '../replay/pressure/designs.ts';
import { pressure } from '../replay/pressure/pressure.ts';
import type { PressureResult } from '../replay/pressure/result.ts';
import { ScenarioError } from '../replay/scenario/request.ts';
import { pressureDocument } from '../report/mail/pressure-document.ts';
import { renderPressureJson } from '../report/pressure-json.ts';
import { renderPressureText } from '../report/pressure-text.ts';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import { addExportOptions, type ExportOptions } from './export-options.ts';
import { keepInputs } from './keep-inputs.ts';
import { fileList, wholeNumber } from './option-values.ts';
import { writeTo } from './output.ts';
import { writePage } from './page-output.ts';
import { recordingOf } from './recordings.ts';
import {
  addReportOptions,
  type ReportChoice,
  type ReportOptions,
  renderDocument,
  reportChoice,
} from './report-format.ts';
import { byteSize } from './scenario-options.ts';
import { toolOf } from './tool.ts';

interface PressureOptions extends ReportOptions, ExportOptions {
  readonly html?: string;
  readonly design?: readonly string[];
  readonly memory: number;
  readonly slice: number;
  readonly processes: number;
  readonly jobs?: number;
  readonly limit: 'memcg' | 'machine';
  readonly nodes: number;
  readonly memcgs: number;
  readonly zswapMax?: number;
  readonly demand: 'closed' | 'open';
  readonly folioPages: number;
  readonly readahead: number;
  readonly codec?: CodecId;
  readonly maxPoolPercent?: number;
  readonly acceptThreshold: number;
  readonly shrinker: boolean;
  readonly set?: ReadonlyMap<string, number>;
  readonly published?: true;
  readonly runs: number;
  readonly seed: number;
  readonly output?: string;
  readonly quiet?: true;
}

const MIB = 2 ** 20;
const MOST_PROCESSES = 256;
const MOST_FOLIO_PAGES = 512;
/** More pages in a slice would take minutes a run. */
const MOST_SLICE = 4096 * MIB;

const DESIGN_LIST = PRESSURE_DESIGNS.map(({ id, title, option }) => {
  const name = option === null ? id : `${id}:${option.name}=${option.initial}`;
  return `  ${name.padEnd(28)}${title}`;
}).join('\n');

const EXAMPLES = `
Designs, joined by + from left to right:
${DESIGN_LIST}

Examples:
  trace-replay pressure -d reclaim-batch:folios=32
  trace-replay pressure --codec deflate-iaa --folio-pages 16 \\
      -d batch-store+iaa-batch -d batch-store+iaa-batch+reclaim-batch
  trace-replay pressure zswap.txt -d batch-store --set working-set=1.8
  trace-replay pressure --nodes 2 --limit machine -d bulk-entries
  trace-replay pressure --folio-pages 16 --slice 512M --set working-set=1.3 \
      -d reclaim-batch -d reclaim-batch+scan-folios
  trace-replay pressure --demand open --codec deflate-iaa -d batch-store+iaa-batch
  trace-replay pressure --memcgs 4 --zswap-max 20 -d batch-store
  trace-replay pressure --published -d batch-store

Without a trace, times and sizes are published ones and assumptions; with one
(function_graph of zswap_store and zswap_load with their callees, and probes of
zs_malloc with sizes) its own. Every run draws what is not known from its
range; docs/pressure.md has the model and all its assumptions.`;

/** `trace-replay pressure`: reclaim, zswap and writeback under memory pressure, in a closed or an open loop. */
export function addPressureCommand(program: Command): void {
  const command = program
    .command('pressure')
    .summary('memory pressure: what designs of zswap and reclaim do to pages written back')
    .description(
      'Plays processes that want more memory than there is: page faults, reclaim, zswap with its limits and ' +
        'shrinker, writeback and loads, for the kernel as it is and for designs (docs/pressure.md).',
    )
    .argument('[traces...]', 'recording of zswap that times and sizes are taken from')
    .option('-d, --design <design>', 'designs joined by +; the option may be given again', fileList)
    .option('--memory <bytes>', 'limit of the memory', byteSize, 2048 * MIB)
    .option('--slice <bytes>', 'how much of it is played; lists count in proportion', byteSize, 64 * MIB)
    .option('--processes <n>', 'processes, each on its own CPU', wholeNumber(1, MOST_PROCESSES), 8)
    .option('--jobs <n>', 'jobs of each process (default 1, open loop 4)', wholeNumber(1, 1000))
    .addOption(
      new Option('--demand <kind>', 'jobs follow each other, or arrive at times of their own')
        .choices(['closed', 'open'])
        .default('closed'),
    )
    .addOption(
      new Option('--limit <kind>', 'a memcg without kswapd, or the machine with its watermarks')
        .choices(['memcg', 'machine'])
        .default('memcg'),
    )
    .option('--nodes <n>', 'NUMA nodes that processes are spread over', wholeNumber(1, 8), 1)
    .option('--memcgs <n>', 'memcgs that processes and limit are divided among', wholeNumber(1, 64), 1)
    .option('--zswap-max <percent>', "a memcg's compressed data, of its memory", wholeNumber(1, 100))
    .option('--folio-pages <n>', 'pages of a fresh folio', wholeNumber(1, MOST_FOLIO_PAGES), 1)
    .option('--readahead <n>', 'pages of a readahead window (2 to the page-cluster)', wholeNumber(1, 64), 8)
    .addOption(new Option('--codec <name>', 'compressor (default zstd)').choices(CODECS.map(({ id }) => id)))
    .option('--max-pool-percent <n>', 'most of the memory for the pool', wholeNumber(1, 100))
    .option(
      '--accept-threshold <n>',
      'percent of that at which a full pool accepts again',
      wholeNumber(0, 100),
      90,
    )
    .option('--no-shrinker', 'without the dynamic shrinker of zswap')
    .option('--set <name=value>', 'a parameter instead of its range; may be given again', parameterValue)
    .option('--published', 'lay published kernel builds beside what the loop makes of their baseline')
    .option('--runs <n>', 'runs, each with parameters of its own', wholeNumber(1, 1000), 20)
    .option('--seed <n>', 'another drawing of parameters and luck', wholeNumber(0), 1);
  addReportOptions(command, 'docs/pressure.md').option(
    '--html <file>',
    'also write the report as one HTML file that needs nothing else',
  );
  addExportOptions(command)
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('-q, --quiet', 'no progress, no warnings')
    .addHelpText('after', EXAMPLES)
    .action(async (traces: readonly string[], options: PressureOptions) => {
      const choice = reportChoice(options);
      keepInputs(traces, [options.output, options.html]);
      const { memory, slice } = options;
      if (slice > memory || slice > MOST_SLICE)
        throw new UsageError('--slice is a part of --memory, 4G at most');
      if (slice / 4096 < 2 * 32 * options.processes)
        throw new UsageError('--slice is too small: each process reclaims 32 pages at once');
      if (options.memcgs > options.processes)
        throw new UsageError('--memcgs: each has at least one of the processes');
      if (traces.length > 0 && options.codec)
        throw new UsageError('--codec does not go with a trace: compression is the recorded one');
      const recording =
        traces.length === 0 ? null : await recordingOf(traces, { quiet: options.quiet ?? false, hash: true });
      try {
        const result = pressure(
          {
            scenario: {
              memoryBytes: memory,
              sliceBytes: slice,
              listScale: memory / slice,
              processes: options.processes,
              jobs: options.jobs ?? (options.demand === 'open' ? 4 : 1),
              demand: options.demand,
              limit: options.limit,
              nodes: options.nodes,
              memcgs: options.memcgs,
              zswapMaxPercent: options.zswapMax ?? null,
              folioPages: options.folioPages,
              readaheadPages: options.readahead,
              codec: options.codec ?? 'zstd',
              // A memcg's limit is far below that of the pool, which is of the whole machine.
              maxPoolPercent: options.maxPoolPercent ?? (options.limit === 'machine' ? 20 : 100),
              acceptPercent: options.acceptThreshold,
              hasShrinker: options.shrinker,
            },
            designs: [...new Set(options.design ?? [])],
            given: options.set ?? new Map(),
            recording,
            published: options.published ?? false,
            runs: options.runs,
            seed: options.seed,
          },
          toolOf(process.argv.slice(2)),
        );
        const wantsText = await writePage(options, traces, async () => {
          const { renderPressureHtml } = await import('../report/pressure-html.ts');
          return renderPressureHtml(result);
        });
        if (!wantsText) return;
        await writeTo(options.output, mainReport(result, choice));
      } catch (error) {
        if (error instanceof DesignError || error instanceof ScenarioError)
          throw new UsageError(error.message);
        if (error instanceof RangeError && traces.length > 0)
          throw new InputError(`${traces.join(', ')}: ${error.message}`);
        throw error;
      }
    });
}

function mainReport(result: PressureResult, choice: ReportChoice): string {
  if (choice.format === 'json') return renderPressureJson(result);
  if (choice.format === 'text') return renderPressureText(result);
  return renderDocument(pressureDocument(result), choice);
}

/** `working-set=1.8`. */
function parameterValue(
  text: string,
  before: ReadonlyMap<string, number> | undefined,
): ReadonlyMap<string, number> {
  const m = /^([a-z-]+)=(\d{1,12}(?:\.\d{1,9})?)$/.exec(text.trim());
  if (!m || !(Number(m[2]) > 0))
    throw new InvalidArgumentError('expected a parameter and a positive number such as working-set=1.8.');
  return new Map([...(before ?? []), [m[1]!, Number(m[2])]]);
}
