import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../src/analysis/result.ts';
import { FORMATS } from '../../src/parsers/registry.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { analyzeJson, fixturePath, runCli, runShell, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const WHOLE = Buffer.from(readFixture('function-graph/6.12.117/full-combo-p2.txt')).toString('latin1');
const HEADER = WHOLE.split('\n').filter((line) => line.startsWith('#'));
const MAIL = fixturePath('mail/mail-samples.txt');
const GRAPH = fixturePath('function-graph/6.12.117/combo-weirdcomm.txt');

/** The lines of one CPU, as `per_cpu/cpuN/trace` has them. */
function ofCpu(cpu: number): string {
  const lines = WHOLE.split('\n').filter((line) => line.slice(12).startsWith(` |   ${cpu}) `));
  return `${[...HEADER, ...lines].join('\n')}\n`;
}

const numbers = ({ functions, locks, input }: AnalysisResult) => ({
  functions,
  locks,
  cpus: input.cpus,
  durationNs: input.durationNs,
  tasks: input.tasks,
});
const ids = (result: AnalysisResult) => result.diagnostics.map((d) => d.id);

describe('a directory of files by CPU', () => {
  const cpus = [0, 1].map(ofCpu);
  const banners = /^ -+$|=>|^$/;
  const unsplit = write(
    'unsplit.txt',
    WHOLE.split('\n')
      .filter((line) => !banners.test(line))
      .join('\n'),
  );
  const expected = analyzeJson([unsplit]);

  it.each([
    ['as tracefs has it', 'tracefs/per_cpu/cpu#/trace', 'tracefs', ''],
    ['the folder of CPUs itself', 'tracefs/per_cpu/cpu#/trace', 'tracefs/per_cpu', ''],
    ['as people name copies', 'copies/cpu#.txt', 'copies', ''],
    ['packed', 'packed/run7.cpu#.txt.gz', 'packed', ''],
    ['as a glob', 'copies/cpu#.txt', 'copies/cpu*.txt', ''],
    ['named one by one', 'copies/cpu#.txt', 'copies/cpu0.txt', 'copies/cpu1.txt'],
  ])('is one recording: %s', (_, pattern, first, second) => {
    cpus.forEach((text, cpu) => {
      const name = pattern.replace('#', String(cpu));
      write(name, name.endsWith('.gz') ? gzipSync(text) : text);
    });
    const args = [first, second].filter((name) => name !== '').map((name) => join(folder.path, name));
    const result = analyzeJson(args);
    expect(numbers(result)).toEqual(numbers(expected));
    expect(result.input.files.length).toBe(2);
    expect(ids(result)).toContain('inputs-merged');
    expect(result.input.understoodLines).toBe(result.input.lines);
  });

  it('tells the files and lines of calls', () => {
    const result = analyzeJson([join(folder.path, 'copies')]);
    const [call] = result.tails[0]!.slowest;
    const [before] = expected.tails[0]!.slowest;
    expect(call!.durationNs).toBe(before!.durationNs);
    const line = cpus[call!.cpu]!.split('\n')[call!.line - 1]!;
    expect(call!.file).toBe(join(folder.path, `copies/cpu${call!.cpu}.txt`));
    expect(unsplitLine(before!.line)).toBe(line);
  });
  const unsplitLine = (line: number) => WHOLE.split('\n').filter((l) => !banners.test(l))[line - 1];

  it('may have CPUs that recorded nothing', () => {
    write('idle/cpu0.txt', cpus[0]!);
    write('idle/cpu1.txt', cpus[1]!);
    write('idle/cpu2.txt', '');
    const result = analyzeJson([join(folder.path, 'idle')]);
    expect(numbers(result)).toEqual(numbers(expected));
    expect(ids(result)).toContain('input-empty');
    expect(result.input.files.length).toBe(2);
  });

  it('with a second pass gives the same', () => {
    const result = analyzeJson(['--subtract-overhead', join(folder.path, 'copies')]);
    expect(result.functions).toEqual(analyzeJson(['--subtract-overhead', unsplit]).functions);
  });

  it('of which one comes through a pipe', () => {
    const own = join(folder.path, 'own-tmp');
    mkdirSync(own);
    const { stdout } = runShell(
      `cat copies/cpu0.txt | TMPDIR='${own}' $PROGRAM analyze --json --merge always - <(zcat packed/run7.cpu1.txt.gz)`,
      { cwd: folder.path },
    );
    expect(numbers(JSON.parse(stdout))).toEqual(numbers(expected));
    expect(readdirSync(own)).toEqual([]);
  });

  it('is kept apart by --merge never', () => {
    const result = analyzeJson(['--merge', 'never', join(folder.path, 'copies')]);
    expect(ids(result)).not.toContain('inputs-merged');
    expect(result.input.durationNs).toBeGreaterThan(expected.input.durationNs!);
  });

  it.each([
    ['nothing in it', 'empty-folder', /is a directory; expected a trace file, or trace files by CPU in it/],
    ['only other files', 'other-files', /is a directory; expected a trace file, or trace files by CPU in it/],
  ])('with %s is one clear error', (_, name, message) => {
    mkdirSync(join(folder.path, name), { recursive: true });
    if (name === 'other-files') write(`${name}/cpuinfo.txt`, 'x');
    const run = runCli(['analyze', join(folder.path, name)]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^trace-replay: [^\n]*\n$/);
    expect(run.stderr).toMatch(message);
  });
});

