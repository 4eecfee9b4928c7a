import { type Command, Option } from 'commander';
import { DesignError } from '../model/designs/design.ts';
import { parseDesign } from '../model/designs/registry.ts';
import { ERA_IDS, eraById, eraOn } from '../model/kernels/eras.ts';
import { PREEMPTION_MODELS, type PreemptionId } from '../model/preemption.ts';
import type { PageLists } from '../model/steps.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { PlatformError } from '../replay/calibrate/platform-file.ts';
import { type PlatformSource, platformSource } from '../replay/calibrate/platform-source.ts';
import { isPublishedPlatform } from '../replay/calibrate/published-platform.ts';
import type { CompactionPlan } from '../replay/compaction.ts';
import { fittingDesigns } from '../replay/fitting-designs.ts';
import { whatIfReconstructed } from '../replay/reconstruct/what-if.ts';
import type { WhatIfResult } from '../replay/result.ts';
import { ScenarioError } from '../replay/scenario/request.ts';
import { SweepThreads } from '../replay/sweep.ts';
import { whatIfDocument } from '../report/mail/what-if-document.ts';
import { renderWhatIfJson } from '../report/what-if-json.ts';
import { renderWhatIfText } from '../report/what-if-text.ts';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import { addExportOptions, type ExportOptions } from './export-options.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import {
  compactionPlan,
  fileList,
  measuredOfFrees,
  measuredTime,
  oneOf,
  pageListSizes,
  poolShape,
  share,
  wholeNumber,
  ZSMALLOC_HELP,
} from './option-values.ts';
import { writeTo } from './output.ts';
import { type KnownDesigns, withOwnDesigns } from './own-designs.ts';
import { writePage } from './page-output.ts';
import { recordingOf } from './recordings.ts';
import {
  addReportOptions,
  type ReportChoice,
  type ReportOptions,
  renderDocument,
  reportChoice,
} from './report-format.ts';
import { addScenarioOptions, type ScenarioOptions, scenarioRequest } from './scenario-options.ts';
import { addStoreOptions, isAboutStores, isCodecPlatform, type StoreOptions } from './store-options.ts';
import { textOfFile } from './text-of-file.ts';
import { toolOf } from './tool.ts';

interface WhatIfOptions extends ScenarioOptions, StoreOptions, ReportOptions, ExportOptions {
  readonly design?: readonly string[];
  readonly operations?: readonly string[];
  readonly light?: readonly string[];
  readonly kernel?: string;
  readonly zsmalloc?: PoolShape;
  readonly untraced?: boolean;
  readonly platform?: string;
  readonly measured?: ReturnType<typeof measuredTime>;
  readonly seeds: number;
  readonly cpus?: number;
  readonly cpuPressure: number;
  readonly preempt?: PreemptionId;
  readonly compaction: CompactionPlan;
  readonly migration: CompactionPlan;
  readonly pagesLocked: number;
  readonly pageLists?: PageLists;
  readonly html?: string;
  readonly output?: string;
  readonly quiet?: boolean;
}

/** More runs, CPUs or threads are a slip of the finger, and would take hours. */
const MOST_RUNS = 10_000;
const MOST_CPUS = 1024;
const MOST_HOGS = 255;

const EXAMPLES = `
Examples:
  trace-replay what-if trace.txt --design class-idx --design class-idx+drop-lock
  trace-replay what-if trace.txt --design deferred --format mail
  trace-replay what-if graph.txt --operations kprobes.txt --design drop-lock
  trace-replay what-if trace.txt --design deferred:entries=64,buffers=8 --json
  trace-replay what-if trace.txt -d drop-lock --processes 1,2,4,8 --size 256M
  trace-replay what-if trace.txt -d drop-lock --speedup free_zspage=0.5,1
  trace-replay what-if trace.txt -d deferred --break-even --starve-worker
  trace-replay what-if zswap.txt -d batch-store:size=8 --folio-pages 16
  trace-replay what-if zswap.txt -d iaa-batch --batch-size 1,2,4,8 --engines 1,8

Wants a function_graph of zs_free with its callees (times, locks) and probes of
zs_malloc and zs_free with size and handle (which object is where): in one
recording, or in two of the same workload (--operations); docs/recording.md has
the commands. What is missing is reconstructed and named; a file of sizes by
class (debugfs zsmalloc/*/classes) or zram's mm_stat, given as one more input,
helps. Exit status: 0 done, 2 nothing to replay, or the command line is wrong.`;

