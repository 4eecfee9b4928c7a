import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChromeJsonParser, sniffChromeJson } from '../../src/parsers/chrome-json.ts';
import type { TraceFacts } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { type RecordBatch, RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { analyzeJson, fixturePath, runCli } from '../cli/run-cli.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { pushInChunks } from '../helpers/parse-records.ts';
import { type ChromeRow, parseChromeReference } from '../reference/chrome-json-reference.ts';

interface Parsed {
  readonly rows: (ChromeRow & { task: number; text: string })[];
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
  readonly tasks: TaskTable;
}

function parse(bytes: Uint8Array, chunkSize = 65536): Parsed {
  const names = new NameTable();
  const tasks = new TaskTable();
  const diagnostics = new Diagnostics();
  const rows: { -readonly [K in keyof Parsed['rows'][number]]: Parsed['rows'][number][K] }[] = [];
  const open = new Map<number, (typeof rows)[number][]>();
  let lastNs = Number.NEGATIVE_INFINITY;
  const sink = (batch: RecordBatch) => {
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind[i]!;
      const timeNs = batch.timeNs[i]!;
      const task = batch.task[i]!;
      if (diagnostics.list().length === 0) expect(timeNs).toBeGreaterThanOrEqual(lastNs);
      lastNs = timeNs;
      const stack = open.get(task) ?? [];
      open.set(task, stack);
      if (kind === RecordKind.Exit) {
        stack.length = batch.depth[i]! + 1;
        stack.pop()!.durationNs = batch.durationNs[i]!;
        continue;
      }
      const isCall = kind !== RecordKind.Event;
      const row = {
        kind: isCall ? ('call' as const) : ('event' as const),
        thread: '',
        name: names.text(batch.name[i]!),
        timeNs,
        durationNs: null,
        depth: isCall ? batch.depth[i]! : null,
        task,
        text: batch.text(i),
      };
      rows.push(row);
      if (isCall) stack.push(row);
    }
  };
  const parser = new ChromeJsonParser({ inputName: 'test', names, tasks, diagnostics, sink });
  pushInChunks(parser, bytes, chunkSize);
  const facts = parser.finish();
  for (const row of rows) row.timeNs += facts.originNs;
  return { rows, facts, diagnostics, tasks };
}

const key = ({ kind, name, timeNs, durationNs, depth }: ChromeRow) =>
  [kind, name, timeNs, durationNs, depth].join(' ');

const FIXTURES = ['node-20-gc-fs.json', 'array-unsorted.json', 'k7.3-functiongraph-options-args.json'];
const text = (value: string) => new Uint8Array(Buffer.from(value));
const array = (...events: object[]) => text(JSON.stringify(events));

describe.each(FIXTURES.map((name) => [`chrome-json/${name}`] as const))('%s', (name) => {
  const bytes = readFixture(name);
  const expected = parseChromeReference(Buffer.from(bytes).toString('latin1')).map(key).sort();

  it('is recognised', () => {
    expect(sniffChromeJson(bytes.subarray(0, 65536))).toBe(true);
  });

  it.each([1, 7, 4096, 65536])('gives what the reference gives, in chunks of %i', (chunkSize) => {
    const { rows, facts } = parse(bytes, chunkSize);
    expect(rows.map(key).sort()).toEqual(expected);
    expect(facts.understoodLines).toBe(facts.lines);
  });

  it('gives what it has read when it is cut anywhere, and says where', () => {
    for (let cut = 1; cut < bytes.length - 4; cut += Math.ceil(bytes.length / 60)) {
      const { rows, facts, diagnostics } = parse(bytes.subarray(0, cut));
      const known = new Set(expected.map((row) => row.split(' ').slice(0, 2).join(' ')));
      for (const row of rows)
        expect(known.has(`${row.kind} ${row.name}`.split(' ').slice(0, 2).join(' '))).toBe(true);
      if (diagnostics.count('chrome-not-closed') > 0) continue;
      expect(diagnostics.list().find(({ id }) => id === 'json-damaged')?.text).toContain(`byte ${cut}`);
      expect(facts.understoodLines).toBeLessThan(facts.lines);
    }
  });

  it('survives flipped bits', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= 1 << bit;
        const { facts } = parse(damaged);
        expect(facts.understoodLines).toBeLessThanOrEqual(facts.lines);
      }),
      { numRuns: 60 },
    );
  });
});

