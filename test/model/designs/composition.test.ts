import { expect, it } from 'vitest';
import { DesignError } from '../../../src/model/designs/design.ts';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';

const ids = (text: string) => parseDesign(text).map(({ design }) => design.id);
const paths = (text: string) => applyDesigns(eraById('D').kernel, parseDesign(text)).paths;

it.each([
  ['deferred+class-idx+drop-lock', 'class-idx+drop-lock+deferred'],
  ['class-batch+drop-lock+deferred-array+class-idx', 'drop-lock+class-idx+deferred-array+class-batch'],
  ['try-read-queue+drop-lock', 'drop-lock+try-read-queue'],
])('%s does what %s does', (text, same) => {
  expect(ids(text).join('+')).toBe(same);
  expect(paths(text)).toEqual(paths(same));
});

it('a way to drain brings something to drain', () => {
  expect(ids('class-batch:cap=8')).toEqual(['deferred', 'class-batch']);
  expect(ids('bulk-free+class-idx')).toEqual(['class-idx', 'deferred', 'bulk-free']);
  expect(ids('bulk-free+deferred-array')).toEqual(['deferred-array', 'bulk-free']);
});

it('what changes the batches of a store brings batches', () => {
  expect(ids('bulk-entries')).toEqual(['batch-store', 'bulk-entries']);
  expect(ids('mutex-per-page+vswap')).toEqual(['batch-store', 'mutex-per-page', 'vswap']);
  expect(ids('bulk-entries+iaa-batch')).toEqual(['iaa-batch', 'bulk-entries']);
});

it.each([
  ['vswap+prefetchw+iaa-batch+batch-store', 'batch-store+iaa-batch+prefetchw+vswap'],
  [
    'bulk-entries+reclaim-batch+large-folio+batch-store',
    'large-folio+batch-store+bulk-entries+reclaim-batch',
  ],
  ['batch-store+split-folio', 'split-folio+batch-store'],
])('%s of stores is %s', (text, same) => {
  expect(ids(text).join('+')).toBe(same);
});

it('each free design runs alone on a kernel that it fits', () => {
  const all =
    'drop-lock class-idx deferred-array zram-gc deferred class-batch bulk-free mm-async try-read-queue';
  for (const id of `${all} no-slot-lock no-zram-counters`.split(' '))
    expect(paths(id)).not.toEqual(paths('base'));
});

it.each([
  ['deferred+class-batch+bulk-free', 'combine only one of them'],
  ['zram-gc+class-batch', 'frees slots or swap entries, not handles'],
  ['drop-lock+drop-lock', 'named twice'],
])('%s is refused', (text, why) => {
  expect(() => paths(text)).toThrow(DesignError);
  expect(() => paths(text)).toThrow(why);
});
