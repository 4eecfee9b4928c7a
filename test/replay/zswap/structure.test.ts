import { describe, expect, it } from 'vitest';
import type { OperationExtractor } from '../../../src/analysis/operations/extract.ts';
import { checkStructure, type StructureCheck } from '../../../src/replay/check-structure.ts';
import type { ZswapReport } from '../../../src/replay/zswap/result.ts';
import { renderStructureText } from '../../../src/report/structure-text.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';
import { ZswapText } from '../../helpers/zswap-text.ts';

const CAPTURE = Buffer.from(readFixture('complete/full-zswap-p2-s1.txt')).toString('latin1').split('\n');

interface Options {
  readonly poolPages?: number;
  readonly zswapEra?: string;
}

let whole: OperationExtractor | null = null;

/** The capture as it is, read once. */
function asRecorded(options: Options = {}): StructureCheck {
  whole ??= extractOperations(readFixture('complete/full-zswap-p2-s1.txt'));
  return judge(whole, options);
}

function check(bytes: Uint8Array, options: Options = {}): StructureCheck {
  return judge(extractOperations(bytes), options);
}

function judge({ table, compaction }: OperationExtractor, options: Options): StructureCheck {
  return checkStructure({
    operations: table,
    compaction,
    kernelRelease: '',
    files: [],
    era: null,
    zswapEra: options.zswapEra ?? null,
    shape: null,
    poolPages: options.poolPages ?? null,
    acceptPercent: 90,
  });
}

function capture(keep: (line: string, k: number) => boolean | string, options?: Options): ZswapReport {
  const lines = CAPTURE.flatMap((line, k) => {
    const kept = keep(line, k);
    return kept === false ? [] : [kept === true ? line : kept];
  });
  return check(new Uint8Array(Buffer.from(lines.join('\n'), 'latin1')), options).zswap!;
}

const all = (operations: number) => ({ operations, judged: operations, agree: operations });
const unknown = (operations: number) => ({ operations, judged: 0, agree: 0 });

