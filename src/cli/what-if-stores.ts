import type { CodecId } from '../model/codecs/codecs.ts';
import { compressors } from '../model/codecs/compressors.ts';
import { replayableCosts } from '../model/codecs/costs.ts';
import { PageSizes, statedRatio } from '../model/codecs/sizes.ts';
import { statedSizes } from '../model/codecs/stated-sizes.ts';
import type { Design } from '../model/designs/design.ts';
import type { Recording } from '../replay/run-what-if.ts';
import { IAA_AS_PUBLISHED } from '../replay/stores/codec-costs.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import type { SizesRequest } from '../replay/stores/sizes.ts';
import { whatIfStores } from '../replay/stores/what-if-stores.ts';
import { storeWhatIfDocument } from '../report/mail/store-what-if-document.ts';
import { renderStoreWhatIfJson } from '../report/store-what-if-json.ts';
import { renderStoreWhatIfText } from '../report/store-what-if-text.ts';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import type { ExportOptions } from './export-options.ts';
import type { MeasuredTime } from './option-values.ts';
import { writeTo } from './output.ts';
import { writePage } from './page-output.ts';
import { readPages } from './read-pages.ts';
import { type ReportChoice, renderDocument } from './report-format.ts';
import { fateOptions, isCodecPlatform, optionName, type StoreOptions } from './store-options.ts';

/** Options of what-if that its store path knows too. */
interface StoreCommandOptions extends StoreOptions, ExportOptions {
  readonly kernel?: string;
  readonly platform?: string;
  readonly processes?: readonly number[];
  readonly seeds: number;
  readonly cpus?: number;
  readonly untraced?: boolean;
  readonly measured?: readonly MeasuredTime[];
  readonly html?: string;
  readonly output?: string;
}

/** Options that only the free path knows: what they are when nobody gives them, and why stores have none. */
const OF_FREES: Readonly<Record<string, readonly [initial: unknown, why: string]>> = {
  operations: [undefined, 'stores take times, sizes and slots from one recording'],
  cpuPressure: [0, 'it is for the workers of frees'],
  compaction: ['recorded', 'it is for frees'],
  migration: ['recorded', 'it is for frees'],
  pagesLocked: [0, 'it is for frees'],
  pageLists: [undefined, 'it is for frees'],
  size: [undefined, 'stores are repeated by --processes only'],
  classSpread: [undefined, 'it is for frees'],
  speedup: [undefined, 'it is for frees; --other-steps and --codec change what steps take'],
  breakEven: [undefined, 'it is for frees; --processes 1,2,4,8 goes through numbers of tasks'],
  starveWorker: [undefined, 'no design of stores has a worker'],
};

/** @throws {UsageError} for options that the replay of stores does not know, or that do not go together. */
export function refuseFreeOptions(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, [initial, why]] of Object.entries(OF_FREES)) {
    if (given[name] !== undefined && given[name] !== initial)
      throw new UsageError(`${optionName(name)} is not for stores: ${why}`);
  }
  const { platform, codec } = options as StoreCommandOptions;
  const known = new Set<string>(replayableCosts(codec).map((cost) => cost.platform));
  if (platform !== undefined && !known.has(platform))
    throw new UsageError(
      `--platform ${platform}: stores have costs of codecs; those of ${codec ?? 'codecs'} both ways are known on ${[...known].join(', ')}`,
    );
  if (platform !== undefined && codec === undefined)
    throw new UsageError('--platform has costs of codecs for stores: name one with --codec');
}

/** Pages of a sample that are compressed at most. */
const SAMPLE = 2048;

/**
 * What-if of zswap_store, zswap_load, zswap_invalidate and zswap_writeback_entry.
 * @throws {UsageError} for options that do not go together.
 */
export async function whatIfStoresCommand(
  recording: Recording,
  designs: readonly string[],
  known: readonly Design[],
  options: StoreCommandOptions,
  choice: ReportChoice,
  tool: StoreWhatIfResult['tool'],
  inputs: readonly string[],
  light: Recording | null,
): Promise<void> {
  const { platform, codec, engines, iaa } = options;
  const result = whatIfStores(
    {
      recording,
      designs,
      known,
      era: options.kernel ?? null,
      zswap: options.zswap ?? null,
      seeds: options.seeds,
      cpus: options.cpus ?? null,
      codec: codec === undefined ? null : { codec, platform: isCodecPlatform(platform) ? platform : null },
      sizes: await sizesOf(options),
      iaa: iaa ?? IAA_AS_PUBLISHED,
      otherSteps: options.otherSteps ?? 1,
      ...fateOptions(options),
      untraced: options.untraced ?? false,
      measuredNs: measuredStore(options.measured ?? []),
      light,
      sweep: {
        batchSizes: options.batchSize ?? null,
        engines: engines ?? null,
        processes: options.processes ?? null,
        folioPages: options.folioPages ?? [1],
      },
    },
    tool,
  );
  if (result.iaa === null && (engines !== undefined || iaa !== undefined))
    throw new UsageError(
      '--engines and --iaa are for deflate-iaa: --codec deflate-iaa, or a design such as iaa-batch',
    );
  const wantsText = await writePage(options, inputs, async () => {
    const { renderStoreWhatIfHtml } = await import('../report/store-what-if-html.ts');
    return renderStoreWhatIfHtml(result);
  });
  if (!wantsText) return;
  await writeTo(options.output, mainReport(result, choice));
}

/** @throws {UsageError} for a time of the free path. */
function measuredStore(measured: readonly MeasuredTime[]): number | null {
  const other = measured.find(({ name }) => name !== 'zswap_store');
  if (other) throw new UsageError(`--measured ${other.name} is of frees: of stores, zswap_store=12us`);
  return measured[0]?.ns ?? null;
}

function mainReport(result: StoreWhatIfResult, choice: ReportChoice): string {
  if (choice.format === 'json') return renderStoreWhatIfJson(result);
  if (choice.format === 'text') return renderStoreWhatIfText(result);
  return renderDocument(storeWhatIfDocument(result), choice);
}

/** Sizes of a sample, of a kind of pages or of a stated ratio; null: as recorded. */
async function sizesOf({ pages, sizes, ratio, codec }: StoreOptions): Promise<SizesRequest | null> {
  if ([pages, sizes, ratio].filter((given) => given !== undefined).length > 1)
    throw new UsageError('--pages, --sizes and --ratio all say how small pages get: name one of them');
  if (sizes !== undefined) {
    if (codec === undefined) throw new UsageError('--sizes are those of a codec: name it with --codec');
    return { sizes: statedSizes(sizes, codec), from: `stated sizes of ${codec} (${sizes})` };
  }
  if (ratio !== undefined) return { sizes: statedRatio(ratio), from: `a stated ratio of ${ratio}` };
  if (pages === undefined) return null;
  if (codec === undefined) throw new UsageError('--pages is compressed with a codec: name it with --codec');
  return { sizes: await sizesOfFile(pages, codec), from: `pages of ${pages}` };
}

async function sizesOfFile(path: string, codec: CodecId): Promise<PageSizes> {
  const compress = (await compressors()).get(codec);
  if (!compress)
    throw new UsageError(`--pages: no library stands for ${codec}; --sizes and --ratio state sizes`);
  const { pages } = await readPages(path, SAMPLE);
  const sample = pages.filter((page) => page.some((byte) => byte !== 0));
  if (sample.length === 0) throw new InputError(`${path}: no page of 4096 bytes that is not zero`);
  return new PageSizes(sample.map(compress), 'pages');
}
