import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../../src/analysis/result.ts';
import { analyse } from '../analyse.ts';
import { analyseEvents, eventText } from './analyse-events.ts';

const analysed = (short: string, options = {}) => analyseEvents(eventText(short), options);
const calls = (result: AnalysisResult) =>
  Object.fromEntries(result.functions.map((row) => [row.name, [row.calls, row.totalNs, row.selfNs]]));
const paths = (result: AnalysisResult) =>
  result.callTree.map(
    ({ name, parent, calls: n }) => `${parent < 0 ? '' : result.callTree[parent]!.name}>${name} ${n}`,
  );

describe('entry and return probes', () => {
  it('are a call from stamp to stamp, nested as they stand', () => {
    const result = analysed(`
      100 0 a-1 pe: (outer+0x4/0x90) x=1
      110 0 a-1 pi: (inner+0x0/0x20 [zram]) x=1
      130 0 a-1 ri: (outer+0x20/0x90 <- inner [zram])
      200 0 a-1 re: (caller+0x2/0x8 <- outer)`);
    expect(calls(result)).toEqual({ outer: [1, 100_000, 80_000], inner: [1, 20_000, 20_000] });
    expect(result.functions.map((row) => [row.module, row.pairCalls])).toEqual([
      ['', 1],
      ['zram', 1],
    ]);
    expect(paths(result)).toEqual(['>outer 1', 'outer>inner [zram] 1']);
    expect(result.diagnostics).toEqual([]);
  });

  it('belong to their task, whatever the CPU', () => {
    const result = analysed(`
      100 0 a-1 p: (f+0x4/0x90)
      105 1 b-2 p: (f+0x4/0x90)
      150 1 a-1 r: (caller+0x2/0x8 <- f)
      300 0 b-2 r: (caller+0x2/0x8 <- f)`);
    const row = result.functions[0]!;
    expect([row.calls, row.minNs, row.maxNs]).toEqual([2, 50_000, 195_000]);
  });

  it('are no calls without a return probe, and what runs meanwhile is not below them', () => {
    const once = (us: number) => `
      ${us} 0 a-1 pn: (notify+0x4/0x70 [zram]) index=1
      ${us + 1} 0 a-1 pf: (zs_free+0x4/0xf0) pool=0x1
      ${us + 5} 0 a-1 rf: (zram_free_page+0xb8/0x120 [zram] <- zs_free)`;
    const result = analysed(Array.from({ length: 40 }, (_, i) => once(100 + i * 10)).join('\n'));
    expect(calls(result)).toEqual({ zs_free: [40, 160_000, 160_000] });
    expect(paths(result)).toEqual(['>zs_free 40']);
    expect(result.events.map((row) => [row.name, row.count])).toContainEqual(['pn', 40]);
    expect(result.diagnostics).toEqual([]);
  });

  it('are found below a caller whose return comes later than anything else', () => {
    const inner = Array.from(
      { length: 50 },
      (_, i) => `
      ${110 + i * 4} 0 a-1 pi: (inner+0x4/0x20)
      ${112 + i * 4} 0 a-1 ri: (outer+0x20/0x90 <- inner)`,
    ).join('');
    const result = analysed(`
      100 0 a-1 pe: (outer+0x4/0x90)${inner}
      400 0 a-1 re: (caller+0x2/0x8 <- outer)`);
    expect(calls(result)).toEqual({ outer: [1, 300_000, 200_000], inner: [50, 100_000, 100_000] });
    expect(paths(result)).toEqual(['>outer 1', 'outer>inner 50']);
  });

  it('do not keep more waiting than a bound', () => {
    const inner = Array.from(
      { length: 3000 },
      (_, i) => `
      ${110 + i * 4} 0 a-1 pi: (inner+0x4/0x20)
      ${112 + i * 4} 0 a-1 ri: (outer+0x20/0x90 <- inner)`,
    ).join('');
    const result = analysed(`
      100 0 a-1 pe: (forever+0x4/0x90)${inner}`);
    expect(calls(result)).toEqual({ inner: [3000, 6_000_000, 6_000_000] });
    expect(paths(result)).toEqual(['>inner 3000']);
  });

  it('count recursion once', () => {
    const result = analysed(`
      100 0 a-1 p: (f+0x4/0x90)
      110 0 a-1 p: (f+0x4/0x90)
      120 0 a-1 r: (f+0x2/0x8 <- f)
      140 0 a-1 r: (caller+0x2/0x8 <- f)`);
    expect(calls(result)).toEqual({ f: [2, 40_000, 40_000] });
  });

  it('are cut by losses and by the end, and say so', () => {
    const result = analysed(`
      100 0 a-1 p: (f+0x4/0x90)
      101 0 a-1 r: (c+0x2/0x8 <- f)
      110 0 a-1 p: (f+0x4/0x90)
      lost 0
      120 0 a-1 r: (c+0x2/0x8 <- f)
      130 0 a-1 p: (f+0x4/0x90)`);
    expect(calls(result)).toEqual({ f: [1, 1000, 1000] });
    const ids = Object.fromEntries(result.diagnostics.map((d) => [d.id, d.count]));
    expect(ids).toMatchObject({ 'open-at-loss': 1, 'pair-begin-not-seen': 1, 'open-at-end': 1 });
  });

  it('count once where function_graph shows the same call', () => {
    const result = analyse(`# tracer: function_graph
#
#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS
#      |          |     |    |           |   |                     |   |   |   |
   10.000100 |   0)    a-1         |               |  /* p: (f+0x4/0x90) x=1 */
   10.000110 |   0)    a-1         |   5.000 us    |  f();
   10.000120 |   0)    a-1         |               |  /* r: (c+0x2/0x8 <- f) */
   10.000130 |   0)    a-1         |               |  /* pg: (g+0x4/0x90) x=1 */
   10.000140 |   0)    a-1         |               |  f() {
   10.000145 |   0)    a-1         |   9.000 us    |  }
   10.000160 |   0)    a-1         |               |  /* rg: (c+0x2/0x8 <- g) */
`);
    expect(calls(result)).toEqual({ g: [1, 30_000, 30_000], f: [2, 14_000, 14_000] });
    expect(result.functions.map((row) => row.pairCalls)).toEqual([1, 0]);
  });

  it('are told apart by address where there are no symbols, and named by their entry event', () => {
    const result = analysed(`
      100 0 a-1 k_f: (ffffffffa6637834) pool=0x1
      110 0 a-1 k_g: (ffffffffa6637000) pool=0x1
      115 0 a-1 k_g_ret: (ffffffffa6637000 <- ffffffffc056977a)
      150 0 a-1 k_f_ret: (ffffffffa6637834 <- ffffffffc056977a) ret=0`);
    expect(calls(result)).toEqual({ k_f: [1, 50_000, 45_000], k_g: [1, 5000, 5000] });
  });

  it('are entries only at the entry: a probe further in is none, nor is a second one', () => {
    const result = analysed(`
      100 0 a-1 p: (f+0x4/0x90)
      101 0 a-1 also: (f+0x4/0x90)
      110 0 a-1 middle: (f+0x40/0x90)
      140 0 a-1 r: (c+0x2/0x8 <- f)
      140 0 a-1 also_r: (c+0x2/0x8 <- f)`);
    expect(calls(result)).toEqual({ f: [1, 40_000, 40_000] });
    expect(result.diagnostics).toEqual([]);
  });

  it('keep to the filters', () => {
    const text = `
      100 0 a-1 p: (f+0x4/0x90)
      110 0 a-1 p2: (g+0x4/0x90)
      115 0 a-1 r2: (c+0x2/0x8 <- g)
      120 0 a-1 r: (c+0x2/0x8 <- f)
      130 1 b-2 p2: (g+0x4/0x90)
      139 1 b-2 r2: (c+0x2/0x8 <- g)`;
    expect(calls(analysed(text, { filters: { roots: ['f'] } }))).toEqual({
      f: [1, 20_000, 15_000],
      g: [1, 5000, 5000],
    });
    expect(calls(analysed(text, { filters: { pids: new Set([2]) } }))).toEqual({ g: [1, 9000, 9000] });
    expect(calls(analysed(text, { filters: { functions: ['f'] } }))).toEqual({ f: [1, 20_000, 15_000] });
  });

  it('have locks, with holds from the return of the lock probe to the entry of the unlock probe', () => {
    const result = analysed(`
      100 0 a-1 pf: (zs_free+0x4/0x90)
      101 0 a-1 rf: (c+0x2/0x8 <- zs_free)
      200 0 a-1 pf: (zs_free+0x4/0x90)
      210 0 a-1 pl: (mutex_lock+0x4/0x90) lock=0xff11
      215 0 a-1 rl: (zs_free+0x2/0x8 <- mutex_lock)
      245 0 a-1 pu: (mutex_unlock+0x4/0x90) lock=0xff11
      260 0 a-1 rf: (c+0x2/0x8 <- zs_free)`);
    const lock = result.locks.find((row) => row.kind === 'mutex')!;
    expect([lock.site, lock.acquisitions, lock.acquire.totalNs, lock.hold?.totalNs]).toEqual([
      'zs_free',
      1,
      5000,
      30_000,
    ]);
  });
});

