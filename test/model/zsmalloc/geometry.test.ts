import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Geometry, type ZsmallocConfig } from '../../../src/model/zsmalloc/geometry.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/zsmalloc');
const TABLES = [
  'zs-classes-4k-chain4.txt',
  'zs-classes-4k-chain4-usedpc-pre6.3.txt',
  'zs-classes-4k-chain8.txt',
  'zs-classes-4k-chain16.txt',
  'zs-classes-64k-chain8.txt',
];

describe.each(TABLES)('%s', (name) => {
  const lines = readFileSync(join(FIXTURES, name), 'utf8').trimEnd().split('\n');
  const head = Object.fromEntries([...lines[0]!.matchAll(/([a-z_]+) (\S+)/g)].map((m) => [m[1], m[2]]));
  const config: ZsmallocConfig = {
    pageSize: Number(head.page),
    wordBytes: 8,
    chainSize: Number(head.chain),
    chainRule: head.rule === 'waste' ? 'least-waste' : 'used-percentage',
    objectIndexBits: Number(head.idxbits),
  };
  const geometry = new Geometry(config);

  it('has these classes, each with its objects, pages and waste', () => {
    const rows = geometry.classes.map((c) =>
      [
        c.index,
        c.size,
        c.objectsPerZspage,
        c.pagesPerZspage,
        c.wastedBytes,
        ...(c.huge ? ['HUGE'] : []),
      ].join(' '),
    );
    expect(rows).toEqual(lines.slice(1).map((line) => line.trim().replaceAll(/ +/g, ' ')));
  });

  it('has these totals', () => {
    expect([geometry.minSize, geometry.sizeStep, geometry.slots.length, geometry.classes.length]).toEqual(
      [head.min, head.delta, head.slots, head.distinct].map(Number),
    );
    expect(geometry.hugeClassSize).toBe(Number(head.huge_class_size));
  });
});

describe('classFor', () => {
  const geometry = new Geometry({
    pageSize: 4096,
    wordBytes: 8,
    chainSize: 8,
    chainRule: 'least-waste',
    objectIndexBits: 24,
  });

  it('takes the smallest class that the request and its handle fit', () => {
    for (let request = 1; request <= 4096; request++) {
      const found = geometry.classFor(request);
      const smallest = geometry.classes.find((c) => c.size >= Math.min(request + 8, 4096));
      expect(found, `${request} bytes`).toBe(smallest);
    }
  });

  it('changes from the largest class with room to the huge one at huge_class_size', () => {
    expect(geometry.classFor(3624).index).toBe(225);
    expect(geometry.classFor(3625).huge).toBe(true);
  });
});

it.each([
  ['32-bit without PAE', 4096, 12, 32, 255, 3629],
  ['x86-32 PAE', 4096, 8, 128, 249, 3629],
  ['ARM LPAE', 4096, 4, 2048, 129, 3629],
])('%s: the object index bits bound the smallest class', (_, pageSize, objectIndexBits, min, slots, huge) => {
  const geometry = new Geometry({
    pageSize,
    wordBytes: 4,
    chainSize: 8,
    chainRule: 'least-waste',
    objectIndexBits,
  });
  expect([geometry.minSize, geometry.slots.length, geometry.hugeClassSize]).toEqual([min, slots, huge]);
});

it('refuses index bits that leave no class', () => {
  const config: ZsmallocConfig = {
    pageSize: 4096,
    wordBytes: 4,
    chainSize: 8,
    chainRule: 'least-waste',
    objectIndexBits: 1,
  };
  expect(() => new Geometry(config)).toThrow(RangeError);
});
