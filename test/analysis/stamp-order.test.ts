import { describe, expect, it } from 'vitest';
import { StampOrder } from '../../src/analysis/stamp-order.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { Places } from '../../src/trace/places.ts';
import { RecordBatch, RecordKind } from '../../src/trace/records.ts';
import { analyzeJson } from '../cli/run-cli.ts';

/** Findings in rows of `cpu us`, `section` and `none` (no stamp), in batches of one. */
function backwards(...rows: readonly string[]): string[] {
  const diagnostics = new Diagnostics();
  const order = new StampOrder(diagnostics, new Places(['in']));
  rows.forEach((row, i) => {
    const [cpu, us] = row.split(' ');
    const batch = new RecordBatch(1);
    batch.kind[0] = row === 'section' ? RecordKind.Section : RecordKind.Event;
    batch.cpu[0] = row === 'section' ? -1 : Number(cpu);
    batch.timeNs[0] = us === undefined || us === 'none' ? Number.NaN : Number(us) * 1000;
    batch.line[0] = i + 1;
    batch.length = 1;
    order.add(batch);
  });
  return diagnostics.list().map(({ id, count, text }) => `${id} ${count} ${/\(at (.*)\)$/.exec(text)?.[1]}`);
}

describe('stamps that run backwards', () => {
  it('are told with their place', () => {
    expect(backwards('0 10', '0 9', '0 11')).toEqual(['stamps-run-backwards 1 in:2']);
    expect(backwards('-1 10', '-1 9', '-1 8')).toEqual(['stamps-run-backwards 2 in:2, in:3']);
  });

  it('are none between CPUs, at equal stamps, past lines without a stamp, and in another trace', () => {
    expect(backwards('0 10', '1 9', '0 10', '1 none', '1 9', 'section', '0 1')).toEqual([]);
    expect(backwards('0 10', '0 none', '0 9')).toEqual(['stamps-run-backwards 1 in:3']);
  });

  it('are told of perf script --deltatime', () => {
    const line = (us: string, rest: string) => `swapbench   275 [000]     0.${us}: lock:${rest}\n`;
    const input = [
      line('000000', 'contention_begin: 0xff2ed963fba36040 (flags=SPIN)'),
      line('011261', 'contention_end: 0xff2ed963fba36040 (ret=0)'),
      line('000900', 'contention_begin: 0xff2ed963fba36040 (flags=SPIN)'),
      line('012000', 'contention_end: 0xff2ed963fba36040 (ret=0)'),
    ].join('');
    const { diagnostics } = analyzeJson(['-'], { input });
    expect(diagnostics.map(({ id, count }) => [id, count])).toEqual([['stamps-run-backwards', 1]]);
  });
});
