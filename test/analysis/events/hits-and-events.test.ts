import { describe, expect, it } from 'vitest';
import { analyseEvents, eventText } from './analyse-events.ts';

describe('hits of the function tracer', () => {
  const result = analyseEvents(
    eventText(`
      100 0 a-1 zs_free <-zram_free_page [zram]
      101 0 a-1 _raw_spin_lock <-zs_free
      102 1 b-2 zs_free <-zram_free_page [zram]
      103 1 b-2 zs_free <-zswap_free`),
  );

  it('are counted by function and caller', () => {
    expect(result.hits).toEqual([
      {
        name: 'zs_free',
        module: '',
        calls: 3,
        callers: [
          { name: 'zram_free_page [zram]', calls: 2 },
          { name: 'zswap_free', calls: 1 },
        ],
      },
      { name: '_raw_spin_lock', module: '', calls: 1, callers: [{ name: 'zs_free', calls: 1 }] },
    ]);
  });

  it('are functions with calls and no times', () => {
    expect(result.functions.map((row) => [row.name, row.calls, row.totalNs, row.p50Ns])).toEqual([
      ['zs_free', 3, null, null],
      ['_raw_spin_lock', 1, null, null],
    ]);
    expect(result.tails).toEqual([]);
  });
});

describe('events', () => {
  it('are counted, with their most frequent stacks', () => {
    const once = (us: number, inner: string) => `
      ${us} 0 a-1 mm_page_alloc: pfn=0x1
      ${us} 0 a-1 <stack trace>
      => ${inner}
      => alloc_zspage`;
    const { events } = analyseEvents(
      eventText(`${once(100, 'f')}${once(110, 'g')}${once(120, 'f')}
      130 0 a-1 mm_page_free: pfn=0x1`),
    );
    expect(events).toEqual([
      {
        name: 'mm_page_alloc',
        count: 3,
        stacks: [
          { frames: ['f', 'alloc_zspage'], count: 2 },
          { frames: ['g', 'alloc_zspage'], count: 1 },
        ],
      },
      { name: 'mm_page_free', count: 1, stacks: [] },
    ]);
  });

  it('keep to the filters', () => {
    const text = eventText(`
      100 0 a-1 e: 1
      200 1 b-2 e: 1
      300 0 b-2 e: 1`);
    const count = (filters: object) => analyseEvents(text, { filters }).events[0]?.count ?? 0;
    expect(count({})).toBe(3);
    expect(count({ cpus: new Set([0]) })).toBe(2);
    expect(count({ pids: new Set([2]) })).toBe(2);
    expect(count({ comms: ['a'] })).toBe(1);
    expect(count({ fromNs: 10.00015e9 })).toBe(2);
  });
});
