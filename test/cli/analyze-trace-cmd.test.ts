import { describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../src/analysis/result.ts';
import { analyzeJson, fixturePath } from './run-cli.ts';

const WAIT_NS = 98_690_000;

describe('analyze of trace-cmd reports', () => {
  const graph = analyzeJson([fixturePath('trace-cmd/graph-default.txt')]);

  it('recognises them', () => {
    const { input } = graph;
    expect([input.format, input.understoodLines]).toEqual(['trace-cmd', input.lines]);
  });

  it('pairs calls: every call of the recording, with its children', () => {
    const row = functionOf(graph, 'zram_slot_free_notify');
    expect(row.calls).toBe(1024);
    const below = functionOf(graph, 'zram_free_page').totalNs!;
    expect(row.totalNs).toBeGreaterThan(below);
    expect(row.selfNs).toBeLessThan(row.totalNs! - below + 1);
  });

  it('finds the wait in the slow path', () => {
    const waits = graph.locks.filter((lock) => lock.waitWitness === 'slowpath' && lock.wait.count > 0);
    expect(waits.map((lock) => [lock.lock, lock.site, lock.wait.count])).toEqual([
      ['zram slot lock', 'zram_slot_free_notify', 1],
    ]);
    expect(Math.round(waits[0]!.wait.totalNs / 10_000) * 10_000).toBe(WAIT_NS);
  });

  it('says nothing else of the same recording printed otherwise', () => {
    const [tail, depth] = ['graph-tail', 'graph-tail-depth'].map((name) =>
      analyzeJson([fixturePath(`trace-cmd/${name}.txt`)]),
    );
    expect(depth!.functions).toEqual(tail!.functions);
    expect(depth!.locks).toEqual(tail!.locks);
  });

  it('cuts calls where records were dropped', () => {
    const lines = [
      'cpus=2',
      record(0, 1, 'funcgraph_entry', '                  |  zs_free() {'),
      record(1, 2, 'funcgraph_entry', '                  |  zs_free() {'),
      'CPU:0 [5 EVENTS DROPPED]',
      record(0, 3, 'funcgraph_exit', '       1.000 us   |  }'),
      record(1, 4, 'funcgraph_exit', '       2.000 us   |  }'),
    ];
    const result = analyzeJson(['-'], { input: `${lines.join('\n')}\n` });
    const row = functionOf(result, 'zs_free');
    expect([row.calls, row.totalNs]).toEqual([1, 2000]);
    expect(result.diagnostics.map(({ id }) => id)).toContain('open-at-loss');
  });
});

function record(cpu: number, micros: number, event: string, body: string): string {
  return `              dd-18${cpu}   [00${cpu}]   321.00000${micros}: ${`${event}:`.padEnd(20)}${body}`;
}

function functionOf(result: AnalysisResult, name: string) {
  const row = result.functions.find((found) => found.name === name);
  if (!row) throw new Error(`no ${name}`);
  return row;
}