describe('time on top of a pair', () => {
  const text = `
    100 0 a-1 p: (f+0x4/0x90)
    110 0 a-1 irq_handler_entry: irq=24 name=virtio0
    113 0 a-1 irq_handler_exit: irq=24 ret=handled
    114 0 a-1 softirq_entry: vec=1 [action=TIMER]
    116 0 a-1 softirq_exit: vec=1 [action=TIMER]
    120 0 a-1 sched_switch: prev_comm=a prev_pid=1 prev_prio=120 prev_state=R ==> next_comm=b next_pid=2 next_prio=120
    150 0 b-2 sched_switch: prev_comm=b prev_pid=2 prev_prio=120 prev_state=S ==> next_comm=a next_pid=1 next_prio=120
    160 0 a-1 r: (c+0x2/0x8 <- f)`;
  const times = (result: AnalysisResult) => {
    const f = result.functions.find((row) => row.name === 'f')!;
    return [f.totalNs, f.selfNs, f.irqNs, f.softirqNs, f.offCpuNs];
  };

  it('is known by kind', () => {
    const result = analysed(text);
    expect(times(result)).toEqual([60_000, 55_000, 3000, 2000, 30_000]);
    expect(calls(result)).toMatchObject({
      'irq:virtio0': [1, 3000, 3000],
      'softirq:TIMER': [1, 2000, 2000],
    });
    expect(result.tails[0]!.slowest[0]!.offCpuNs).toBe(30_000);
  });

  it('is taken out on demand', () => {
    const exclude = { irq: true, softirq: true, offCpu: true };
    expect(times(analysed(text, { exclude })).slice(0, 2)).toEqual([25_000, 25_000]);
  });

  it('makes system calls calls as well', () => {
    const result = analysed(`
      100 0 a-1 sys_enter_munmap: addr: 0x1, len: 0x2
      110 0 a-1 p: (f+0x4/0x90)
      115 0 a-1 r: (c+0x2/0x8 <- f)
      190 0 a-1 sys_exit_munmap: 0x0`);
    expect(paths(result)).toEqual(['>sys_munmap 1', 'sys_munmap>f 1']);
  });
});

