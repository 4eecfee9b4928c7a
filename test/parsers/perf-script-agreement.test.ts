import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskTable } from '../../src/trace/tasks.ts';
import { readFixture, readTrace, SHARED_TRACES } from '../helpers/fixtures.ts';
import { type PerfParseOptions, parsePerfScript } from '../helpers/parse-perf.ts';
import { type PerfRecord, parsePerfScriptReference } from '../reference/perf-script-reference.ts';

const FIXTURES = [
  'ops.script',
  'ops.script-ns',
  'ops.script-fields',
  'ops.script-header',
  'clock.script',
  'clock.script-G',
  'clock.script-fields',
  'cont.script',
  'sched.script',
];

/** The reference's records with tasks named as a TaskTable names them in the end. */
function withTableNames(records: readonly PerfRecord[]): PerfRecord[] {
  const tasks = new TaskTable();
  const ids = records.map(({ task, cpu }) => {
    const dash = task.lastIndexOf('-');
    return task === '' ? -1 : tasks.intern(Number(task.slice(dash + 1)), task.slice(0, dash), cpu);
  });
  return records.map((record, i) => ({ ...record, task: ids[i]! < 0 ? '' : tasks.text(ids[i]!) }));
}

function expectAgreement(bytes: Uint8Array, options: PerfParseOptions = {}): void {
  const fast = parsePerfScript(bytes, options);
  const reference = parsePerfScriptReference(Buffer.from(bytes).toString('latin1'));
  const expected = withTableNames(reference.records);
  expect(fast.records.length).toBe(expected.length);
  const wrong = fast.records.findIndex(
    (record, i) => JSON.stringify(record) !== JSON.stringify(sorted(expected[i]!)),
  );
  if (wrong >= 0) expect(fast.records[wrong]).toEqual(expected[wrong]);
  expect(fast.facts.lines).toBe(reference.lines);
  expect(fast.facts.lines - fast.facts.understoodLines).toBe(reference.notUnderstood.length);
}

/** The same keys in the same order, so that texts can be compared. */
function sorted(record: PerfRecord): PerfRecord {
  const { kind, line, name, cpu, task, time, other, depth, text } = record;
  return { kind, line, name, cpu, task, time, other, depth, text };
}

function firstLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0;
  for (let i = 0; i < count && end < bytes.length; i++) end = bytes.indexOf(10, end) + 1 || bytes.length;
  return bytes.subarray(0, end);
}

describe('the fast parser of perf script and the slow one agree', () => {
  it.each(FIXTURES)('on %s', (name) => {
    expectAgreement(readFixture(`perf/${name}.txt`));
  });

  const sizes = [1, 7, 4096, 65536];
  it.each(FIXTURES.flatMap((name) => sizes.map((chunkSize) => ({ name, chunkSize }))))(
    'on $name in chunks of $chunkSize',
    ({ name, chunkSize }) => {
      const whole = readFixture(`perf/${name}.txt`);
      expectAgreement(chunkSize < 4096 ? firstLines(whole, 1500) : whole, { chunkSize });
    },
  );

  it('with batches of few rows', () => {
    for (const capacity of [4, 5, 17]) {
      expectAgreement(firstLines(readFixture('perf/clock.script.txt'), 2000), { capacity });
      expectAgreement(firstLines(readFixture('perf/ops.script-fields.txt'), 500), { capacity });
    }
  });

  const folder = join(SHARED_TRACES, '6.12.117/perf');
  const shared = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.script(?!-dump)/.test(name))
    : [];
  it.runIf(shared.length > 0)('on all recordings', () => {
    for (const name of shared) expectAgreement(readTrace(join(folder, name)));
  });
});

describe('the parsers of perf script agree on damaged text', () => {
  const texts = ['ops.script', 'ops.script-fields', 'clock.script', 'clock.script-G', 'cont.script'].map(
    (name) => firstLines(readFixture(`perf/${name}.txt`), 60),
  );

  it('with bytes changed', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.nat(texts.length - 1),
        fc.array(change, { minLength: 1, maxLength: 12 }),
        (which, changes) => {
          const bytes = texts[which]!.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          expectAgreement(bytes, { chunkSize: 1000 });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('with parts taken out or doubled', () => {
    fc.assert(
      fc.property(
        fc.nat(texts.length - 1),
        fc.nat(),
        fc.nat(300),
        fc.boolean(),
        (which, from, size, twice) => {
          const bytes = texts[which]!;
          const at = from % bytes.length;
          const parts = twice
            ? [bytes.subarray(0, at + size), bytes.subarray(at)]
            : [bytes.subarray(0, at), bytes.subarray(at + size)];
          expectAgreement(new Uint8Array(Buffer.concat(parts)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('made of pieces of lines', () => {
    const piece = fc.constantFrom(
      'swapper',
      ' ',
      '    ',
      '     0',
      ' 1234567',
      '/',
      '210/210',
      ' [000]',
      ' 12.345678:',
      ' 1.123456789:',
      ' cycles:',
      ' lock:contention_end:',
      ' 1003009',
      '\tffffffffa6ee5fff',
      ' ffffffffa6ee5fff',
      ' sym+0x4',
      ' (/x/zram.ko)',
      ' ([kernel.kallsyms])',
      ' (inlined)',
      '(flags=SPIN)',
      '\n',
      '\n\n',
      '#',
      ' K ',
      '\r\n',
      'PERF_RECORD_LOST lost 12',
      '  file.c:12',
      'a b',
      '       swapbench',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expectAgreement(new Uint8Array(Buffer.from(pieces.join(''), 'latin1')), { chunkSize: 13 });
      }),
      { numRuns: 2000 },
    );
  });
});
