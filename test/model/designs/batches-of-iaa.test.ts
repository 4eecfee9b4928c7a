import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';
import { withIaa } from '../../../src/model/kernels/iaa-steps.ts';
import { withZswap, ZSWAP_PATHS } from '../../../src/model/kernels/zswap.ts';
import { ZSWAP_ERAS, zswapEraById } from '../../../src/model/zswap/eras.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { pathText } from '../../../src/report/step-text.ts';
import { constant, FREE_TIMES, runOf, taskOf } from '../../helpers/machine.ts';

const iaa = (zswap = '6.18', verify = false) => withIaa(withZswap(eraById('E'), zswapEraById(zswap)), verify);
const designed = (text: string, zswap = '6.18', verify = false) =>
  applyDesigns(iaa(zswap, verify), parseDesign(text));

const COSTS = {
  'iaa-compress-call': 2000,
  'iaa-compress-submit': 100,
  'iaa-compress-engine': 2000,
  'iaa-compress-complete': 50,
  'iaa-decompress-call': 1000,
  'iaa-decompress-submit': 10,
  'iaa-decompress-engine': 500,
  'iaa-decompress-complete': 5,
};

/** One operation of some pages, with nothing but the device's costs. */
function timeOf(text: string, path: string, pages: number, zswap = '6.18', verify = false) {
  const task = taskOf(0, new Float64Array(pages), {
    pages: Int32Array.from({ length: pages }, (_, k) => (k === 0 ? pages : 0)),
    slot: Int32Array.from({ length: pages }, (_, k) => 1000 + k),
    zspagePages: new Int32Array(pages),
  });
  const setup = {
    packages: 1,
    devicesPerPackage: 4,
    enginesPerDevice: 2,
    queueEntries: 128,
    cpusPerPackage: 1,
    spread: 'round-robin' as const,
  };
  const run = runOf(designed(text, zswap, verify), [task], {
    paths: [path],
    times: FREE_TIMES,
    devices: { setup, completion: { kind: 'poll' } },
  });
  const costs = run.program.costs.map((name) => constant(COSTS[name as keyof typeof COSTS] ?? 0));
  const result = new Machine({ ...run, costs }).run();
  const mutex = result.locks.find(({ name }) => name === 'acomp_ctx->mutex')!;
  return { ns: result.latencySumNs[0], holds: mutex.acquisitions, descriptors: result.devices!.descriptors };
}

describe('pages of a folio on IAA', () => {
  const { store, load, writeback } = ZSWAP_PATHS;
  const ONE = 2000 + 100 + 2000 + 50;

  it('go one by one, or a batch at a time', () => {
    expect(timeOf('base', store, 16)).toEqual({ ns: 16 * ONE, holds: 16, descriptors: 16 });
    // The last of 8 submissions, its engine, and one completion behind it.
    const batch = 2000 + 8 * 100 + 2000 + 50;
    expect(timeOf('iaa-batch', store, 16)).toEqual({ ns: 2 * batch, holds: 2, descriptors: 16 });
    expect(timeOf('batch-store+iaa-batch', store, 16)).toEqual(timeOf('iaa-batch', store, 16));
    expect(timeOf('iaa-batch:size=1', store, 3).ns).toBe(3 * ONE);
  });

  it('go to the device of their CPU one by one, round the devices in batches', () => {
    expect(designed('base').spreadsOverDevices).toBeUndefined();
    for (const text of ['iaa-batch', 'readahead-decompress-batch', 'writeback-batch'])
      expect(designed(text).spreadsOverDevices).toBe(true);
  });

  it('are verified one after the other', () => {
    const each = 10 + 500 + 5;
    expect(timeOf('base', store, 4, '6.18', true)).toMatchObject({ ns: 4 * (ONE + each), descriptors: 8 });
    const plain = timeOf('iaa-batch', store, 4).ns!;
    expect(timeOf('iaa-batch', store, 4, '6.18', true).ns).toBe(plain + 4 * each);
  });

  it('are decompressed together when they are taken together', () => {
    const one = 1000 + 10 + 500 + 5;
    expect(timeOf('base', load, 1).ns).toBe(one);
    const together = { ns: 1000 + 4 * 10 + 500 + 5, holds: 1, descriptors: 4 };
    expect(timeOf('readahead-decompress-batch', load, 4)).toEqual(together);
    expect(timeOf('writeback-batch', writeback, 4)).toEqual(together);
  });

  it('are not written back by virtual swap, together or alone', () => {
    expect(designed('writeback-batch+vswap').gathers).toEqual({});
    expect(timeOf('writeback-batch+vswap', writeback, 1).descriptors).toBe(0);
    expect(designed('vswap+writeback-batch').gathers).toEqual({});
  });

  it('of every version have step lists', () => {
    for (const { id } of ZSWAP_ERAS) {
      const first = ['6.1', '6.12'].includes(id) ? 'large-folio+' : '';
      const text = `${first}reclaim-batch+iaa-batch+readahead-decompress-batch+writeback-batch`;
      const { paths, gathers } = designed(text, id);
      expect(gathers).toEqual({ [store]: 32, [load]: 8, [writeback]: 8 });
      expect(pathText(paths[store]!).join('\n')).toContain('submit to the device: compress the page');
      expect(pathText(paths[load]!).join('\n')).toContain('for each page, the two largest first:');
    }
  });
});

describe('a design of batches that does not fit', () => {
  const plain = withZswap(eraById('E'), zswapEraById('6.18'));
  it.each([
    ['batch-store:size=4+iaa-batch:size=8', 'the sizes must be the same'],
    ['iaa-batch+mutex-per-page', 'not with iaa-batch'],
    ['batch-store+mutex-per-page+iaa-batch', 'not with iaa-batch'],
    ['readahead-decompress-batch+readahead-decompress-batch', 'decompressed together already'],
    ['reclaim-batch+reclaim-batch', 'handed over together already'],
  ])('%s is refused', (text, why) => {
    expect(() => designed(text)).toThrow(why);
  });

  it('is refused without the device, and without large folios', () => {
    expect(() => applyDesigns(plain, parseDesign('iaa-batch'))).toThrow('--codec deflate-iaa');
    expect(() => designed('reclaim-batch', '6.12')).toThrow('large-folio comes first');
  });
});