describe('the capture of zswap on 6.12', () => {
  it('agrees in every store, load, invalidation, writeback and entry', () => {
    const { zswap, zsmalloc } = asRecorded();
    expect(zswap).toMatchObject({
      version: { id: '6.12', index: 'xarray', poolReference: 'percpu_ref' },
      stores: all(1893),
      refused: { 'compression failed': 347, 'pool limit': 390 },
      loads: all(314),
      invalidates: all(1825),
      victims: all(31),
      writebacks: all(31),
      entryFrees: all(1156),
      entriesLeft: 0,
      ofOlder: 0,
      differences: [],
    });
    // Decided by the first of 390 refused folios, and no other limit gives all of them.
    expect(zswap!.limit).toEqual({
      maxPages: 697,
      acceptPages: 627,
      basis: 'first refusal',
      narrowedBy: 0,
      consistent: [697, 697],
    });
    expect(zsmalloc).toMatchObject({
      mallocsJudged: 1156,
      mallocsAgree: 1156,
      zspageAgree: 1156,
      objectIndexAgree: 1156,
      freesJudged: 1156,
      freesAgree: 1156,
      pagesHeldAtEnd: 0,
      differences: [],
    });
  });

  it('has the counters that debugfs had', () => {
    const debugfs = Object.fromEntries(
      Buffer.from(readFixture('side-data/full-zswap.stats.txt'))
        .toString('latin1')
        .split('\n')
        .map((line) => /^(\w+) (\d+)$/.exec(line))
        .flatMap((m) => (m ? [[m[1], Number(m[2])]] : [])),
    ) as Record<string, number>;
    const { counters } = asRecorded().zswap!;
    expect(Object.keys(counters).length).toBe(7);
    for (const [name, value] of Object.entries(counters))
      expect([name, value]).toEqual([name, debugfs[name]]);
  });

  it('agrees from probes alone; why folios were refused is not shown then', () => {
    const probes = (line: string) => !/\|/.test(line) || / k_(?!zs_map|fix|obj_)/.test(line);
    const report = capture(probes);
    expect(report).toMatchObject({
      stores: { operations: 1893, judged: 1156, agree: 1156 },
      refused: { 'not shown': 737 },
      loads: all(314),
      invalidates: all(1825),
      victims: all(31),
      writebacks: all(31),
      entryFrees: all(1156),
      counters: { written_back_pages: 31 },
      differences: [],
    });
    // With the limit it is told which 390 of them the pool had no room for.
    const told = capture(probes, { poolPages: 697 });
    expect(told.stores).toEqual({ operations: 1893, judged: 1546, agree: 1546 });
    expect(told.differences).toEqual([]);
  });

  it('agrees where probes print addresses only: their names say what they are', () => {
    const report = capture((line) => {
      if (!/ k_zswap_/.test(line)) return !/\|/.test(line) || / k_zs_(?:malloc|free)/.test(line);
      return line
        .replace(/\(zswap_\w+\+0x\w+\/0x\w+\)/, '(ffffffff81a00004)')
        .replace(/\(\S+ <- zswap_\w+\)/, '(ffffffff81a00004 <- ffffffff81b00000)');
    });
    expect(report).toMatchObject({
      loads: all(314),
      invalidates: all(1825),
      victims: all(31),
      writebacks: all(31),
      entryFrees: all(1156),
      differences: [],
    });
  });

  it('follows entries by their objects where no slot is recorded, also from zs_free alone', () => {
    const withoutSlots = (line: string) => line.replace(/ swp=0x[0-9a-f]+/, '');
    const followed = {
      loads: { operations: 314, judged: 313, agree: 313 },
      // The others freed nothing: which slot they are of is not known.
      invalidates: { operations: 1825, judged: 812, agree: 812 },
      victims: all(31),
      writebacks: all(31),
      entryFrees: all(1156),
      differences: [],
      entriesLeft: 0,
    };
    const report = capture(withoutSlots);
    expect(report).toMatchObject({ ...followed, stores: all(1893) });
    expect(report.notes.join(' ')).toContain('followed by their objects');
    const probes = capture((line) => {
      const isProbe = !/\|/.test(line) || / k_(?!zs_map|fix|obj_|zswap_entry)/.test(line);
      return isProbe && withoutSlots(line);
    });
    expect(probes).toMatchObject(followed);
  });

  it('takes slots from the frees where stores and loads show none', () => {
    const report = capture((line) => {
      const isKept = !/\/\*/.test(line) || / k_(?:zswap_entry_free|zs_malloc|zs_free)/.test(line);
      return isKept;
    });
    expect(report).toMatchObject({
      loads: { operations: 314, judged: 313, agree: 313 },
      victims: all(31),
      entryFrees: all(1156),
      entriesLeft: 0,
      differences: [],
    });
  });

  it('follows slots where no object is recorded: which entry is written back is judged all the same', () => {
    const report = capture(
      (line) => !/\|/.test(line) || / k_zswap_(?:store|load|inv|wb)(?:_ret)?:/.test(line),
    );
    expect(report).toMatchObject({
      loads: all(314),
      invalidates: unknown(1825),
      victims: all(31),
      writebacks: all(31),
      differences: [],
    });
  });

  it('says what cannot be judged without probes', () => {
    const report = capture((line) => !/\/\* k_/.test(line));
    expect(report).toMatchObject({
      // By the pages that zs_malloc and zs_free take and give back.
      stores: all(1893),
      refused: { 'compression failed': 347, 'pool limit': 390 },
      loads: unknown(314),
      invalidates: unknown(1825),
      victims: unknown(31),
      entryFrees: unknown(1156),
      differences: [],
    });
    expect(report.notes.join(' ')).toMatch(
      /nor handles: entries cannot be followed, only counted: 1156 stored, 1156 freed/,
    );
  });

  it('does not agree under another limit', () => {
    expect(asRecorded({ poolPages: 690 }).zswap!.stores.agree).toBeLessThan(1893);
    const text = renderStructureText(asRecorded({ poolPages: 705 }));
    expect(text).toMatch(/\n {4}line \d+: refused in the trace only/);
    expect(text).toContain('Limit 705 pages, accepts again at 634: as asked (--pool-pages); only');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(asRecorded({ poolPages: 705 }).zswap!.stores.agree).toBeLessThan(1893);
  });

  it('does not agree under the rules of 6.1: there a load keeps its entry', () => {
    const report = asRecorded({ zswapEra: '6.1' }).zswap!;
    expect(report.entryFrees.agree).toBeLessThan(1156);
    expect(report.victims.judged).toBe(0);
  });
});

