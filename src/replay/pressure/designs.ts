import { DesignError } from '../../model/designs/design.ts';
import { DESIGNS } from '../../model/designs/registry.ts';
import { AS_IT_IS, type DesignEffects } from './setup.ts';

/** Pages of a batch of entries (ZSWAP_MAX_BATCH_SIZE of the series). */
const STORE_BATCH = 8;

interface PressureDesign {
  readonly id: string;
  readonly title: string;
  /** Its one option; null without. */
  readonly option: {
    readonly name: string;
    readonly least: number;
    readonly most: number;
    readonly initial: number;
  } | null;
  readonly apply: (before: DesignEffects, value: number) => DesignEffects;
}

const plain = (id: string, title: string, change: Partial<DesignEffects>): PressureDesign => ({
  id,
  title,
  option: null,
  apply: (before) => ({ ...before, ...change }),
});

/** What changes a batch: without batches they come with it. */
const ofBatch = (id: string, title: string, change: Partial<DesignEffects>): PressureDesign => ({
  ...plain(id, title, {}),
  apply: (before) => ({
    ...before,
    ...change,
    storeBatch: before.storeBatch > 1 ? before.storeBatch : STORE_BATCH,
  }),
});

const sized = (
  id: string,
  title: string,
  [name, most]: readonly [string, number],
  field: 'storeBatch' | 'compressBatch' | 'reclaimBatch' | 'scanFolios',
): PressureDesign => ({
  id,
  title,
  option: { name, least: 1, most, initial: most },
  apply: (before, value) => ({ ...before, [field]: value }),
});

/** What of the designs of stores matters to the loop, and designs of reclaim itself. */
export const PRESSURE_DESIGNS: readonly PressureDesign[] = [
  plain('large-folio', 'folios stored as a whole (6.13)', { splits: false }),
  plain('split-folio', 'folios split before they are stored (to 6.12)', { splits: true }),
  sized(
    'batch-store',
    'entries made and the context locked for a batch of pages',
    ['size', STORE_BATCH],
    'storeBatch',
  ),
  sized('iaa-batch', 'pages of a batch compressed at once by the accelerator', ['size', 8], 'compressBatch'),
  sized('reclaim-batch', 'reclaim hands over so many folios together', ['folios', 32], 'reclaimBatch'),
  sized(
    'scan-folios',
    'a pass of reclaim takes at least so many folios at once',
    ['folios', 32],
    'scanFolios',
  ),
  ofBatch('mutex-per-page', 'batches whose pages lock the context one by one', { locksEachPage: true }),
  ofBatch('bulk-entries', "a batch's entries in one slab call, of the CPU's node", { entryNode: 'cpu' }),
  plain('node-entries', "each entry from its page's node", { entryNode: 'page' }),
  plain('prefetchw', 'entries are fetched before they are written to', { prefetchesEntries: true }),
  plain('readahead-decompress-batch', 'pages of a readahead window decompressed at once', {
    batchesReadahead: true,
  }),
  plain('writeback-batch', 'pages of a scan decompressed at once', { batchesWriteback: true }),
  plain('vswap', 'virtual swap as posted (RFC v2): nothing is written back', { vswap: true }),
];

/** A composition, read from left to right. @throws {DesignError} for what is not known or does not fit. */
export function parsePressureDesign(text: string): DesignEffects {
  if (text === 'base') return AS_IT_IS;
  const effects = text.split('+').reduce((before, part) => {
    const [id, ...settings] = part.split(/[:,]/);
    const design = PRESSURE_DESIGNS.find((candidate) => candidate.id === id);
    if (!design) throw notOfTheLoop(id!);
    return design.apply(before, optionOf(design, settings));
  }, AS_IT_IS);
  if (effects.locksEachPage && effects.compressBatch > 1)
    throw new DesignError(`${text}: pages in flight are under one hold: no mutex-per-page with iaa-batch`);
  return effects;
}

/** Why a design is not played: nobody knows it, or what it changes has no time of its own in the loop. */
function notOfTheLoop(id: string): DesignError {
  const known = PRESSURE_DESIGNS.map((candidate) => candidate.id).join(', ');
  const design = DESIGNS.find((candidate) => candidate.id === id);
  if (!design) return new DesignError(`no design "${id}" under memory pressure; there are ${known}`);
  const why =
    design.changes === 'store'
      ? 'changes a part of a store that the loop does not time apart (store-page)'
      : 'changes frees, of which the loop has one time for each page (free-page)';
  return new DesignError(`${id} ${why}; what-if replays it. Under memory pressure there are ${known}`);
}

function optionOf({ id, option }: PressureDesign, settings: readonly string[]): number {
  let value = option?.initial ?? 0;
  for (const setting of settings) {
    const [name, given] = setting.split('=');
    if (option === null || name !== option.name)
      throw new DesignError(`${id} has no option "${name}"; it has ${option?.name ?? 'none'}`);
    value = given === undefined || given === '' ? Number.NaN : Number(given);
    if (!Number.isInteger(value) || value < option.least || value > option.most)
      throw new DesignError(`${id}:${name} must be a whole number from ${option.least} to ${option.most}`);
  }
  return value;
}
