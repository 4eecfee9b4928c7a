import type { Design } from '../model/designs/design.ts';
import type { Recording } from '../replay/run-what-if.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import { whatIfStores } from '../replay/stores/what-if-stores.ts';
import { renderStoreWhatIfJson } from '../report/store-what-if-json.ts';
import { renderStoreWhatIfText } from '../report/store-what-if-text.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { writeTo } from './output.ts';
import type { PathOptions } from './store-options.ts';

/** Options of what-if that its store path knows too. */
interface StoreCommandOptions extends PathOptions {
  readonly kernel?: string;
  readonly seeds: number;
  readonly cpus?: number;
  readonly json?: boolean;
  readonly output?: string;
}

/** Options that only the free path knows, with what they are when nobody gives them. */
const OF_FREES: Readonly<Record<string, unknown>> = {
  operations: undefined,
  light: undefined,
  untraced: undefined,
  platform: undefined,
  measured: undefined,
  html: undefined,
  cpuPressure: 0,
  compaction: 'recorded',
  migration: 'recorded',
  pagesLocked: 0,
  pageLists: undefined,
  processes: undefined,
  size: undefined,
  classSpread: undefined,
  speedup: undefined,
  breakEven: undefined,
  starveWorker: undefined,
};

/** @throws {UsageError} for options that the replay of stores does not know. */
export function refuseFreeOptions(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, initial] of Object.entries(OF_FREES)) {
    if (given[name] === undefined || given[name] === initial) continue;
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${option} is for frees: stores are not replayed with it`);
  }
}

/** What-if of zswap_store, zswap_load and zswap_invalidate. */
export async function whatIfStoresCommand(
  recording: Recording,
  designs: readonly string[],
  known: readonly Design[],
  options: StoreCommandOptions,
  tool: StoreWhatIfResult['tool'],
): Promise<void> {
  const result = whatIfStores(
    {
      recording,
      designs,
      known,
      era: options.kernel ?? null,
      zswap: options.zswap ?? null,
      seeds: options.seeds,
      cpus: options.cpus ?? null,
      folioPages: options.folioPages,
    },
    tool,
  );
  await writeTo(options.output, options.json ? renderStoreWhatIfJson(result) : renderStoreWhatIfText(result));
}
