import { describe, expect, it } from 'vitest';
import { FOUR_GROUPS, TWELVE_GROUPS } from '../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64, X86_64_BEFORE_6_3 } from '../../src/model/zsmalloc/geometry.ts';
import { replayStructure, type StructureReport } from '../../src/replay/structure.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { extractOperations } from '../helpers/operations.ts';

const INNER_PROBES = /\/\* k_(?:obj_malloc|obj_free|fix|putback|zs_isolate): /;

function replay(name: string, options: { before63?: boolean; without?: RegExp } = {}): StructureReport {
  let bytes = readFixture(`complete/${name}.txt`);
  if (options.without) {
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    bytes = new Uint8Array(
      Buffer.from(lines.filter((line) => !options.without!.test(line)).join('\n'), 'latin1'),
    );
  }
  const { table, compaction } = extractOperations(bytes);
  const geometry = new Geometry(options.before63 ? X86_64_BEFORE_6_3 : X86_64);
  return replayStructure(table, compaction, geometry, options.before63 ? FOUR_GROUPS : TWELVE_GROUPS).report;
}

describe.each([
  ['full-churn-p4-s1', false, 2845, 0],
  ['full-compact-p2-s1', false, 1916, 50],
  ['full-churn61-p2', true, 2300, 0],
] as const)('%s', (name, before63, operations, moves) => {
  it('agrees in every malloc, free and moved object', () => {
    const report = replay(name, { before63 });
    expect(report).toMatchObject({
      mallocs: operations,
      mallocsJudged: operations,
      mallocsAgree: operations,
      zspageJudged: operations,
      zspageAgree: operations,
      objectIndexJudged: operations,
      objectIndexAgree: operations,
      frees: operations,
      freesJudged: operations,
      freesAgree: operations,
      freesOfOlder: 0,
      moves,
      movesAgree: moves,
      pagesHeldAtEnd: 0,
      differences: [],
    });
  });

  it('gives the same without the probes that show the outcome', () => {
    const report = replay(name, { before63, without: INNER_PROBES });
    expect([report.zspageJudged, report.objectIndexJudged]).toEqual([0, 0]);
    expect([report.mallocsAgree, report.freesAgree]).toEqual([operations, operations]);
    expect([report.moves, report.movesAgree, report.pagesHeldAtEnd]).toEqual([moves, moves, 0]);
  });

  it('does not agree under the rules of another kernel', () => {
    const report = replay(name, { before63: !before63 });
    expect(report.mallocsAgree).toBeLessThan(operations);
  });
});

it('a clock that stood still shows as objects taken in another order', () => {
  const report = replay('full-churn61-p2-stalledclock', { before63: true });
  expect([report.mallocsAgree, report.freesAgree]).toEqual([2300, 2300]);
  expect(report.objectIndexAgree).toBe(2296);
  expect(report.differences.map((d) => d.what)).toContain('object 4 in the trace, 3 in the model');
});
