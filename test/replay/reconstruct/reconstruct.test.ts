import { describe, expect, it } from 'vitest';
import { TWELVE_GROUPS } from '../../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../../src/model/zsmalloc/geometry.ts';
import { reconstruct } from '../../../src/replay/reconstruct/reconstruct.ts';
import { sizeMix } from '../../../src/replay/reconstruct/size-mix.ts';
import { replayStructure } from '../../../src/replay/structure.ts';
import { OperationKind, OperationTable, Reconstructed } from '../../../src/trace/operations.ts';
import type { SideTable } from '../../../src/trace/side-tables.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';

const GEOMETRY = new Geometry(X86_64);
const OPTIONS = { geometry: GEOMETRY, tables: [], seed: 1 };

function linesOf(name: string): string[] {
  return Buffer.from(readFixture(name)).toString('latin1').split('\n');
}

function operationsOf(lines: readonly string[]): OperationTable {
  return extractOperations(new Uint8Array(Buffer.from(lines.join('\n'), 'latin1'))).table;
}

/** Frees and earlier allocations by handle, in the order of places: each object is allocated once, freed at most once after. */
function checkLives(ops: OperationTable): void {
  const at = (row: number) =>
    [ops.changedAt[row]!, ops.enteredAt[row]!].find((place) => !Number.isNaN(place))!;
  const rows = Array.from({ length: ops.length }, (_, row) => row)
    .filter((row) => ops.kind[row] === OperationKind.Malloc || ops.kind[row] === OperationKind.Free)
    .sort((a, b) => at(a) - at(b));
  const live = new Set<number>();
  for (const row of rows) {
    const handle = ops.handle[row]!;
    expect(handle).toBeGreaterThanOrEqual(0);
    if (ops.kind[row] === OperationKind.Malloc) {
      if (live.has(handle)) throw new Error(`handle ${handle} is given twice`);
      live.add(handle);
    } else if (!live.delete(handle)) throw new Error(`handle ${handle} is freed and was not there`);
  }
}

/** A table of frees alone: released or not, with pages, one task. */
function madeFrees(releases: readonly number[]): OperationTable {
  const ops = new OperationTable();
  releases.forEach((pages, k) => {
    const row = ops.add(OperationKind.Free);
    ops.task[row] = 0;
    ops.cpu[row] = 0;
    ops.enteredAt[row] = k + 1;
    ops.returnedAt[row] = k + 1;
    ops.firstAt[row] = k + 1;
    ops.startNs[row] = 1000 * k;
    ops.endNs[row] = 1000 * k + 500;
    ops.durationNs[row] = 500;
    ops.seenReleased[row] = pages > 0 ? 1 : 0;
    if (pages > 0) ops.seenReleasedPages[row] = pages;
  });
  return ops;
}

