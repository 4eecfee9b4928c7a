import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixturePath, runCli, temporaryFolder } from './run-cli.ts';

interface Reconstructed {
  validation: { verdict: string; reasons: string[]; structure: Record<string, number> };
  reconstruction: {
    frees: number;
    of: number;
    sizes: { basis: string; source: string; classes: number } | null;
    times: boolean;
    releasesReproduced: number;
    isFittedToWaits: boolean;
    inOneClass: { id: string; speedup: { value: number } }[];
  };
  designs: {
    id: string;
    speedup: { value: number };
    contended: Record<string, number>;
    lockWaitNs: Record<string, number>;
  }[];
  assumptions: { what: string; basis: string }[];
}

function whatIf(args: readonly string[]): Reconstructed {
  const run = runCli(['what-if', ...args, '--json', '-q']);
  expect([run.status, run.stderr]).toEqual([0, '']);
  return JSON.parse(run.stdout) as Reconstructed;
}

describe('what-if of a function_graph of zs_free alone', () => {
  const result = whatIf([
    fixturePath('patched/base_nosi/fg-full-p2.txt.gz'),
    '-d',
    'drop-lock',
    '--seeds',
    '7',
  ]);

  it('says what is reconstructed and that it cannot be judged', () => {
    expect(result.reconstruction).toMatchObject({
      frees: 8012,
      of: 8012,
      times: false,
      releasesReproduced: 8012,
    });
    expect(result.validation.verdict).toBe('cannot-be-judged');
    expect(result.validation.reasons.join()).toContain('the objects of 8012 of 8012 frees are reconstructed');
    expect(result.validation.structure.freesJudged).toBe(0);
    expect(result.assumptions[0]!.what).toMatch(/^reconstructed: the objects of 8012 of 8012 frees/);
    expect(result.reconstruction.inOneClass.map(({ id }) => id)).toEqual(['drop-lock']);
  });

  it('finds the spread over classes from the waits of the baseline: 15.2 classes by the real sizes', () => {
    expect(result.reconstruction.isFittedToWaits).toBe(true);
    expect(result.reconstruction.sizes!.basis).toBe('assumed');
    expect(result.reconstruction.sizes!.classes).toBeGreaterThan(10);
    expect(result.reconstruction.sizes!.classes).toBeLessThan(22);
  });

  it('predicts the waits of the kernel that was really patched: 77', () => {
    expect(Math.abs(result.designs[0]!.contended['class->lock']! - 77)).toBeLessThan(30);
  });
});

it('a trace without time stamps and tasks is replayed, and fits a mail', () => {
  const run = runCli([
    'what-if',
    fixturePath('function-graph/6.12.117/fg-A-default.txt.gz'),
    '-d',
    'drop-lock',
    '--seeds',
    '3',
  ]);
  expect([run.status, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toContain('reconstructed: when each free began');
  expect(run.stdout).toContain('the trace');
  expect(run.stdout).not.toContain('munmap, first free to last');
  expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
});

it('sizes by class of a side file are used', () => {
  const { reconstruction } = whatIf([
    fixturePath('function-graph/6.12.117/fg-contend-p2.txt.gz'),
    fixturePath('side-data/zsmalloc-classes-6.12.txt'),
    '-d',
    'drop-lock',
    '--seeds',
    '2',
  ]);
  expect(reconstruction.sizes!.basis).toBe('measured');
  expect(reconstruction.sizes!.source).toContain('obj_used of 11818 objects');
});

it('a kernel that defers frees already does not fit', () => {
  const folder = temporaryFolder();
  const line = (cpu: number, us: string, text: string) => ` ${cpu}) ${us.padStart(7)} us    |  ${text}`;
  const calls = Array.from({ length: 40 }, () => [
    line(0, '0.300', 'zs_free();'),
    ` 1)               |  zs_free_deferred_work() {`,
    line(1, '2.000', '  obj_free();'),
    line(1, '5.000', '}'),
  ]).flat();
  const trace = join(folder.path, 'deferred.txt');
  writeFileSync(trace, ['# tracer: function_graph', '#', ...calls, ''].join('\n'));
  const { validation } = whatIf([trace, '-d', 'drop-lock', '--seeds', '2']);
  folder.remove();
  expect(validation.verdict).toBe('does-not-fit');
  expect(validation.reasons.join()).toContain('40 objects were freed by other functions than zs_free');
});

describe('ops', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  it('marks what is reconstructed, in text and JSON', () => {
    const trace = fixturePath('function-graph/6.12.117/fg-A-default.txt.gz');
    const text = runCli(['ops', trace]);
    const head = text.stdout.slice(0, 200).replace(/\n#?\s*/g, ' ');
    expect(head).toMatch(/^# reconstructed \(assumed, seed 1\): the objects of 996 of 996 frees/);
    expect(text.stdout).toMatch(/zs_free +size=~\d+ handle=~r\d+/);
    const json = runCli(['ops', trace, '--json']);
    expect(json.stderr).toContain('reconstructed');
    const rows = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const free = rows.find(({ what }) => what === 'zs_free')!;
    expect(free).toMatchObject({ reconstructed: ['size', 'handle', 'times'], within: 1, released: false });
    expect(free.locks).toContainEqual({ lock: 'class->lock', waitNs: 0 });
    expect(rows.filter(({ what }) => what === 'zs_free')).toHaveLength(996);
    const bare = runCli(['ops', trace, '--json', '--no-reconstruct']).stdout.split('\n')[0]!;
    expect(JSON.parse(bare)).not.toHaveProperty('handle');
  });

  it('reads probes of perf that print addresses, with any name, by kprobe_events given beside', () => {
    const head = (time: number, event: string) =>
      `       swapbench   210 [000]    58.${time}: ${event.padStart(27)}: `;
    const trace = join(folder.path, 'perf.txt');
    writeFileSync(
      trace,
      [
        `${head(189880, 'kprobes:a')}(ffffffffa6637834) x=0xff2ed963c5276000 y=0x432`,
        `${head(191747, 'kprobes:b')}(ffffffffa6637834 <- ffffffffc056977a) arg1=18387873351145747880`,
        `${head(193000, 'kprobes:c')}(ffffffffa6637084) x=0xff2ed963c5276000 y=0xff2ed963c5e9f5a8`,
        `${head(193500, 'kprobes:d')}(ffffffffa6637084 <- ffffffffc05676e8)`,
        '',
      ].join('\n'),
    );
    const definitions = join(folder.path, 'kprobe_events');
    writeFileSync(
      definitions,
      [
        'p:kprobes/a zs_malloc x=%di y=%si',
        'r10:kprobes/b zs_malloc arg1=$retval',
        'p:kprobes/c zs_free x=%di y=%si',
        'r10:kprobes/d zs_free',
        '',
      ].join('\n'),
    );
    const run = runCli(['ops', trace, definitions, '--json']);
    expect(run.status).toBe(0);
    expect(run.stderr).toContain('entry of zs_malloc, told by its definition; with y as its size');
    const rows = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).toMatchObject([
      { what: 'zs_malloc', sizeBytes: 0x432, handle: '0xff2ed963c5e9f5a8', durationNs: 1867000 },
      { what: 'zs_free', handle: '0xff2ed963c5e9f5a8', thinkNs: 1253000 },
    ]);
  });
});
