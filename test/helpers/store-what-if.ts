import type { Recording } from '../../src/replay/run-what-if.ts';
import { IAA_AS_PUBLISHED } from '../../src/replay/stores/codec-costs.ts';
import type { StoreWhatIfResult } from '../../src/replay/stores/result.ts';
import type { SweepRequest } from '../../src/replay/stores/sweep.ts';
import { type StoreRequest, whatIfStores } from '../../src/replay/stores/what-if-stores.ts';
import { extractOperations } from './operations.ts';
import type { ZswapText } from './zswap-text.ts';

/** One combination, the folios as recorded. */
export const NO_SWEEP: SweepRequest = { batchSizes: null, engines: null, processes: null, folioPages: [1] };

/** The operations of a made-up text as a recording. */
export function recordingOfStores(text: ZswapText): Recording {
  const { table, compaction } = extractOperations(text.bytes);
  return {
    operations: table,
    compaction,
    kernelRelease: '',
    files: [],
    tracer: null,
    tables: [],
    lostRecords: 0,
    findings: [],
  };
}

/** What may be asked for beside designs. */
export type StoreQuestion = Partial<Omit<StoreRequest, 'sweep'>> & { readonly sweep?: Partial<SweepRequest> };

/** A what-if over it, of one run when nothing else is asked for. */
export function askStores(
  recording: Recording,
  designs: readonly string[],
  { sweep = {}, ...more }: StoreQuestion = {},
): StoreWhatIfResult {
  const request: StoreRequest = {
    recording,
    designs,
    era: null,
    zswap: null,
    seeds: 1,
    cpus: null,
    codec: null,
    sizes: null,
    iaa: IAA_AS_PUBLISHED,
    otherSteps: 1,
    ...more,
    sweep: { ...NO_SWEEP, ...sweep },
  };
  return whatIfStores(request, { name: 'trace-replay', version: '0', command: '' });
}
