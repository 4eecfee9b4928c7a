import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nestingErrors, readChrome, recordedNs } from '../export/chrome-check.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { type FastRecord, parseRecords } from '../helpers/parse-records.ts';
import { analyzeJson, fixturePath, runCli, runShell, temporaryFolder } from './run-cli.ts';

const COMPLETE = 'function-graph/6.12.117/full-combo-p2.txt';
const TRACES = [
  COMPLETE,
  'function-graph/6.12.117/combo-weirdcomm.txt',
  'function-graph/6.12.117/fg-contend-p2.txt',
  'function-graph/6.12.117/fg-overflow.txt',
  'function-graph/6.12.117/fg-A-default.txt',
  'function-graph/6.12.117/fg-A-bare.txt',
  'function-graph/6.12.117/fg-A-noduration.txt',
  'function-graph/6.12.117/fg-clock-x86-tsc.txt',
  'function-graph/6.12.117/zswap-contend-p2.txt',
  'function-graph/7.3/k7.3-functiongraph-events-thresh-orphans-lost-function-events.txt',
  'mail/mail-samples.txt',
];

const folder = temporaryFolder();
afterAll(folder.remove);

function convert(...args: string[]): string {
  const { status, stdout, stderr } = runCli(['convert', ...args]);
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`);
  return stdout;
}

function ndjson(...args: string[]): Record<string, unknown>[] {
  return convert(...args, '--to', 'ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A row of `--table records` in the shape of the tests' records. */
function recordOf(row: Record<string, unknown>): FastRecord {
  const text = (key: string) => (row[key] as string | undefined) ?? '';
  const number = (key: string) => (row[key] as number | undefined) ?? null;
  const task = (pid: string, comm: string) => (pid in row ? `${text(comm)}-${row[pid]}` : '');
  const isSection = row['kind'] === 'section';
  const name = 'module' in row ? `${text('name')} [${text('module')}]` : text('name');
  const levels = { task: 0, softirq: 1, hardirq: 2, nmi: 3 };
  const level = levels[row['context'] as keyof typeof levels];
  const flags = (number('irqs_off') ?? 0) * 8 + (number('need_resched') ?? 0) * 16;
  return {
    kind: row['kind'] as FastRecord['kind'],
    line: row['line'] as number,
    name: isSection ? '' : name,
    cpu: number('cpu') ?? -1,
    task: task('pid', 'comm'),
    other: row['kind'] === 'switch' ? task('prev_pid', 'prev_comm') : number('lost_records'),
    timeUs: row['time_ns'] === undefined ? null : Math.round((row['time_ns'] as number) / 1000),
    durationNs: number('duration_ns'),
    depth: number('depth') ?? -1,
    context: 'context' in row ? level + flags + (number('preempt_depth') ?? 0) * 256 : null,
    text: isSection ? text('name') : text('text'),
    note: text('note'),
  };
}

describe('convert --to ndjson --table records', () => {
  it.each([COMPLETE, TRACES[1]!, TRACES[4]!, TRACES[9]!, 'function-graph/6.12.117/fg-A-all.txt'])(
    'reads back as the records of %s',
    (name) => {
      const expected = parseRecords(readFixture(name)).records.map((record) => ({
        ...record,
        // What has no depth of its own is not given one.
        depth: ['entry', 'exit', 'leaf', 'event', 'frame'].includes(record.kind) ? record.depth : -1,
      }));
      const rows = ndjson(fixturePath(name)).map(recordOf);
      expect(rows.length).toBe(expected.length);
      // A task's longer name is known only later, and is not yet there where it is first met.
      const plain = (record: FastRecord) => ({ ...record, task: record.task.replace(/^.*-/, '') });
      const first = rows.findIndex(
        (row, i) => JSON.stringify(plain(row)) !== JSON.stringify(plain(expected[i]!)),
      );
      expect(first < 0 ? null : [rows[first], expected[first]]).toBeNull();
    },
  );

  it('has the same values in CSV', () => {
    const [header, ...lines] = convert(
      fixturePath('function-graph/6.12.117/fg-munmap-depth4.txt'),
      '--to',
      'csv',
    )
      .trimEnd()
      .split('\n');
    const columns = header!.split(',');
    const rows = ndjson(fixturePath('function-graph/6.12.117/fg-munmap-depth4.txt'));
    expect(lines.length).toBe(rows.length);
    for (const [i, line] of lines.entries()) {
      const fields = line.split(',');
      for (const [c, column] of columns.entries()) expect(fields[c]).toBe(String(rows[i]![column] ?? ''));
    }
  });
});

describe('convert --table spans and waits', () => {
  it('has the totals of analyze', () => {
    const path = fixturePath(COMPLETE);
    const result = analyzeJson([path]);
    const sums = new Map<string, { calls: number; totalNs: number; selfNs: number }>();
    for (const row of ndjson(path, '--table', 'spans')) {
      if (String(row['flags']).includes('end-not-seen')) continue;
      const key = `${row['name']} ${row['module'] ?? ''}`;
      const sum = sums.get(key) ?? { calls: 0, totalNs: 0, selfNs: 0 };
      sum.calls++;
      // As in analyze: within another call of the same function it would count twice.
      if (!String(row['flags']).includes('recursive')) sum.totalNs += row['duration_ns'] as number;
      sum.selfNs += row['self_ns'] as number;
      sums.set(key, sum);
    }
    for (const { name, module, calls, totalNs, selfNs } of result.functions.filter((row) => row.calls > 0)) {
      expect([name, sums.get(`${name} ${module}`)]).toEqual([name, { calls, totalNs, selfNs }]);
    }
  });

  it.each([COMPLETE, TRACES[8]!])('has the waits of analyze: %s', (name) => {
    const path = fixturePath(name);
    const rows = ndjson(path, '--table', 'waits');
    const waitNs = rows.reduce((sum, row) => sum + (row['wait_ns'] as number), 0);
    const expected = analyzeJson([path]).locks.reduce((sum, lock) => sum + lock.wait.totalNs, 0);
    expect(rows.length).toBeGreaterThan(0);
    expect(waitNs).toBe(expected);
  });
});

describe('convert --to chrome', () => {
  it.each([
    ...TRACES.map((name) => [name, 'cpu'] as const),
    [COMPLETE, 'task'],
    [TRACES[1]!, 'task'],
  ] as const)('%s by %s nests and has the totals of analyze', (name, by) => {
    const path = fixturePath(name);
    const { slices, processNames, threadNames } = readChrome(convert(path, '--to', 'chrome', '--by', by));
    expect(nestingErrors(slices).slice(0, 3)).toEqual([]);
    for (const { track } of slices) {
      expect(threadNames.has(track)).toBe(true);
      expect(processNames.has(Number(track.split('/')[0]))).toBe(true);
    }
    const sums = new Map<string, number>();
    for (const slice of slices.filter(({ category }) => category === 'call')) {
      sums.set(slice.name, (sums.get(slice.name) ?? 0) + recordedNs(slice));
    }
    const result = analyzeJson([path]);
    const expected = new Map<string, number>();
    for (const node of result.callTree) {
      if (node.calls > 0) expected.set(node.name, (expected.get(node.name) ?? 0) + node.totalNs);
    }
    expect([...sums].sort()).toEqual([...expected].filter(([key, ns]) => ns > 0 || sums.has(key)).sort());
    const waits = slices.filter(({ category }) => category === 'lock-wait');
    const waitNs = waits.reduce((sum, slice) => sum + recordedNs(slice), 0);
    expect(waitNs).toBe(result.locks.reduce((sum, lock) => sum + lock.wait.totalNs, 0));
  });

  it('keeps most durations as recorded and begins near their stamps', () => {
    const { slices } = readChrome(convert(fixturePath(COMPLETE), '--to', 'chrome'));
    const calls = slices.filter(({ category }) => category === 'call');
    const changed = calls.filter((slice) => 'duration_ns' in slice.args);
    expect(changed.length / calls.length).toBeLessThan(0.01);
  });

  it('draws what runs where sched_switch was recorded, and events with their text', () => {
    const { slices, instants, processNames } = readChrome(
      convert(fixturePath('function-graph/6.12.117/combo-weirdcomm.txt'), '--to', 'chrome'),
    );
    const running = slices.filter(({ category }) => category === 'running');
    expect(running.length).toBeGreaterThan(10);
    expect(running.some(({ name }) => name.startsWith('a b-'))).toBe(true);
    expect([...processNames.values()]).toContain('Running tasks');
    const probe = instants.find(({ name }) => name === 'k_zs_free');
    expect(probe?.args?.['text']).toMatch(/handle=/);
  });
});

describe('convert --to folded', () => {
  it.each([COMPLETE, TRACES[3]!, TRACES[7]!])('has the self times and calls of analyze: %s', (name) => {
    const path = fixturePath(name);
    const { callTree } = analyzeJson([path]);
    for (const [option, of] of [
      [[], (node: (typeof callTree)[number]) => Math.round(node.selfNs)],
      [['--count'], (node: (typeof callTree)[number]) => node.calls],
    ] as const) {
      const lines = convert(path, '--to', 'folded', ...option)
        .trimEnd()
        .split('\n');
      let total = 0;
      for (const line of lines) {
        const m = /^(.+) (\d+)$/.exec(line);
        expect(m, line).not.toBeNull();
        total += Number(m![2]);
      }
      expect(total).toBe(callTree.reduce((sum, node) => sum + of(node), 0));
      expect(new Set(lines.map((line) => line.replace(/ \d+$/, ''))).size).toBe(lines.length);
    }
  });
});

describe('convert: output', () => {
  const trace = fixturePath('function-graph/6.12.117/fg-A-default.txt');

  it('writes a file whole, the same as on standard output', () => {
    const path = join(folder.path, 'out.json');
    expect(convert(trace, '--to', 'chrome', '-o', path)).toBe('');
    expect(readFileSync(path, 'utf8')).toBe(convert(trace, '--to', 'chrome'));
    expect(readdirSync(folder.path)).toEqual(['out.json']);
  });

  it('leaves the old file and nothing beside it when nothing can be read', () => {
    const path = join(folder.path, 'old.csv');
    writeFileSync(path, 'old');
    const { status, stderr } = runCli(['convert', '/nonexistent', '--to', 'csv', '-o', path]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('/nonexistent: no such file')]);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder.path).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('takes its file away when it is ended', () => {
    const line = `(cat '${fixturePath('mail/mail-samples.txt')}'; sleep 2) | timeout 1 $PROGRAM convert - --to ndjson -o '${folder.path}/cut.ndjson'; ls -A '${folder.path}'`;
    expect(runShell(line).stdout).not.toMatch(/cut|tmp/);
  });

  it('ends quietly when its reader leaves', () => {
    const { stdout, stderr } = runShell(
      `$PROGRAM convert '${fixturePath(COMPLETE)}' --to ndjson | head -1; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('0');
  });

  it('writes to a device', () => {
    expect(runCli(['convert', trace, '--to', 'folded', '-o', '/dev/null']).status).toBe(0);
  });

  it.each([
    [['--to', 'chrome', '--table', 'spans'], '--table goes with --to ndjson or csv'],
    [['--to', 'csv', '--by', 'task'], '--by goes with --to chrome'],
    [['--to', 'csv', '--count'], '--count goes with --to folded'],
    [['--to', 'xml'], 'Allowed choices are ndjson, csv, chrome, folded'],
    [[], "required option '--to <format>' not specified"],
    [['--to', 'csv', '-o', '/nonexistent/x.csv'], '/nonexistent/x.csv: cannot be written'],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = runCli(['convert', trace, ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('tells of losses on standard error, not with -q', () => {
    const lossy = fixturePath('function-graph/6.12.117/fg-overflow-pipe.txt');
    expect(runCli(['convert', lossy, '--to', 'folded']).stderr).toContain('records were lost');
    expect(runCli(['convert', lossy, '--to', 'folded', '-q']).stderr).toBe('');
  });

  it('has every column in docs/convert.md', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/convert.md'), 'utf8');
    for (const table of ['records', 'spans', 'waits']) {
      const header = convert(trace, '--to', 'csv', '--table', table).split('\n', 1)[0]!;
      for (const column of header.split(',')) expect(docs).toContain(`\`${column}\``);
    }
  });
});
