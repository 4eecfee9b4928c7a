import { describe, expect, it } from 'vitest';
import { OperationKind, type OperationTable } from '../../../src/trace/operations.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';
import { analyse } from '../analyse.ts';

const BYTES = readFixture('patched/base_nosi/combo-p2.txt');
const LINES = Buffer.from(BYTES).toString('latin1').split('\n');

function operationsOf(lines: readonly string[]): OperationTable {
  return extractOperations(new Uint8Array(Buffer.from(lines.join('\n'), 'latin1'))).table;
}

/** What is known of the operations of one kind, counted. */
function summary(ops: OperationTable, kind: number) {
  const rows = Array.from({ length: ops.length }, (_, row) => row).filter((row) => ops.kind[row] === kind);
  return {
    count: rows.length,
    handles: rows.filter((row) => ops.handle[row]! >= 0).length,
    sizes: rows.filter((row) => ops.size[row]! >= 0).length,
    locks: rows.filter((row) => ops.lockSet[row]! >= 0).length,
    durations: rows.reduce((sum, row) => sum + ops.durationNs[row]!, 0),
    released: rows.filter((row) => ops.seenReleased[row] === 1).length,
  };
}

/** Durations that the graph prints of a function's calls, ns. */
function printed(name: string): number {
  const end = new RegExp(`\\| +[+!#*@]? *([\\d.]+) us +\\| {2}\\} /\\* ${name} \\*/`);
  const us = LINES.flatMap((line) => end.exec(line)?.[1] ?? []);
  return us.reduce((sum, text) => sum + Math.round(Number(text) * 1000), 0);
}

const AS_RECORDED = operationsOf(LINES);
const FREES = summary(AS_RECORDED, OperationKind.Free);
const MALLOCS = summary(AS_RECORDED, OperationKind.Malloc);

const HANDLER =
  /(?:kprobe_ftrace_handler|get_kprobe|aggr_pre_handler|pre_handler_kretprobe|kretprobe_rethook_handler)/;

/** Lines that fit are put in front of the line before, or behind the one after, of the same task. */
function moved(isMoved: RegExp, over: RegExp, step: -1 | 1): string[] {
  const lines = [...LINES];
  const order = step < 0 ? lines.keys() : [...lines.keys()].reverse();
  const taskOf = (line: string) => /swapben-\d+/.exec(line)?.[0];
  for (const k of order) {
    if (!isMoved.test(lines[k]!)) continue;
    const [line] = lines.splice(k, 1);
    let to = step < 0 ? k - 1 : k;
    while (taskOf(lines[to]!) !== taskOf(line!) || !over.test(lines[to]!)) to += step;
    lines.splice(step < 0 ? to : to + 1, 0, line!);
  }
  return lines;
}

describe('probes within the calls that function_graph shows of the same function', () => {
  it('are one operation with the call: its duration and locks, their handle and size', () => {
    expect(FREES).toMatchObject({ count: 700, handles: 700, locks: 700, released: 69 });
    expect(MALLOCS).toMatchObject({ count: 400, handles: 400, sizes: 400, locks: 400 });
    expect(FREES.durations).toBe(printed('zs_free'));
    expect(MALLOCS.durations).toBe(printed('zs_malloc'));
  });

  it('have handlers whose time is told apart from the work of the operation', () => {
    for (let row = 0; row < AS_RECORDED.length; row++) {
      const { self, probe, object } = AS_RECORDED.parts;
      expect(AS_RECORDED.probeNs(row)).toBe(probe.get(row));
      expect(probe.get(row)).toBeGreaterThan(3000);
      const known = self.get(row) + probe.get(row) + object.get(row);
      expect(known).toBeLessThanOrEqual(AS_RECORDED.durationNs[row]!);
    }
  });

  it.each([
    [
      'handlers that are not traced',
      LINES.filter((line) => /\/\* zs\w+: /.test(line) || !HANDLER.test(line)),
    ],
    [
      'no time stamps',
      LINES.map((line) => line.replace(/^ *\d+\.\d+ \| /, '').replace(/^# {5}TIME {8}/, '# ')),
    ],
    ['the entry probe in front of the call', moved(/\/\* zs[mf]: /, / {2}zs_\w+\(\) \{$/, -1)],
    ['the return probe behind the call', moved(/\/\* zs[mf]r: /, /\} \/\* zs_\w+ \*\/$/, 1)],
  ])('are one operation with it also with %s', (_, lines) => {
    const ops = operationsOf(lines);
    expect(summary(ops, OperationKind.Free)).toEqual(FREES);
    expect(summary(ops, OperationKind.Malloc)).toEqual(MALLOCS);
  });

  it('are one operation with a call whose beginning is not in the recording', () => {
    const first = LINES.findIndex((line) => line.includes('zsf: '));
    const head = LINES.slice(0, 4);
    const ops = operationsOf([...head, ...LINES.slice(first)]);
    expect(summary(ops, OperationKind.Free)).toMatchObject({ count: 700, handles: 700 });
  });

  it('are not counted beside the calls by analyze', () => {
    const { functions } = analyse(BYTES);
    const of = (name: string) => functions.filter((row) => row.name === name);
    expect(of('zs_free')).toMatchObject([{ calls: 700, totalNs: printed('zs_free') }]);
    expect(of('zs_malloc')).toMatchObject([{ calls: 400, totalNs: printed('zs_malloc') }]);
  });
});
