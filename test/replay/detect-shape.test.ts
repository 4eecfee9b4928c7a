import { describe, expect, it } from 'vitest';
import { eraById } from '../../src/model/kernels/eras.ts';
import { TWELVE_GROUPS } from '../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../src/model/zsmalloc/pool.ts';
import { configOn, type PoolShape } from '../../src/model/zsmalloc/pool-shape.ts';
import { detectShape } from '../../src/replay/detect-shape.ts';
import { structureMisfit } from '../../src/replay/judge-structure.ts';
import { shapeOf } from '../../src/replay/machine-of.ts';
import { replayStructure } from '../../src/replay/structure.ts';
import { OperationKind, OperationTable } from '../../src/trace/operations.ts';

/** Objects of all sizes, made and freed in another order, on a machine of that shape. */
function recordedOn(shape: PoolShape): OperationTable {
  const config = configOn(X86_64, shape);
  const pool = new Pool(new Geometry(config), TWELVE_GROUPS);
  const ops = new OperationTable();
  const count = 600;
  const add = (kind: number, handle: number, place: number) => {
    const row = ops.add(kind);
    ops.handle[row] = ops.handles.id(`h${handle}`);
    ops.changedAt[row] = place;
    return row;
  };
  for (let k = 0; k < count; k++) {
    const row = add(OperationKind.Malloc, k, k);
    ops.size[row] = 40 + ((k * 7919) % (config.pageSize - 40));
    const sizeClass = pool.classFor(ops.size[row]!);
    const isNew = pool.allocateFromExisting(sizeClass, k) < 0;
    if (isNew) pool.allocateFromNew(sizeClass, k);
    ops.seenNewPages[row] = isNew ? pool.classes[sizeClass]!.pagesPerZspage : 0;
  }
  for (let k = 0; k < count; k++) {
    const handle = (k * 7) % count === k ? k : (k * 7 + Math.floor((k * 7) / count)) % count;
    if (pool.zspageOf(handle) < 0) continue;
    const row = add(OperationKind.Free, handle, count + k);
    const zspage = pool.free(handle);
    if (zspage >= 0) pool.release(zspage);
    ops.seenReleased[row] = zspage >= 0 ? 1 : 0;
  }
  return ops;
}

describe.each([
  { pageSize: 16384, chainSize: 6 },
  { pageSize: 4096, chainSize: 4 },
  { pageSize: 65536, chainSize: 8 },
])('a recording on %o', (shape) => {
  const ops = recordedOn(shape);
  const era = eraById('E');
  const { report } = replayStructure(ops, [], new Geometry(era.geometry), era.fullness);

  it('shows its pages and chains', () => {
    expect(detectShape(era, report, ops, [])).toEqual(shape);
  });

  it('does not fit the usual machine, and says how to name its own', () => {
    expect(structureMisfit(report)).toMatch(/the pool of the model is not that .* --zsmalloc say/);
  });
});

it('a recording on the usual machine wants no other', () => {
  const ops = recordedOn({});
  const era = eraById('E');
  const { report } = replayStructure(ops, [], new Geometry(era.geometry), era.fullness);
  expect(detectShape(era, report, ops, [])).toBeNull();
  expect(structureMisfit(report)).toBeNull();
});

it('a kernel configuration says it', () => {
  const table = (text: string) => [
    {
      source: 'config',
      kind: 'kernel-config',
      columns: ['option', 'value'],
      rows: text.split(' ').map((line) => line.split('=')),
    },
  ];
  expect(shapeOf([])).toBeNull();
  expect(
    shapeOf(
      table('CONFIG_64BIT=y CONFIG_ARM64_16K_PAGES=y CONFIG_ARM64_PA_BITS=48 CONFIG_ZSMALLOC_CHAIN_SIZE=4'),
    ),
  ).toEqual({ pageSize: 16384, chainSize: 4, wordBits: 64, physicalBits: 48 });
  expect(shapeOf(table('CONFIG_64BIT=n CONFIG_X86_PAE=y'))).toEqual({ wordBits: 32, physicalBits: 36 });
});
