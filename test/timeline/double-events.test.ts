import { describe, expect, it } from 'vitest';
import { DoubleEvents } from '../../src/timeline/double-events.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordBatch, RecordBits, RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';

/** Rows `input us what [text]` in the order of time; `frame` rows follow their event. Gives what is left. */
function left(rows: readonly string[]): { rows: string[]; count: number } {
  const names = new NameTable();
  const tasks = new TaskTable();
  const task = tasks.intern(200, 'swapbench', 0);
  const doubles = new DoubleEvents(names, tasks);
  const kept = rows.filter((row) => {
    const [input, us, what, ...text] = row.split(' ') as [string, string, string];
    const batch = new RecordBatch(1);
    batch.kind[0] = what === 'frame' ? RecordKind.Frame : RecordKind.Event;
    batch.bits[0] = RecordBits.Text;
    batch.name[0] = names.internText(what);
    batch.task[0] = task;
    batch.bytes = new Uint8Array(Buffer.from(text.join(' '), 'latin1'));
    batch.textEnd[0] = batch.bytes.length;
    batch.length = 1;
    return !doubles.isDouble(batch, 0, Number(input), Number(us) * 1000);
  });
  return { rows: kept, count: doubles.count };
}

describe('events in several inputs', () => {
  it('count once, though each tool prints them in its way', () => {
    expect(
      left([
        '0 10 k_zs_malloc (zs_malloc+0x4/0x570) pool=0xff01 size=0x45a',
        '1 12 k_zs_malloc (ffffffffa4437834) pool=0xff01 size=0x45a',
        '1 13 k_zs_malloc (ffffffffa4437834) pool=0xff01 size=0x45b',
      ]),
    ).toEqual({
      rows: [
        '0 10 k_zs_malloc (zs_malloc+0x4/0x570) pool=0xff01 size=0x45a',
        '1 13 k_zs_malloc (ffffffffa4437834) pool=0xff01 size=0x45b',
      ],
      count: 1,
    });
  });

  it('count as often as one input has them', () => {
    const rows = ['0 10 e', '0 11 e', '1 12 e', '1 13 e', '1 14 e'];
    expect(left(rows).rows).toEqual(['0 10 e', '0 11 e', '1 14 e']);
  });

  it('count once in three inputs and more', () => {
    const rows = ['0 10 e', '1 10 e', '2 11 e', '3 12 e', '2 13 e', '0 14 e', '1 14 e'];
    expect(left(rows)).toEqual({ rows: ['0 10 e', '2 13 e'], count: 5 });
  });

  it('of one input alone all count, and so do those further apart', () => {
    const rows = ['0 10 e', '0 10 e', '0 11 e', '1 500 e', '0 900 e'];
    expect(left(rows)).toEqual({ rows, count: 0 });
  });

  it('keep the stack that only the later one has', () => {
    expect(left(['0 10 e', '1 11 e', '1 11 frame', '1 11 frame']).rows).toEqual([
      '0 10 e',
      '1 11 frame',
      '1 11 frame',
    ]);
  });

  it('keep one stack when both have it', () => {
    expect(left(['0 10 e', '0 10 frame', '1 11 e', '1 11 frame']).rows).toEqual(['0 10 e', '0 10 frame']);
  });

  it('keep no stack that would go to another event', () => {
    expect(left(['0 10 e', '0 11 f', '1 12 e', '1 12 frame']).rows).toEqual(['0 10 e', '0 11 f']);
  });

  it('are not remembered without end', () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${i % 2} ${i} e ${i}`);
    expect(left(rows).count).toBe(0);
  });
});