describe('function_graph of zs_free alone', () => {
  const recorded = operationsOf(linesOf('patched/base_nosi/fg-full-p2.txt'));
  const { operations, reconstruction } = reconstruct(recorded, OPTIONS);
  const { report } = replayStructure(operations, [], GEOMETRY, TWELVE_GROUPS);

  it('becomes a stream in which zspages are released where the trace shows it', () => {
    expect(reconstruction).toMatchObject({
      frees: 8012,
      of: 8012,
      older: 0,
      releasesShown: 8012,
      times: false,
    });
    expect(report).toMatchObject({ freesReconstructed: 8012, releasesShown: 8012, releasesReproduced: 8012 });
    checkLives(operations);
  });

  it('has the pages of the released zspages', () => {
    const { outcome } = replayStructure(operations, [], GEOMETRY, TWELVE_GROUPS);
    let different = 0;
    for (let row = 0; row < recorded.length; row++) {
      if (recorded.seenReleasedPages[row]! > 0 && outcome.pages[row] !== recorded.seenReleasedPages[row])
        different++;
    }
    expect(different).toBe(0);
  });

  it('judges nothing by what was made to fit', () => {
    expect([report.freesJudged, report.mallocsJudged, report.mallocs]).toEqual([0, 0, 0]);
    expect(report.frees).toBe(8012);
    expect(report.differences).toEqual([]);
  });

  it('marks what is filled in and leaves the recording alone', () => {
    expect(recorded.reconstructed.some((bits) => bits !== 0)).toBe(false);
    expect(recorded.handle.subarray(0, recorded.length).every((handle) => handle < 0)).toBe(true);
    const marks = new Set(operations.reconstructed.subarray(0, recorded.length));
    expect([...marks]).toEqual([Reconstructed.Size | Reconstructed.Handle]);
    expect(operations.reconstructed[operations.length - 1]! & Reconstructed.Operation).not.toBe(0);
  });

  it('is the same for a seed, another for another', () => {
    const sizes = (seed: number) =>
      reconstruct(recorded, { ...OPTIONS, seed })
        .operations.size.subarray(0, recorded.length)
        .join();
    expect(sizes(1)).toBe(sizes(1));
    expect(sizes(2)).not.toBe(sizes(1));
  });
});

describe('a complete capture without sizes and handles', () => {
  const lines = linesOf('complete/full-churn-p4-s1.txt').filter((line) => !/\/\* k_/.test(line));
  const recorded = operationsOf(lines);
  const { operations } = reconstruct(recorded, OPTIONS);

  it('releases zspages where the recording did', () => {
    const { report } = replayStructure(operations, [], GEOMETRY, TWELVE_GROUPS);
    expect([report.releasesReproduced, report.releasesShown]).toEqual([2845, 2845]);
  });
});

it('objects older than the recording keep their handles and take the recorded sizes', () => {
  const lines = linesOf('complete/full-churn-p4-s1.txt');
  const half = lines.slice(0, 8).concat(lines.slice(Math.floor(lines.length * 0.6)));
  const recorded = operationsOf(half);
  const { operations, reconstruction } = reconstruct(recorded, OPTIONS);
  expect(reconstruction!.older).toBeGreaterThan(200);
  expect(reconstruction!.sizes!.basis).toBe('measured');
  const row = recorded.kind.findIndex(
    (kind, k) => kind === OperationKind.Free && operations.reconstructed[k] === Reconstructed.Size,
  );
  expect(operations.handles.texts[operations.handle[row]!]).toMatch(/^0x/);
  expect(operations.handle[row]).toBe(recorded.handle[row]);
});

describe('a trace without time stamps', () => {
  const recorded = operationsOf(linesOf('function-graph/6.12.117/fg-A-default.txt'));
  const { operations, reconstruction } = reconstruct(recorded, OPTIONS);
  const frees = Array.from({ length: recorded.length }, (_, row) => row)
    .filter((row) => recorded.kind[row] === OperationKind.Free && !Number.isNaN(recorded.durationNs[row]!))
    .sort((a, b) => recorded.returnedAt[a]! - recorded.returnedAt[b]!);

  it('gets times that are marked, and keeps durations', () => {
    expect(reconstruction!.times).toBe(true);
    for (const row of frees) {
      expect(operations.reconstructed[row]! & Reconstructed.Times).not.toBe(0);
      expect(operations.endNs[row]! - operations.startNs[row]!).toBeCloseTo(recorded.durationNs[row]!, 3);
    }
  });

  it('keeps the order of lines, and one free at a time in a task', () => {
    const endOf = new Map<number, number>();
    let last = 0;
    for (const row of frees) {
      expect(operations.endNs[row]!).toBeGreaterThanOrEqual(last - 1e-3);
      expect(operations.startNs[row]!).toBeGreaterThanOrEqual((endOf.get(operations.task[row]!) ?? 0) - 1e-3);
      last = operations.endNs[row]!;
      endOf.set(operations.task[row]!, last);
    }
  });
});

