import { describe, expect, it } from 'vitest';
import { anonymousPages, anonymousReturns } from '../../src/replay/anonymous.ts';
import { refillAssumptions } from '../../src/replay/asked-page-lists.ts';
import { OperationKind } from '../../src/trace/operations.ts';
import { extractOperations } from '../helpers/operations.ts';

/** Lines of function_graph with absolute time and task: `[us, duration or -, text]`. */
function graph(lines: readonly (readonly [number, string, string])[]): Uint8Array {
  const rows = lines.map(
    ([us, duration, text]) =>
      `    1.${String(us).padStart(6, '0')} |   0)  swapben-93    | ${duration === '-' ? '              ' : `${duration.padStart(8)} us  `}|  ${text}`,
  );
  const head = `# tracer: function_graph
#
#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS
#      |          |     |    |           |   |                     |   |   |   |
`;
  return new TextEncoder().encode(`${head}${rows.join('\n')}\n`);
}

const free = (us: number): [number, string, string][] => [
  [us, '-', '  zs_free() {'],
  [us + 1, '1.000', '    _raw_spin_lock();'],
  [us + 2, '1.000', '    obj_free();'],
  [us + 3, '-', '    free_zspage() {'],
  [us + 4, '1.000', '      free_unref_page_commit();'],
  [us + 6, '3.000', '    }'],
  [us + 9, '9.000', '  }'],
];
const folio = (us: number, text = 'free_unref_page_commit();'): [number, string, string][] => [
  [us, '1.000', `  ${text}`],
];
const MUNMAP: [number, string, string][] = [
  [0, '-', '__x64_sys_munmap() {'],
  ...free(10),
  ...folio(29),
  ...free(39),
  ...free(60),
  [70, '1.000', '  ___pte_free_tlb();'],
  ...folio(79, 'free_unref_page_commit(zone=0x1, pcp=0x2, page=0x3, migratetype=1, order=3);'),
  ...folio(89),
  [99, '99.000', '}'],
];

function freesOf(bytes: Uint8Array) {
  const { table } = extractOperations(bytes);
  const rows = [...table.kind.keys()].filter(
    (row) => row < table.length && table.kind[row] === OperationKind.Free,
  );
  return { table, rows: [Int32Array.from(rows)] };
}

describe('pages that are no part of zspages', () => {
  const { table, rows } = freesOf(graph(MUNMAP));

  it('are those outside of zsmalloc, without the page tables, by the order where it is printed', () => {
    const { pageFrees } = table;
    expect(pageFrees.rows().map((row) => pageFrees.pages[row])).toEqual([1, 8]);
    expect(pageFrees.hasPageTables).toBe(true);
  });

  it('lie at their place among the frees', () => {
    const [pages] = anonymousPages(table, rows)!.tasks;
    expect([...pages!.after]).toEqual([1, 3]);
    // The first between the end of one free at 19 us and the next at 39; the second 11 us behind the last.
    expect(pages!.into[0]).toBeCloseTo((30 - 19) / 20, 6);
    expect(pages!.into[1]).toBeCloseTo(80e3 - 69e3, 0);
  });

  it('move with the frees of a run', () => {
    const shown = anonymousPages(table, rows)!;
    // Frees of 100 ns each with pauses of 1, 20 and 5 us.
    const { atNs, pages } = anonymousReturns(
      shown,
      [{ thinkNs: Float64Array.of(1e3, 20e3, 5e3) }],
      Float64Array.of(26_300),
    );
    expect([...pages]).toEqual([1, 9]);
    expect(atNs[0]).toBeCloseTo(1e3 + 100 + 0.55 * 20e3, 0);
    expect(atNs[1]).toBeCloseTo(26_300 + 11e3, 0);
  });
});

it('a recording of zs_free alone shows none', () => {
  const { table, rows } = freesOf(graph([...free(10), ...free(30)]));
  expect(anonymousPages(table, rows)).toBeNull();
});

it('events with orders count before calls, but for those within an operation', () => {
  const event = (us: number, order: number): [number, string, string] => [
    us,
    '-',
    `  /* mm_page_free: page=00000000b885780c pfn=0x104247 order=${order} */`,
  ];
  const { table } = freesOf(
    graph([MUNMAP[0]!, ...free(10), event(25, 2), ...folio(29), [40, '40.000', '}']]),
  );
  const { pageFrees } = table;
  expect(pageFrees.rows().map((row) => pageFrees.pages[row])).toEqual([4]);
});

it('refills of page lists among the frees are counted and said not to be replayed', () => {
  const { table } = freesOf(
    graph([...free(10), [25, '4.000', 'rmqueue_bulk();'], ...free(30), [900, '4.000', 'rmqueue_bulk();']]),
  );
  const [told, ...others] = refillAssumptions(table, [0, 40e3]);
  expect([table.refills.length, others.length]).toEqual([2, 0]);
  expect(told!.what).toMatch(
    /refilled lists of free pages 1 times .* 25 a ms, 10 % of the time\): .* not replayed/,
  );
  expect(refillAssumptions(table, [0, 20e3])).toEqual([]);
});