describe('a glob', () => {
  it('is expanded where the shell did not', () => {
    write('globs/b10.txt', ofCpu(0));
    write('globs/b9.txt', ofCpu(1));
    const result = analyzeJson(['globs/b*.txt'], { cwd: folder.path });
    expect(result.input.files.map((file) => file.name)).toEqual(['globs/b9.txt', 'globs/b10.txt']);
  });

  it('that is the name of a file is that file', () => {
    const path = write('a[1]*.txt', ofCpu(0));
    expect(analyzeJson([path]).input.files.map((file) => file.name)).toEqual([path]);
  });

  it('without a match is one clear error', () => {
    const run = runCli(['analyze', join(folder.path, 'no*.txt')]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/no\*\.txt: no such file, and as a glob it matches none\n$/);
  });
});

describe('several inputs that are not one recording', () => {
  it('are read one after the other, and it says why', () => {
    const [a, b] = [
      fixturePath('function-graph/6.12.117/full-combo-p2.txt'),
      fixturePath('function-graph/6.1.192/combo-p2.txt'),
    ];
    const both = analyzeJson([a, b]);
    const calls = (result: AnalysisResult) => result.functions.reduce((sum, row) => sum + row.calls, 0);
    expect(calls(both)).toBe(calls(analyzeJson([a])) + calls(analyzeJson([b])));
    expect(ids(both)).toContain('inputs-in-turn');
    expect(numbers(both)).toEqual(numbers(analyzeJson(['--merge', 'never', a, b])));
  });

  it('of different kinds, without stamps', () => {
    const result = analyzeJson([MAIL, fixturePath('function-graph/6.12.117/fg-A-default.txt')]);
    expect(result.input.format).toBe('function_graph-mail, function_graph');
    expect(result.diagnostics.find((d) => d.id === 'inputs-in-turn')?.text).toContain('has no time stamps');
  });

  it('one file of calls given twice is not merged with itself', () => {
    const path = fixturePath('function-graph/6.12.117/full-combo-p2.txt');
    expect(ids(analyzeJson([path, path]))).toContain('inputs-in-turn');
  });
});

