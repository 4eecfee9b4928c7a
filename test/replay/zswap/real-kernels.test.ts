import { describe, expect, it } from 'vitest';
import { checkStructure } from '../../../src/replay/check-structure.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';

/** A recording of a real kernel, judged by what it shows alone. */
function judged(name: string) {
  const { table, compaction } = extractOperations(readFixture(`zswap-kernels/${name}.txt`));
  const check = checkStructure({
    operations: table,
    compaction,
    kernelRelease: '',
    files: [],
    era: null,
    zswapEra: null,
    shape: null,
    poolPages: null,
    acceptPercent: 90,
  });
  return { ...check, zswap: check.zswap! };
}

const all = (operations: number) => ({ operations, judged: operations, agree: operations });

describe('recordings of kernels other than 6.12', () => {
  // Counters: those of debugfs after the recording.
  it.each([
    {
      name: '6.1.192-probes',
      version: '6.1',
      zsmalloc: 'C-6.1',
      zswap: { stores: all(680), loads: all(130), invalidates: all(430), entryFrees: all(430) },
      refused: { 'compression failed': 11, 'pool limit': 239 },
      counters: { pool_limit_hit: 212 },
      objects: 398,
    },
    {
      name: '6.17.13-probes',
      version: '6.15',
      zsmalloc: 'E',
      zswap: {
        stores: all(98),
        loads: all(109),
        invalidates: all(660),
        looks: all(136),
        entryFrees: all(198),
      },
      refused: { 'compression failed': 2, 'pool limit': 79 },
      counters: { pool_limit_hit: 27, reject_compress_fail: 2 },
      objects: 198,
    },
    {
      name: '6.18.15-probes',
      version: '6.18',
      zsmalloc: 'E',
      zswap: {
        stores: all(92),
        loads: all(98),
        invalidates: all(650),
        looks: all(131),
        victims: all(70),
        writebacks: all(70),
        entryFrees: all(251),
      },
      refused: { 'pool limit': 66 },
      counters: { pool_limit_hit: 26, written_back_pages: 70 },
      objects: 251,
    },
    {
      name: '7.3.4-probes',
      version: '6.18',
      zsmalloc: 'E',
      zswap: {
        stores: all(78),
        loads: all(94),
        invalidates: all(650),
        looks: all(158),
        victims: all(66),
        writebacks: { operations: 66, judged: 65, agree: 65 },
        entryFrees: all(232),
      },
      refused: { 'pool limit': 41 },
      counters: { pool_limit_hit: 30, reject_reclaim_fail: 2, written_back_pages: 64 },
      objects: 232,
    },
  ])('$name: every operation agrees', ({ name, version, zsmalloc, zswap, refused, counters, objects }) => {
    const report = judged(name);
    expect(report.zswap.version.id).toBe(version);
    expect(report.kernel.era).toBe(zsmalloc);
    expect(report.zswap).toMatchObject({ ...zswap, refused, entriesLeft: 0, differences: [] });
    const set = Object.entries(report.zswap.counters).filter(([, value]) => value > 0);
    expect(Object.fromEntries(set)).toEqual(counters);
    expect(report.zsmalloc).toMatchObject({
      zspageJudged: objects,
      zspageAgree: objects,
      objectIndexAgree: objects,
      differences: [],
    });
  });

  it('of arguments that function_graph prints: sizes, handles, slots and lists of several memcgs', () => {
    const { zswap } = judged('7.3.4-args');
    expect(zswap).toMatchObject({
      stores: all(67),
      loads: { operations: 75, judged: 45, agree: 45 },
      invalidates: all(398),
      looks: all(144),
      victims: all(55),
      writebacks: all(55),
      entryFrees: all(184),
      counters: { pool_limit_hit: 4, written_back_pages: 55 },
      entriesLeft: 0,
      differences: [],
    });
    expect(zswap.notes.join(' ')).not.toContain('one list');
  });
});
