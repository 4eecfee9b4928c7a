import { expect, it } from 'vitest';
import { DesignError } from '../../../src/model/designs/design.ts';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById, eraOn } from '../../../src/model/kernels/eras.ts';
import { Geometry, X86_64, X86_64_BEFORE_6_3 } from '../../../src/model/zsmalloc/geometry.ts';
import { classIndexBits, configOn } from '../../../src/model/zsmalloc/pool-shape.ts';

// Facts of mm/zsmalloc.c of 6.12 for other machines: object index bits, smallest class, slots, classes.
it.each([
  [{}, 24, 32, 255, 119],
  [{ pageSize: 16384, physicalBits: 48 }, 30, 32, 257, 121],
  [{ pageSize: 65536 }, 28, 32, 257, 123],
  [{ wordBits: 32 as const }, 12, 32, 255, 119],
  [{ wordBits: 32 as const, physicalBits: 36 }, 8, 128, 249, 113],
  [{ wordBits: 32 as const, physicalBits: 40 }, 4, 2048, 129, 23],
])('%o', (shape, bits, least, slots, classes) => {
  const config = configOn(X86_64, shape);
  const geometry = new Geometry(config);
  expect(config.objectIndexBits).toBe(bits);
  expect([geometry.minSize, geometry.slots.length, geometry.classes.length]).toEqual([least, slots, classes]);
});

it('up to 6.2 a bit holds the tag and chains have four pages', () => {
  expect(configOn(X86_64_BEFORE_6_3, { chainSize: 16 })).toEqual(X86_64_BEFORE_6_3);
});

it('a class in the object word wants 19 bits with 4K pages in chains of 8', () => {
  expect([4, 8, 16].map((chainSize) => classIndexBits({ ...X86_64, chainSize }))).toEqual([18, 19, 20]);
});

it.each([
  [{ wordBits: 32 as const }, /needs a 64-bit kernel/],
  [{ physicalBits: 57, pageSize: 4096 }, undefined],
  [{ physicalBits: 58, pageSize: 4096 }, /needs 19 object index bits .* there are 18/],
])('class-idx on %o', (shape, message) => {
  const { kernel } = eraOn(eraById('E'), shape);
  const change = () => applyDesigns(kernel, parseDesign('class-idx'));
  if (message === undefined) return expect(change).not.toThrow();
  expect(change).toThrow(DesignError);
  expect(change).toThrow(message);
});

it('without room for the class the newest kernel takes the pool lock, and frees the zspage unlocked', () => {
  const steps = (bits: 32 | 64) =>
    eraOn(eraById('F'), { wordBits: bits }).kernel.paths.zs_free!.map((step) => step.do);
  expect(steps(64)).not.toContain('read-lock');
  expect(steps(32).slice(0, 4)).toEqual(['read-lock', 'work', 'lock', 'read-unlock']);
  expect(steps(32).indexOf('unlock')).toBeLessThan(steps(32).lastIndexOf('when'));
});