describe('compressed inputs', () => {
  const text = ofCpu(0);
  const plain = analyzeJson(['-'], { input: text });
  it.each(['gzip', 'zstd', 'xz'])('%s as a file and on standard input', (program) => {
    const { status, stdout } = spawnSync(program, ['-c'], { input: text, maxBuffer: 1 << 28 });
    if (status !== 0) return;
    expect(numbers(analyzeJson([write(`packed.${program}`, stdout)]))).toEqual(numbers(plain));
    expect(numbers(analyzeJson(['-'], { input: stdout }))).toEqual(numbers(plain));
    const broken = runCli(['analyze', write(`broken.${program}`, stdout.subarray(0, stdout.length >> 1))]);
    expect(broken.status).toBe(0);
    expect(broken.stderr).toMatch(new RegExp(`^trace-replay: .*: damaged ${program} data \\(.*\\)\\n$`));
    expect(broken.stdout).toContain('[input-broken-off]');
  });

  it('that are no trace end without waiting for the program that undoes them', () => {
    const { status, stdout } = spawnSync('xz', ['-c'], { input: Buffer.alloc(5_000_000, 'no trace\n') });
    if (status !== 0) return;
    const started = Date.now();
    const run = runCli(['analyze', write('prose.xz', stdout), MAIL]);
    expect([run.status, run.stderr.split('\n').length]).toEqual([0, 2]);
    expect(run.stderr).toMatch(/format not recognised/);
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});

describe('a file that grows while it is read', () => {
  it('is read as far as it goes, without a complaint about its last line', () => {
    const path = join(folder.path, 'growing.txt');
    write('source.txt', ofCpu(0).repeat(4));
    // The writer is ahead of the reader by half a line at all times.
    const { stdout } = runShell(
      `( for i in $(seq 500); do head -c 1000003 source.txt; done > '${path}' ) & writer=$!
       sleep 0.3; $PROGRAM analyze --json '${path}'; kill $writer; wait $writer 2>/dev/null`,
      { cwd: folder.path },
    );
    const result = JSON.parse(stdout) as AnalysisResult;
    expect(result.input.lines).toBeGreaterThan(1000);
    expect(ids(result)).not.toContain('truncated-line');
  });
});

describe('--format', () => {
  it('forces a format that the input is not recognised as, and counts what cannot be read', () => {
    const text = `${'some words\n'.repeat(10)} 0)   1.320 us    |  zs_free();\nand more\n`;
    const path = write('words.txt', text);
    const run = runCli(['analyze', '--format', 'function_graph', '--json', path]);
    expect(run.status).toBe(0);
    const result = JSON.parse(run.stdout) as AnalysisResult;
    expect(result.functions.map((f) => f.name)).toEqual(['zs_free']);
    expect(result.input.lines).toBe(12);
    expect(ids(result)).toContain('text-around');
  });

  it('of which the input has nothing is an error, with what was expected', () => {
    for (const format of ['perf-script', 'chrome-json', 'trace-dat', 'trace-cmd']) {
      const run = runCli(['analyze', '--format', format, GRAPH]);
      expect([run.status, run.stdout], format).toEqual([2, '']);
      expect(run.stderr, format).toMatch(/^trace-replay: [^\n]*\n$/);
      expect(run.stderr).toContain(GRAPH);
    }
  });

  it('that does not exist is a usage error that lists those that do', () => {
    const run = runCli(['analyze', '--format', 'fgraph', MAIL]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(
      /^trace-replay: unknown format 'fgraph'; known: [^\n]*function_graph, [^\n]*\n$/,
    );
  });
});

describe('trace-replay formats', () => {
  it('lists every format in 72 columns', () => {
    const { status, stdout, stderr } = runCli(['formats']);
    expect([status, stderr]).toEqual([0, '']);
    for (const { id } of FORMATS) expect(stdout).toMatch(new RegExp(`^${id}$`, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
  });

  it('is what the README has', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const rows = FORMATS.map(({ id, title, reads }) => `| \`${id}\` | ${title} | ${reads} |`);
    expect(readme).toContain(`|---|---|---|\n${rows.join('\n')}\n\n`);
  });

  it('as JSON has id, title and what is read', () => {
    expect(JSON.parse(runCli(['formats', '--json']).stdout)).toEqual(
      FORMATS.map(({ id, title, reads }) => ({ id, title, reads })),
    );
  });
});