describe('ChromeJsonParser', () => {
  it('tells threads apart, names them, and keeps arguments as text', () => {
    const { rows, tasks, diagnostics } = parse(readFixture('chrome-json/array-unsorted.json'));
    const of = (name: string) => rows.find((row) => row.name === name)!;
    expect(of('outer').task).toBe(of('inner').task);
    expect(of('begun').task).not.toBe(of('inner').task);
    expect(tasks.rows[of('inner').task]).toEqual({
      pid: 7,
      comm: 'w\xf6rker;1',
    });
    expect(of('inner').text).toBe('n=1 list=[1,{"k":"v"},null] s=x y');
    expect(of('instant').text).toBe('only text');
    expect(diagnostics.count('chrome-other-events')).toBe(1);
    expect(diagnostics.count('chrome-not-closed')).toBe(1);
  });

  it('keeps ns of times after 1970, which are over 2^53', () => {
    const { rows, facts } = parse(
      text('[{"ph":"X","name":"f","ts":1726000000123456.789,"dur":0.001,"pid":1,"tid":1}]'),
    );
    expect(facts.originNs).toBe(1_726_000_000 * 1e9);
    expect(rows[0]!.timeNs - facts.originNs).toBeCloseTo(123_456_789, -3);
    expect(rows[0]!.durationNs).toBe(1);
  });

  it('counts what is not balanced', () => {
    const at = (ph: string, name: string, ts: number, dur?: number) => ({
      ph,
      name,
      ts,
      dur,
      pid: 1,
      tid: 1,
    });
    const { diagnostics, rows } = parse(
      array(
        at('E', 'a', 1),
        at('X', 'x', 2, 10),
        at('B', 'b', 3),
        at('X', 'y', 20, 5),
        at('X', 'z', 22, 5),
        at('Q', 'q', 1),
        at('X', 'no-duration', 40),
      ),
    );
    expect(diagnostics.count('chrome-end-without-begin')).toBe(1);
    expect(diagnostics.count('chrome-begin-without-end')).toBe(1);
    expect(diagnostics.count('chrome-overlap')).toBe(1);
    expect(diagnostics.count('chrome-unknown-phase')).toBe(1);
    expect(diagnostics.count('chrome-bad-event')).toBe(1);
    expect(rows.map(({ name, durationNs }) => [name, durationNs])).toEqual([
      ['x', 10_000],
      ['b', null],
      ['y', 5000],
      ['z', 5000],
    ]);
  });

  it('takes calls that begin and end at once for nested, not for overlapping', () => {
    const at = (name: string, ts: number, dur: number) => ({ ph: 'X', name, ts, dur, pid: 1, tid: 1 });
    const { diagnostics, rows } = parse(array(at('a', 5, 3), at('b', 5, 3), at('c', 6, 2)));
    expect(diagnostics.list()).toEqual([]);
    expect(rows.map(({ name, depth, durationNs }) => [name, depth, durationNs])).toEqual([
      ['a', 0, 3000],
      ['b', 1, 3000],
      ['c', 2, 2000],
    ]);
  });

  it('says where nesting is absurd, and keeps what was before it', () => {
    const before = '[{"ph":"X","name":"f","ts":1,"dur":1,"pid":1,"tid":1},{"args":';
    const { rows, diagnostics } = parse(text(before + '['.repeat(100_000)));
    expect(rows.length).toBe(1);
    expect(
      diagnostics
        .list()
        .map((d) => d.text)
        .join(),
    ).toMatch(/near byte \d+: values are nested over/);
  });

  it('says so when there is no list of events', () => {
    const { facts, diagnostics } = parse(text('{"traceEvents": 5}'));
    expect(diagnostics.count('chrome-no-events')).toBe(1);
    expect(facts.lines).toBe(0);
  });

  it.each(['{"samples":[]}', '[1,2]', '{"linux-perf-json-version": 1}', '[{"a": 1}]', ''])(
    'leaves %j alone',
    (head) => {
      expect(sniffChromeJson(text(head))).toBe(false);
    },
  );

  it('reads our own export back: the calls as recorded, and the waits', {
    timeout: 30_000,
  }, () => {
    const trace = fixturePath('function-graph/6.12.117/full-combo-p2.txt');
    const { stdout } = runCli(['convert', trace, '--to', 'chrome']);
    const original = analyzeJson([trace]);
    const back = analyzeJson(['-'], { input: stdout });
    const rows = (result: typeof back) => [...result.functions].sort((a, b) => (a.name < b.name ? -1 : 1));
    const expected = rows(original);
    for (const [i, { name, calls, totalNs }] of rows(back).entries()) {
      expect([name, calls]).toEqual([expected[i]!.name, expected[i]!.calls]);
      // Of calls within a call of the same function, which are placed anew, only the outer one counts.
      expect(Math.abs(totalNs! - expected[i]!.totalNs!)).toBeLessThan(0.005 * totalNs!);
    }
    expect(back.diagnostics.map(({ id }) => id)).not.toContain('chrome-overlap');
    const waitNs = (result: typeof back) => result.locks.reduce((sum, lock) => sum + lock.wait.totalNs, 0);
    expect(waitNs(back)).toBeCloseTo(waitNs(original), -4);
    expect(back.input.format).toBe('chrome-json');
  });

  it('reads the events of our own export back with their stacks', () => {
    const trace = fixturePath('ftrace/6.12.117/ev-contention-stack.txt');
    const { stdout } = runCli(['convert', trace, '--to', 'chrome']);
    const original = analyzeJson([trace]);
    const back = analyzeJson(['-'], { input: stdout });
    const locks = (result: typeof back) =>
      result.locks.map(({ lock, site, contended, wait }) => [lock, site, contended, wait.totalNs]);
    expect(locks(back)).toEqual(locks(original));
    expect(back.events).toEqual(original.events);
    expect(back.functions).toEqual([]);
  });
});
