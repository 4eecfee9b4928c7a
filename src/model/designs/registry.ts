import type { KernelModel } from '../steps.ts';
import { batchStore, bulkEntries, mutexPerPage, nodeEntries } from './batch-store.ts';
import { classIdx } from './class-idx.ts';
import { bulkFree, classBatch, deferred, deferredArray, mmAsync, zramGc } from './deferred.ts';
import { type Design, DesignError, type DesignOption } from './design.ts';
import { dropLock } from './drop-lock.ts';
import { prefetchw } from './entry-prefetch.ts';
import { largeFolio, splitFolio } from './folio-store.ts';
import { readaheadDecompressBatch, reclaimBatch, writebackBatch } from './gathering.ts';
import { iaaBatch } from './iaa-batch.ts';
import { noSlotLock, noZramCounters } from './limits.ts';
import { batchedCharges, batchedPoolRefs, batchedPoolRefsAfter } from './pool-refs.ts';
import { tryReadQueue } from './try-read-queue.ts';
import { vswap } from './vswap.ts';

/** All designs. A new one is one file and one row. */
export const DESIGNS: readonly Design[] = [
  dropLock,
  classIdx,
  deferredArray,
  zramGc,
  deferred,
  classBatch,
  bulkFree,
  mmAsync,
  tryReadQueue,
  noSlotLock,
  noZramCounters,
  splitFolio,
  largeFolio,
  batchStore,
  mutexPerPage,
  bulkEntries,
  nodeEntries,
  iaaBatch,
  reclaimBatch,
  readaheadDecompressBatch,
  writebackBatch,
  prefetchw,
  batchedPoolRefs,
  batchedPoolRefsAfter,
  batchedCharges,
  vswap,
];

/** Some part of a composition changes the paths of zswap. */
export function changesStores(chosen: readonly ChosenDesign[]): boolean {
  return chosen.some(({ design }) => design.changes === 'store');
}

/** Some part of a composition needs IAA. */
export function wantsIaa(chosen: readonly ChosenDesign[]): boolean {
  return chosen.some(({ design }) => design.wantsCodec === 'deflate-iaa');
}

/** A design with its options, as part of a composition. */
export interface ChosenDesign {
  readonly design: Design;
  readonly options: Readonly<Record<string, number>>;
  /** Nobody asked for it: another part needs it. */
  readonly isBrought?: boolean;
}

/**
 * Reads `class-idx+deferred:entries=2048,buffers=8`. `base` alone is the kernel as it is. Parts come in the order in
 * which they are applied: those that take a path as it is by then behind those that change it.
 * @param known Designs to choose from, e.g. with a user's own.
 * @throws {DesignError} for unknown designs and options, values out of range, and parts named twice.
 */
export function parseDesign(text: string, known: readonly Design[] = DESIGNS): readonly ChosenDesign[] {
  if (text === 'base') return [];
  const named = text.split('+').map((part): ChosenDesign => {
    const [id, ...settings] = part.split(/[:,]/);
    const design = known.find((candidate) => candidate.id === id);
    if (!design) {
      throw new DesignError(`no design "${id}"; there are ${known.map((d) => d.id).join(', ')}`);
    }
    const options: Record<string, number> = {};
    for (const option of design.options) options[option.name] = option.initial;
    for (const setting of settings) {
      const [name, value] = setting.split('=');
      const option = design.options.find((candidate) => candidate.name === name);
      if (!option) {
        const names = design.options.map((o) => o.name).join(', ') || 'none';
        throw new DesignError(`${id} has no option "${name}"; it has ${names}`);
      }
      options[option.name] = settingOf(id!, option, value);
    }
    return { design, options };
  });
  const again = named.find(
    ({ design }, k) => design.changes !== 'store' && named.findIndex((other) => other.design === design) < k,
  );
  if (again) throw new DesignError(`${text}: ${again.design.id} is named twice`);
  return inPlace(named);
}

/** Order of application; a design without a place stands where the empty one does. */
const PLACES: readonly Design['place'][] = [
  'folio',
  'batch',
  'flight',
  'of-batch',
  undefined,
  'queue',
  'drain',
  'last',
];

/** Parts in their places. A drain without a queue gets one of `deferred`, what changes batches those of `batch-store`. */
function inPlace(named: readonly ChosenDesign[]): readonly ChosenDesign[] {
  // A design of a user may change what another one has made: it stays where it was put.
  if (named.some(({ design }) => !DESIGNS.includes(design))) return named;
  const at = (...places: readonly Design['place'][]) =>
    named.filter(({ design }) => places.includes(design.place));
  const missing = [
    ...(at('drain').length > 0 && at('queue').length === 0 ? parseDesign(deferred.id) : []),
    ...(at('of-batch').length > 0 && at('batch', 'flight').length === 0 ? parseDesign(batchStore.id) : []),
  ].map((part) => ({ ...part, isBrought: true }));
  const all = [...named, ...missing];
  return PLACES.flatMap((place) => all.filter(({ design }) => design.place === place));
}

/** A value as the design wants it: a number, or the place of a name among the choices. */
function settingOf(id: string, { name, choices, least, most }: DesignOption, value = ''): number {
  if (choices) {
    const place = choices.indexOf(value);
    if (place < 0) throw new DesignError(`${id}:${name} must be one of ${choices.join(', ')}`);
    return place;
  }
  const number = value === '' ? Number.NaN : Number(value);
  if (!Number.isInteger(number) || number < least || number > most)
    throw new DesignError(`${id}:${name} must be a whole number from ${least} to ${most}`);
  return number;
}

/**
 * The kernel with designs applied from left to right. What a part brought with it is left out where the kernel
 * has it: a patched one.
 * @throws {DesignError} when one does not fit.
 */
export function applyDesigns(kernel: KernelModel, chosen: readonly ChosenDesign[]): KernelModel {
  const applied = chosen.filter(({ design, isBrought }) => !(isBrought && design.isIn?.(kernel)));
  const changed = applied.reduce((model, { design, options }) => design.apply(model, options), kernel);
  const id = applied.map(({ design }) => design.id).join('+');
  return chosen.length === 0 ? kernel : { ...changed, id: `${kernel.id} with ${id}` };
}
