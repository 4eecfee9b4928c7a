import { describe, expect, it } from 'vitest';
import { type Exploration, explorationLines } from '../../../src/model/interleavings.ts';
import {
  exploreReferences,
  type ReferenceRaceOptions,
  type ReferenceRule,
} from '../../../src/model/zswap/reference-race.ts';
import { ABORT_RULES, exploreStale } from '../../../src/model/zswap/stale-race.ts';

function references(rule: ReferenceRule, options: Partial<ReferenceRaceOptions> = {}) {
  return exploreReferences({
    rule,
    pages: 2,
    failsAt: -1,
    swapCacheGuards: false,
    poolReplaced: false,
    fault: 'wrong drop',
    ...options,
  });
}

/** The order of steps that breaks it, so that a test that fails prints it; nothing when all orders were tried. */
function broken(found: Exploration): readonly string[] {
  return found.shortest === null && found.complete ? [] : explorationLines(found);
}

const isSafe = (rule: ReferenceRule, options: Partial<ReferenceRaceOptions>) =>
  broken(references(rule, options)).length === 0;

describe('references of the pool that are taken for a batch', () => {
  it('are safe when an entry has one before it is published, whatever else is true', () => {
    for (const rule of ['each before publication', 'all ahead'] as const)
      for (const swapCacheGuards of [false, true])
        for (const failsAt of [-1, 0, 1, 2])
          for (const poolReplaced of [false, true])
            for (const fault of ['wrong drop', 'pool lost'] as const) {
              const options = { swapCacheGuards, failsAt, poolReplaced, fault, pages: 3 };
              expect([rule, options, ...broken(references(rule, options))]).toEqual([rule, options]);
            }
  });

  it('after publication: the shortest order that breaks it', () => {
    expect(explorationLines(references('all after publication'))).toEqual([
      ' 1  store      takes its own reference of the pool',
      ' 2  store      page 0: entry made, compressed, in the tree',
      ' 3  store      page 0: on the list (published)',
      ' 4  writeback  looks at the head of the list',
      ' 5  writeback  looks at the head of the list',
      ' 6  writeback  makes a folio for the slot in the swap cache',
      ' 7  writeback  takes the entry out of the tree',
      ' 8  writeback  decompresses, frees the entry: drops its reference of the pool',
      '=> slot 0: a reference of the pool is dropped that was never taken',
    ]);
  });

  it('after publication: another compressor chosen meanwhile, and the pool is gone under the store', () => {
    const { shortest } = references('all after publication', { poolReplaced: true, fault: 'pool lost' });
    expect(shortest!.fault).toBe('the pool is destroyed while the store still uses it');
    expect(shortest!.steps.at(-1)!.actor).toBe('sysfs');
  });

  it('after publication: a failed page alone breaks it, nobody else is needed', () => {
    const { shortest } = references('all after publication', { failsAt: 1, swapCacheGuards: true });
    expect(shortest!.steps.map(({ actor }) => actor)).toEqual(['store', 'store', 'store', 'store']);
    expect(isSafe('all after publication', { failsAt: 0 })).toBe(true);
  });

  it('ahead: those of published pages must not be given back by hand', () => {
    expect(references('all ahead, all given back', { failsAt: 1 }).shortest!.fault).toBe(
      'references of the pool that were dropped twice: 1',
    );
    expect(isSafe('all ahead, all given back', { failsAt: 0 })).toBe(true);
    expect(isSafe('all ahead, all given back', { failsAt: -1 })).toBe(true);
  });

  it('ahead: those of pages that were not published must be given back', () => {
    const { shortest } = references('all ahead, none given back', { failsAt: 1, swapCacheGuards: true });
    expect(shortest!.fault).toBe("references of the pool that are nobody's: 1; it is never destroyed");
    expect(references('all ahead, none given back', { failsAt: 0 }).shortest!.fault).toContain("nobody's: 2");
    expect(isSafe('all ahead, none given back', { failsAt: -1 })).toBe(true);
  });

  it('after publication: only the swap cache stands between it and the fault', () => {
    const rule = 'all after publication, settled on failure';
    expect(isSafe(rule, { failsAt: 1, swapCacheGuards: true })).toBe(true);
    expect(isSafe(rule, { failsAt: -1, swapCacheGuards: true })).toBe(true);
    expect(isSafe(rule, { failsAt: 1 })).toBe(false);
    expect(isSafe(rule, { failsAt: -1 })).toBe(false);
  });

  it('charged after publication: what 6.13 was released with and 63895d20d63b mended', () => {
    const { shortest } = references('charged after publication', { failsAt: 1, swapCacheGuards: true });
    expect(shortest!.steps.at(-1)!.text).toMatch(/^page 1: compression fails/);
    expect(shortest!.fault).toBe('memcg 0 is charged less than nothing');
    expect(isSafe('charged after publication', { failsAt: -1, swapCacheGuards: true })).toBe(true);
    expect(isSafe('charged after publication', { failsAt: 0 })).toBe(true);
  });
});

describe('older entries of a folio that could not be stored', () => {
  const stale = (rule: (typeof ABORT_RULES)[number], failsAt: number, reads = true) =>
    exploreStale({ rule, pages: 2, failsAt, device: 'disk', reads });

  it('are no danger when all slots are erased, in any order', () => {
    for (const failsAt of [0, 1])
      for (const reads of [false, true])
        for (const device of ['disk', 'virtual', 'virtual on a disk'] as const) {
          const found = exploreStale({ rule: 'erases all slots', pages: 2, failsAt, device, reads });
          expect([device, failsAt, ...broken(found)]).toEqual([device, failsAt]);
        }
  });

  it('are read as if they were new where they are left', () => {
    expect(explorationLines(stale('erases nothing', 0))).toEqual([
      ' 1  store  page 0: compression fails; the store erases nothing',
      ' 2  store  the folio is written to the disk and leaves the swap cache',
      ' 3  read   asks how much of the folio is in zswap',
      ' 4  read   page 0 is read',
      '=> page 0: old data is read from zswap',
    ]);
  });

  it('are written over the newer data on the disk', () => {
    const { shortest } = stale('erases its own entries', 0, false);
    expect(shortest!.fault).toBe('page 0: old data is written over newer data on the disk');
    expect(shortest!.steps.at(-1)!.actor).toBe('writeback');
  });

  it('and what the attempt stored: one without the other leaves a folio partly in zswap', () => {
    expect(stale('erases its own entries', 1).shortest!.fault).toBe('1 of 2 pages are in zswap');
    expect(stale('erases older entries', 1).shortest!.fault).toBe('1 of 2 pages are in zswap');
    expect(ABORT_RULES.length).toBe(4);
  });
});