describe('where sizes come from', () => {
  const table = (
    kind: string,
    columns: readonly string[],
    rows: readonly (readonly number[])[],
  ): SideTable => ({
    source: `${kind}.txt`,
    kind,
    columns,
    rows,
  });
  const empty = new OperationTable();
  const meanOf = (share: Float64Array) =>
    share.reduce((sum, part, k) => sum + part * GEOMETRY.classes[k]!.size, 0);

  it('a classes file gives the shares', () => {
    const columns = ['class', 'size_bytes', 'obj_allocated', 'obj_used'];
    const mix = sizeMix(
      empty,
      [
        table('zsmalloc-classes', columns, [
          [30, 512, 80, 75],
          [254, 4096, 25, 25],
        ]),
      ],
      GEOMETRY,
    );
    expect(mix.basis).toBe('measured');
    const used = [...mix.share]
      .map((share, k) => [GEOMETRY.classes[k]!.size, share])
      .filter(([, share]) => share! > 0);
    expect(used).toEqual([
      [512, 0.75],
      [4096, 0.25],
    ]);
  });

  it('mm_stat gives the mean and the incompressible pages', () => {
    const columns = [
      'orig_data_bytes',
      'compr_data_bytes',
      'mem_used_bytes',
      'mem_limit_bytes',
      'mem_used_max_bytes',
      'same_pages',
      'pages_compacted',
      'huge_pages',
    ];
    const row = [4096 * 1100, 900 * 1000 + 4096 * 100, 0, 0, 0, 0, 0, 100];
    const mix = sizeMix(empty, [table('zram-mm-stat', columns, [row])], GEOMETRY);
    expect(mix.source).toContain('mean size (900 bytes)');
    expect(mix.share[mix.share.length - 1]).toBeCloseTo(100 / 1100, 2);
    const small = (meanOf(mix.share) - (4096 * 100) / 1100) / (1000 / 1100);
    expect(Math.abs(small / 900 - 1)).toBeLessThan(0.05);
  });

  it('nothing gives the assumed ones, weighted to release as often as the trace shows', () => {
    const releases = Array.from({ length: 4000 }, (_, k) => (k % 5 === 0 || k % 7 === 0 ? 2 : 0));
    const { reconstruction } = reconstruct(madeFrees(releases), OPTIONS);
    expect(reconstruction!.sizes!.basis).toBe('assumed');
    expect(reconstruction!.sizes!.source).toMatch(/one free in 3\.2 releases/);
  });

  it('releases at every third free are one class of three objects', () => {
    const releases = Array.from({ length: 300 }, (_, k) => (k % 3 === 2 ? 1 : 0));
    const { reconstruction } = reconstruct(madeFrees(releases), OPTIONS);
    expect(reconstruction!.sizes).toMatchObject({ classes: 1 });
    expect(reconstruction!.sizes!.source).toContain('one class of 1360 bytes');
    expect(reconstruction!.partialZspages).toBe(0);
  });
});

it('random releases are given back whatever they are', () => {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 30; round++) {
    const rate = random();
    const length = 1 + Math.floor(random() * 200);
    const hasPages = round % 2 === 0;
    const releases = Array.from({ length }, () => (random() < rate ? 1 + Math.floor(random() * 8) : 0));
    const recorded = madeFrees(releases);
    if (!hasPages) recorded.seenReleasedPages.fill(-1);
    const { operations } = reconstruct(recorded, { ...OPTIONS, seed: round });
    const { report } = replayStructure(operations, [], GEOMETRY, TWELVE_GROUPS);
    expect(report.releasesReproduced).toBe(length);
    checkLives(operations);
  }
});

it('nothing is done where nothing is missing', () => {
  const { table } = extractOperations(readFixture('complete/full-compact-p2-s1.txt'));
  const made = reconstruct(table, OPTIONS);
  expect(made.reconstruction).toBeNull();
  expect(made.operations).toBe(table);
});