describe('what a recording shows otherwise is named with its line', () => {
  const changed = (pattern: RegExp, change: (line: string) => string) => {
    const at = CAPTURE.findIndex((line) => pattern.test(line));
    const report = capture((line, k) => (k === at ? change(line) : true));
    return { line: at + 1, report };
  };

  it('another victim', () => {
    const { line, report } = changed(/k_zswap_wb: .* swp=0x14 /, (text) =>
      text.replace('swp=0x14', 'swp=0x3f'),
    );
    expect(report.victims).toEqual({ operations: 31, judged: 31, agree: 30 });
    expect(report.differences).toContainEqual({
      operation: expect.any(Number),
      line,
      what: 'the entry of slot 63 is written back in the trace, that of slot 20 in the model',
    });
  });

  it('another length, another object', () => {
    const { line, report } = changed(/k_zswap_entry_free: .* length=3198 /, (text) =>
      text.replace('length=3198', 'length=3199'),
    );
    expect(report.differences).toEqual([
      { operation: expect.any(Number), line, what: 'an entry of 3199 bytes in the trace, 3198 in the model' },
    ]);
  });

  it('a load that finds nothing', () => {
    const { report } = changed(/k_zswap_load_ret: .* ret=1/, (text) => text.replace('ret=1', 'ret=0'));
    expect(report.loads.agree).toBe(313);
    expect(report.differences.map(({ what }) => what)).toEqual(['slot 536 is in zswap in the model only']);
  });

  it('a writeback that found the page in the swap cache', () => {
    const { report } = changed(/k_zswap_wb_ret: .* ret=0/, (text) => text.replace('ret=0', 'ret=-17'));
    expect(report.writebacks.agree).toBe(30);
    expect(report.differences.map(({ what }) => what)).toEqual([
      'writeback returned -17 in the trace, 0 in the model',
    ]);
  });
});

describe('the version', () => {
  const versionOf = (text: ZswapText, zswapEra?: string) => {
    const { zswap, kernel } = check(text.bytes, zswapEra === undefined ? {} : { zswapEra });
    return { id: zswap!.version.id, zsmalloc: kernel.era, differences: zswap!.differences };
  };
  const stored = (like: '6.13' | '6.16' | '6.18', pages: readonly number[], hasFunctions = false) => {
    const text = new ZswapText({ like, hasFunctions });
    const objects = text.store(0x10, pages);
    for (const [page, bytes] of pages.entries()) text.load(0x10 + page, bytes, objects[page]!);
    return text;
  };

  it('is told by functions that were seen, and by what loads return', () => {
    const differences: unknown[] = [];
    expect(versionOf(stored('6.13', [100]))).toEqual({ id: '6.12', zsmalloc: 'D', differences });
    expect(versionOf(stored('6.13', [100, 200]))).toEqual({ id: '6.13', zsmalloc: 'D', differences });
    expect(versionOf(stored('6.13', [100], true))).toEqual({ id: '6.13', zsmalloc: 'D', differences });
    expect(versionOf(stored('6.16', [100, 200]))).toEqual({ id: '6.15', zsmalloc: 'E', differences });
    expect(versionOf(stored('6.18', [100]))).toEqual({ id: '6.18', zsmalloc: 'E', differences });
  });

  it('is not told by functions that a light capture leaves out', () => {
    // zs_malloc right below zswap_store, where zpool is not traced: as in 6.18, and in a light capture of 6.12.
    const light = (line: string) => !/zpool|zs_zpool|total_pages/.test(line) || /\/\*/.test(line);
    const report = capture(light);
    expect(report).toMatchObject({ version: { id: '6.12' }, loads: all(314), differences: [] });
    // That 390 were refused for the limit is told by nothing having been compressed.
    expect(report.stores).toEqual(all(1893));
    expect(report.notes.join(' ')).toContain('the look at its size is not traced');
  });
});

