import { beforeAll, describe, expect, it } from 'vitest';
import { recordingOf } from '../../../src/cli/recordings.ts';
import { checkStructure } from '../../../src/replay/check-structure.ts';
import type { Recording } from '../../../src/replay/run-what-if.ts';
import type { StoreWhatIfResult } from '../../../src/replay/stores/result.ts';
import { batchesText, designOf, detectBatches } from '../../../src/replay/zswap/detect-batches.ts';
import { detectZswap } from '../../../src/replay/zswap/detect-zswap.ts';
import type { OperationTable } from '../../../src/trace/operations.ts';
import { fixturePath, runCli } from '../../cli/run-cli.ts';

const pathOf = (name: string) => fixturePath(`own-patched/stores/${name}-p1.txt.gz`);
const read = (name: string) => recordingOf([pathOf(name)], { quiet: true, hash: false });

const recordings = new Map<string, Recording>();

beforeAll(async () => {
  for (const name of ['base', 'batch', 'named', 'batch-refused']) recordings.set(name, await read(name));
});

function whatIf(name: string, ...designs: readonly string[]): StoreWhatIfResult {
  const asked = designs.flatMap((id) => ['-d', id]);
  return JSON.parse(runCli(['what-if', pathOf(name), ...asked, '--seeds', '1', '--json', '-q']).stdout);
}

/** Mean zswap_store of a recording, ns. */
function recordedStoreNs({ operations: ops }: Recording): number {
  const stores = storesOf(ops);
  return stores.reduce((sum, op) => sum + ops.durationNs[op]!, 0) / stores.length;
}

const storesOf = (ops: OperationTable): number[] =>
  [...ops.zswap].filter(([, { published }]) => published.length > 1).map(([op]) => op);

describe('kernels patched to store in batches', () => {
  it.each([
    ['base', null],
    ['batch', 'batch-store:size=8'],
    ['named', 'batch-store:size=8+bulk-entries'],
    ['batch-refused', 'batch-store:size=8'],
  ])('are told by the order of their calls: %s', (name, design) => {
    const batches = detectBatches(recordings.get(name)!.operations);
    expect(batches && designOf(batches)).toBe(design);
  });

  it('tell their version by what asks for the size of the pool, where that is shown', () => {
    const basisOf = (name: string) => detectZswap(recordings.get(name)!.operations, '').basis;
    expect(basisOf('batch-refused')).toBe('zs_get_total_pages: it asks zsmalloc itself, without zpool');
    // A choice of functions without any of zpool's tells nothing of zpool.
    expect(basisOf('base')).toContain('6.15 or newer; 6.15 to 6.17 differ in what does not compress');
  });

  it('are named where no call shows what is done together', () => {
    const { operations } = recordings.get('named')!;
    const dark = Object.create(operations, { zswap: { value: new Map() } }) as OperationTable;
    expect(batchesText(dark)).toMatch(/^zswap_\w*: patched; what is stored together is not shown/);
    expect(batchesText(recordings.get('base')!.operations)).toBeNull();
  });

  it.each(['base', 'batch', 'named'])('store pages that are counted one by one: %s', (name) => {
    const { operations } = recordings.get(name)!;
    const stores = storesOf(operations);
    expect(stores).toHaveLength(16);
    for (const op of stores) {
      const { compressions, objects, published, mutexLocks } = operations.zswap.get(op)!;
      expect([compressions, objects, published.length]).toEqual([16, 16, 16]);
      expect(mutexLocks).toBe(name === 'base' ? 16 : 2);
    }
  });

  it('take the mutex as often as recorded, with batches once for eight pages, and all else as before', () => {
    const locked = (name: string) => {
      const { operations } = recordings.get(name)!;
      return storesOf(operations).reduce((sum, op) => sum + operations.zswap.get(op)!.mutexLocks, 0);
    };
    const { baseline, designs, assumptions } = whatIf('base', 'batch-store');
    expect(
      assumptions.filter(({ what }) => /size is not recorded.*all of one class/.test(what)),
    ).toHaveLength(1);
    const taken = ({ acquisitions }: typeof baseline) =>
      Object.fromEntries(Object.entries(acquisitions).map(([lock, { value }]) => [lock, value]));
    const { 'acomp_ctx->mutex': single, ...others } = taken(baseline);
    const { 'acomp_ctx->mutex': batched, ...same } = taken(designs[0]!);
    expect([single, batched]).toEqual([locked('base'), locked('batch')]);
    expect(single).toBe(8 * batched!);
    expect(same).toEqual(others);
    const lists = [...recordings.get('base')!.operations.zswap.values()].flatMap(({ locks }) => locks);
    expect(others['list_lru lock']).toBe(lists.filter(({ lock }) => lock === 'list').length);
  });

  it('refuse folios as a whole, with the pages of batches that were published', () => {
    const { operations, compaction } = recordings.get('batch-refused')!;
    const { zswap } = checkStructure({
      operations,
      compaction,
      kernelRelease: '',
      files: [],
      shape: null,
      era: null,
      zswapEra: null,
      poolPages: null,
      acceptPercent: 90,
    });
    expect(zswap!.differences).toEqual([]);
    expect(zswap!.refused).toEqual({ 'compression failed': 7 });
    // 16 of the folio that was stored, and 8 of each of three that failed behind their first batch.
    expect(zswap!.entryFrees).toMatchObject({ judged: 40, agree: 40 });
    expect(zswap!.versionBasis).toMatch(/stores in batches: 8 pages compressed under one hold/);
  });
});

describe('from the base alone', () => {
  it('what batches make of a store is predicted within 1 %, under the same tracer', () => {
    const { baseline, designs, sizes } = whatIf('base', 'batch-store', 'mutex-per-page');
    expect(sizes).toMatchObject({ objects: 256, meanBytes: null, poolPages: null });
    const mean = (of: { readonly groups: StoreWhatIfResult['baseline']['groups'] }) =>
      of.groups.find(({ path }) => path === 'zswap_store')!.meanNs.value;
    expect(mean(baseline) / recordedStoreNs(recordings.get('base')!)).toBeCloseTo(1, 3);
    const error = mean(designs[0]!) / recordedStoreNs(recordings.get('batch')!) - 1;
    expect(Math.abs(error)).toBeLessThan(0.01);
    expect(mean(designs[1]!) / mean(baseline)).toBeCloseTo(1, 3);
  });
});

describe('from a patched kernel', () => {
  it('the way back is replayed, and batches are no second time', () => {
    const { validation, designs, leftOut, kernel } = whatIf('batch', 'batch-store', 'mutex-per-page');
    expect(kernel.basis).toMatch(/patched, stores in batches/);
    expect(leftOut.map(({ id }) => id)).toEqual(['batch-store']);
    expect(validation.verdict).toBe('fits');
    const slower = designs[0]!.groups.find(({ path }) => path === 'zswap_store')!.meanNs.value;
    const error = slower / recordedStoreNs(recordings.get('base')!) - 1;
    expect(Math.abs(error)).toBeLessThan(0.02);
  });
});