describe('any nesting of pairs', () => {
  interface Node {
    readonly name: string;
    readonly inner: readonly Node[];
  }
  const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.record({
      name: fc.constantFrom('f', 'g', 'h', 'noreturn'),
      inner: fc.oneof(
        { depthIdentifier: 'pairs', maxDepth: 4 },
        fc.constant([]),
        fc.array(tie('tree'), { maxLength: 3, depthIdentifier: 'pairs' }),
      ),
    }),
  }));

  it('loses no pair, and self times add up to the time of the outermost ones', () => {
    fc.assert(
      fc.property(
        fc.array(tree, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (forest, capacity) => {
          const lines: string[] = [];
          const wanted = new Map<string, number>();
          let us = 0;
          let outermostUs = 0;
          const walk = (node: Node, isOuter: boolean) => {
            const from = us;
            lines.push(`${us++} 0 a-1 p_${node.name}: (${node.name}+0x4/0x90)`);
            const isCall = node.name !== 'noreturn';
            for (const inner of node.inner) walk(inner, isOuter && !isCall);
            if (!isCall) return;
            lines.push(`${us} 0 a-1 r_${node.name}: (c+0x2/0x8 <- ${node.name})`);
            wanted.set(node.name, (wanted.get(node.name) ?? 0) + 1);
            if (isOuter) outermostUs += us - from;
            us++;
          };
          for (const node of forest) walk(node, true);
          const result = analyseEvents(eventText(lines.join('\n')), {}, capacity);
          expect(new Map(result.functions.map((row) => [row.name, row.calls]))).toEqual(wanted);
          const self = result.functions.reduce((sum, row) => sum + row.selfNs!, 0);
          expect(self).toBe(outermostUs * 1000);
          expect(result.callTree.reduce((sum, node) => sum + node.selfNs, 0)).toBe(outermostUs * 1000);
          expect(result.diagnostics).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