/** Adds `trace-replay what-if`. */
export function addWhatIfCommand(program: Command): void {
  const command = program
    .command('what-if')
    .summary('what a change of the free path would buy, from a recording of today')
    .description(
      'Replays the recorded frees through a model of zsmalloc and its locks, checks that against the recording, ' +
        'and says what each design would change.',
    )
    .argument('[trace...]', 'recordings of one run; - is standard input')
    .option(
      '-d, --design <design>',
      'design, composition (class-idx+drop-lock) or file (may be given again)',
      fileList,
    )
    .option('--operations <file>', 'recording of the same workload that has sizes and handles', fileList)
    .option('--kernel <era>', `lock era: ${ERA_IDS.join(', ')}; told by the trace else`, oneOf(ERA_IDS))
    .option('--zsmalloc <shape>', ZSMALLOC_HELP, poolShape)
    .option('--untraced', "take the tracer's estimated cost out")
    .option(
      '--measured <time>',
      'untraced time of the recorded kernel: munmap=59ms, zs_free=4.6us; stores: zswap_store=12us (implies --untraced)',
      measuredTime,
    )
    .option(
      '--light <file>',
      'the timed workload with fewer functions traced: measures what a traced call costs (implies --untraced)',
      fileList,
    )
    .option(
      '--platform <name>',
      'costs of i7-12700, raspberry-pi-4b, rk3588 or a file that calibrate wrote; stores: of a codec (docs/codecs.md)',
    )
    .option(
      '--seeds <n>',
      'runs, each with the recorded times in another order',
      wholeNumber(1, MOST_RUNS),
      21,
    )
    .option('--cpus <n>', 'CPUs of the machine; as recorded else', wholeNumber(1, MOST_CPUS))
    .option('--cpu-pressure <n>', 'threads that always want each CPU', wholeNumber(0, MOST_HOGS), 0)
    .addOption(
      new Option(
        '--preempt <model>',
        'preemption of the kernel: who gets a CPU when several want it; as recorded, else none',
      ).choices(PREEMPTION_MODELS.map(({ id }) => id)),
    )
    .option(
      '--compaction <when>',
      'zs_compact beside the frees: as recorded, none, or every=10ms',
      compactionPlan,
      'recorded',
    )
    .option(
      '--migration <when>',
      'zs_page_migrate beside the frees: as recorded, none, or every=1ms',
      compactionPlan,
      'recorded',
    )
    .option(
      '--pages-locked <share>',
      'of emptied zspages that have a locked page and wait for the worker, 0 to 1',
      share,
      0,
    )
    .option(
      '--page-lists <sizes>',
      'per-CPU lists of free pages: batch=63,high=252; as recorded else',
      pageListSizes,
    );
  addReportOptions(addStoreOptions(addScenarioOptions(command)), 'docs/what-if.md').option(
    '--html <file>',
    'also write the report as one HTML file that needs nothing else',
  );
  addExportOptions(command)
    .option('-o, --output <file>', 'write to a file')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (traces: string[], options: WhatIfOptions, command: Command) => {
      const choice = reportChoice(options);
      const names = inputNames(traces, command);
      const inputs = [
        ...names,
        ...(options.operations ?? []),
        ...(options.light ?? []),
        ...(options.pages ? [options.pages] : []),
      ];
      keepInputs(inputs, [options.output, options.html]);
      const { known, texts, stores } = await designsOf(options);
      const platform = stores ? null : platformOf(options.platform);
      if (platform && options.light)
        throw new UsageError('--light does not go with --platform: costs do not come from the recording');
      const read = { quiet: options.quiet ?? false, hash: true };
      const shape = options.zsmalloc ?? null;
      const timed = await recordingOf(names, read, shape);
      const placed = options.operations ? await recordingOf(options.operations, read, shape) : timed;
      const light = options.light ? await recordingOf(options.light, read) : null;
      const tool = toolOf(process.argv.slice(2));
      const threads = new SweepThreads();
      try {
        if (stores) {
          await stores.whatIfStoresCommand(timed, texts, known, options, choice, tool, inputs, light);
          return;
        }
        const result = whatIfReconstructed(
          {
            timed,
            placed,
            designs: texts,
            known,
            era: options.kernel ?? null,
            world: options.untraced || options.measured || light ? 'untraced' : 'traced',
            measured: measuredOfFrees(options.measured ?? []),
            light,
            platform,
            seeds: options.seeds,
            cpus: options.cpus ?? null,
            pressure: options.cpuPressure,
            preempt: options.preempt ?? null,
            compaction: options.compaction,
            migration: options.migration,
            pagesLocked: options.pagesLocked,
            pageLists: options.pageLists ?? null,
            scenarios: scenarioRequest(options),
          },
          tool,
          threads.run,
        );
        const wantsText = await writePage(options, inputs, async () => {
          const { renderWhatIfHtml } = await import('../report/what-if-html.ts');
          return renderWhatIfHtml(result);
        });
        if (!wantsText) return;
        await writeTo(options.output, mainReport(result, choice));
      } catch (error) {
        const isUsage = [DesignError, ScenarioError, PlatformError].some((kind) => error instanceof kind);
        if (isUsage) throw new UsageError((error as Error).message);
        if (error instanceof RangeError) throw new InputError(`${names.join(', ')}: ${error.message}`);
        throw error;
      } finally {
        threads.close();
      }
    });
}

function mainReport(result: WhatIfResult, choice: ReportChoice): string {
  if (choice.format === 'json') return renderWhatIfJson(result);
  if (choice.format === 'text') return renderWhatIfText(result);
  return renderDocument(whatIfDocument(result), choice);
}

/** Designs, and the replay of stores when they want it: known or refused before a long recording is read. */
async function designsOf(
  options: WhatIfOptions,
): Promise<KnownDesigns & { readonly stores: typeof import('./what-if-stores.ts') | null }> {
  try {
    const designs = await withOwnDesigns([...new Set(options.design)]);
    const { known, texts } = designs;
    const chosen = texts.map((text) => parseDesign(text, known));
    if (isAboutStores(options, texts, known)) {
      const stores = await import('./what-if-stores.ts');
      stores.refuseFreeOptions(options);
      return { ...designs, stores };
    }
    if (options.kernel !== undefined) {
      const { kernel } = eraOn(eraById(options.kernel), options.zsmalloc ?? null);
      fittingDesigns(
        kernel,
        texts.map((text, k) => ({ text, chosen: chosen[k]! })),
      );
    }
    return { ...designs, stores: null };
  } catch (error) {
    if (error instanceof DesignError) throw new UsageError(error.message);
    throw error;
  }
}

/** Known or refused before a long recording is read. */
function platformOf(name: string | undefined): PlatformSource | null {
  if (isCodecPlatform(name) && !isPublishedPlatform(name))
    throw new UsageError(`--platform ${name} has costs of codecs: for stores, with --codec`);
  try {
    return name === undefined ? null : platformSource(name, textOfFile);
  } catch (error) {
    if (error instanceof PlatformError) throw new UsageError(error.message);
    throw error;
  }
}