describe('large folios', () => {
  it('are followed page by page', () => {
    const text = new ZswapText();
    const objects = text.store(0x10, [1000, 2000, 3000, 500]);
    for (const [page, bytes] of [1000, 2000, 3000, 500].entries())
      text.load(0x10 + page, bytes, objects[page]!);
    const { zswap } = check(text.bytes);
    expect(zswap).toMatchObject({
      version: { id: '6.18' },
      stores: all(1),
      loads: all(4),
      entryFrees: all(4),
      entriesLeft: 0,
      differences: [],
    });
  });

  it('fail as a whole: pages stored before, and older entries, are freed', () => {
    const text = new ZswapText();
    const [older] = text.store(0x12, [700]);
    // Numbers that the two pages in front of the failing one will get.
    const [a, b] = [older! + 1, older! + 2];
    text.store(
      0x10,
      [1000, 2000, 'error', 500],
      [
        [0x10, 1000, a],
        [0x11, 2000, b],
        [0x12, 700, older!],
      ],
    );
    const { zswap } = check(text.bytes);
    expect(zswap).toMatchObject({
      stores: all(2),
      refused: { 'compression failed': 1 },
      entryFrees: all(3),
      entriesLeft: 0,
      differences: [],
    });
  });

  it('a page that stays behind is told', () => {
    const text = new ZswapText();
    text.store(0x10, [1000, 2000, 'error'], [[0x11, 2000, 1]]);
    const { zswap } = check(text.bytes);
    expect(zswap!.differences.map(({ what }) => what)).toEqual(['an entry is freed in the model only']);
  });

  it('are refused as a whole by 6.12', () => {
    const text = new ZswapText();
    text.store(0x10, [1000, 2000]);
    expect(check(text.bytes, { zswapEra: '6.12' }).zswap!.differences.map(({ what }) => what)).toEqual([
      'refused in the model only (large folio; 0 pages in the pool)',
    ]);
  });
});

it('pages that were stored before the recording began are counted, not judged', () => {
  const text = new ZswapText();
  text.load(5, 1000, 7);
  const { zswap } = check(text.bytes);
  expect(zswap).toMatchObject({
    ofOlder: 1,
    loads: unknown(1),
    entryFrees: unknown(1),
    differences: [],
  });
});

it.each([52_000, 60_000, 80_000])('from line %d on: older entries are left out, the rest agrees', (from) => {
  const report = capture((_, k) => k < 4 || k > from);
  expect(report.differences).toEqual([]);
  expect(report.ofOlder).toBeGreaterThan(100);
  expect(report.stores.judged).toBe(0);
  expect(report.loads.agree).toBe(report.loads.judged);
  expect(report.invalidates.agree).toBe(report.invalidates.judged);
  expect(report.entryFrees.agree).toBe(report.entryFrees.judged);
  expect(report.notes.join(' ')).toMatch(/objects from before the recording are freed in it/);
});

it('a recording without zswap has no part about it', () => {
  expect(check(readFixture('complete/full-compact-p2-s1.txt')).zswap).toBeNull();
});
