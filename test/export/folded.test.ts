import { describe, expect, it } from 'vitest';
import { FoldedStacks } from '../../src/export/folded.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordBatch, RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';

type Row = readonly [kind: keyof typeof RecordKind, name: string, period?: number];

function fold(rows: readonly Row[], byCount = false): { text: string; warnings: string[] } {
  const names = new NameTable();
  const tasks = new TaskTable();
  const task = tasks.intern(7, 'a;b', 0);
  let text = '';
  const warnings: string[] = [];
  const output = (piece: string) => {
    text += piece;
  };
  const folded = new FoldedStacks({ names, tasks, output, byCount, warn: (w) => warnings.push(w) });
  folded.beginFile();
  // One row a batch: stacks go on across batches.
  for (const [kind, name, period = 0] of rows) {
    const batch = new RecordBatch(1);
    batch.length = 1;
    batch.kind[0] = RecordKind[kind];
    batch.name[0] = names.internText(name);
    batch.task[0] = task;
    batch.other[0] = period;
    folded.records(batch);
  }
  folded.endFile();
  folded.finish([]);
  return { text, warnings };
}

const PROFILE: readonly Row[] = [
  ['Sample', 'cycles', 100],
  ['Frame', 'zs_free [zsmalloc]'],
  ['Frame', 'do_exit'],
  ['Sample', 'cycles', 50],
  ['Frame', 'zs_free [zsmalloc]'],
  ['Frame', 'do_exit'],
  ['Sample', 'cycles'],
];

describe('folded stacks of a profile', () => {
  it('count periods, 1 where there is none', () => {
    expect(fold(PROFILE).text).toBe('a:b 1\na:b;do_exit;zs_free [zsmalloc] 150\n');
  });

  it('count samples on demand', () => {
    expect(fold(PROFILE, true).text).toBe('a:b 1\na:b;do_exit;zs_free [zsmalloc] 2\n');
  });

  it('keep events apart', () => {
    const { text } = fold([...PROFILE, ['Sample', 'cpu-clock', 9], ['Frame', 'idle']]);
    expect(text.split('\n')).toContain('cpu-clock;a:b;idle 9');
    expect(text.split('\n')).toContain('cycles;a:b 1');
  });

  it('count other events with stacks when there is nothing else', () => {
    const probe: readonly Row[] = [
      ['Event', 'no_stack'],
      ['Event', 'k_zs_free'],
      ['Frame', 'zs_free'],
    ];
    expect(fold(probe)).toEqual({ text: 'a:b;zs_free 1\n', warnings: [] });
    const both = fold([...PROFILE, ...probe]);
    expect(both.text).not.toContain('k_zs_free');
    expect(both.warnings[0]).toContain('stacks of events');
  });
});
