import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readFixture } from '../helpers/fixtures.ts';
import { analyzeJson, fixturePath, runCli, runOnOpenPipe, runShell, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const MAIL = fixturePath('mail/mail-samples.txt');
const QUOTED = fixturePath('mail/mail-samples-quoted.txt');
const graph = (name: string) => fixturePath(`function-graph/${name}`);
const COMBO = graph('6.1.192/combo-p2.txt');

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

const longestLine = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('the text report', () => {
  const { status, stdout, stderr } = runCli(['analyze', MAIL]);

  it('of the samples in the mail has their numbers', () => {
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('zs_free: 2 calls, from 4.610 us to 33.850 us.');
    expect(stdout).toMatch(/30\.100 us +88\.9 % +queued_spin_lock_slowpath/);
    expect(stdout).toMatch(/1\.320 us +28\.6 % +queued_spin_lock_slowpath/);
    expect(stdout).toMatch(/class->lock {2}in zs_free/);
    expect(stdout).toContain('81.7 % of zs_free');
    expect(stdout).toMatch(/wait {2}31\.42us total/);
    expect(stdout).toContain('Tracing overhead (estimate)');
    expect(stdout).toMatch(/~150ns within each traced call/);
    expect(stdout).toContain('All 26 lines were understood');
  });

  it('of the quoted mail is the same but for places and sizes', () => {
    const strip = (text: string) =>
      text
        .replaceAll(/\S*mail-samples(?:-quoted)?\.txt/g, 'FILE')
        .replaceAll(/:\d+$/gm, ':LINE')
        .replace(/All \d+ lines/, 'All lines')
        .replace(/\nWhat this rests on[\s\S]*/, '');
    expect(strip(runCli(['analyze', QUOTED]).stdout)).toBe(strip(stdout));
  });

  it('says what it read, and how', () => {
    const here = runCli(['analyze', 'mail-samples.txt', '-E', '3'], { cwd: dirname(MAIL) }).stdout;
    const read = here.split('What this rests on\n')[1]!.replaceAll(/\s+/g, ' ');
    expect(read).toContain('mail-samples.txt: function_graph-mail, 965 B, 26 lines, 100.0 % understood');
    expect(read).toContain('columns: cpu duration collapsed, 1 CPU, tasks not named, no time stamps');
    expect(read).toContain('trace-replay analyze mail-samples.txt -E 3');
  });

  it('shows as many rows as asked for', () => {
    const few = runCli(['analyze', MAIL, '-E', '3', '--tails', '1']).stdout;
    expect(few).toContain('... and 6 functions more');
    expect(few.match(/^\d+\.\d+ us on CPU 7/gm)).toEqual(['33.850 us on CPU 7']);
    const none = runCli(['analyze', MAIL, '--tails', '0']).stdout;
    expect(none.match(/^\d+\.\d+ us on CPU 7/gm)).toBeNull();
  });

  it.each([
    'mail/mail-samples.txt',
    'mail/mail-samples-quoted.txt',
    ...[
      '6.1.192/k6.1-functiongraph-partial.txt',
      '6.1.192/combo-p2.txt',
      '6.12.117/combo-weirdcomm.txt',
      '6.12.117/combo-weirdcomm-default.txt',
      '6.12.117/fg-A-all.txt',
      '6.12.117/fg-A-bare.txt',
      '6.12.117/fg-A-nocpu.txt',
      '6.12.117/fg-overflow-pipe.txt',
      '6.12.117/fg-munmap-irqs-abstime-proc.txt',
      '6.12.117/zswap-contend-p2.txt',
      '7.3/k7.3-ftrace-dump-dmesg.txt',
      '7.3/k7.3-functiongraph-options-args.txt',
    ].map((name) => `function-graph/${name}`),
  ])('fits a mail: %s', (name) => {
    const report = runCli(['analyze', fixturePath(name)]);
    expect([report.status, report.stderr]).toEqual([0, '']);
    expect(longestLine(report.stdout)).toBeLessThanOrEqual(72);
    expect(report.stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(report.stdout).not.toMatch(/\bNaN\b|undefined|\bnull\b|Infinity|\[object/);
    expect(report.stdout).not.toMatch(/ $/m);
  });

  const named = (task: string, name: string) =>
    [
      '# tracer: function_graph',
      '#',
      '# CPU  TASK/PID         DURATION                  FUNCTION CALLS',
      ` 0)  ${task}-12   |               |  ${name}() {`,
      ` 0)  ${task}-12   |   1.000 us    |    _raw_spin_lock();`,
      ` 0)  ${task}-12   |   1.000 us    |    _raw_spin_unlock();`,
      ` 0)  ${task}-12   |   3.000 us    |  }`,
      '',
    ].join('\n');

  it('fits a mail however long the names are', () => {
    const name = 'x'.repeat(150);
    const path = write(`${'deep-'.repeat(30)}.txt`, named('abcdefg', name));
    const report = runCli(['analyze', path, '--function', `${name},_raw*`]);
    expect(report.status).toBe(0);
    expect(report.stdout.split('\n').filter((line) => line.length > 72)).toEqual([]);
  });

  it('gives no control character of a task name to the terminal', () => {
    const path = write('control.txt', Buffer.from(named('\xe4\x1b[31m\x07', 'f'), 'latin1'));
    const report = runCli(['analyze', path]);
    expect(report.status).toBe(0);
    expect(report.stdout).toContain('3.000 us');
    expect(report.stdout).toMatch(/^[\n\x20-\x7e]*$/);
    const colored = runCli(['analyze', path, '--color', 'always']);
    expect(colored.stdout).not.toContain('\x1b[31m');
  });
});

describe('colour', () => {
  const BOLD = '\x1b[1m';
  const bold = (args: readonly string[], env: Record<string, string> = {}) =>
    runCli(['analyze', MAIL, ...args], { env }).stdout.includes(BOLD);

  it('is only on a terminal, when asked for, or when the environment does', () => {
    expect(bold([])).toBe(false);
    expect(bold(['--color', 'always'])).toBe(true);
    expect(bold(['--color', 'never'], { FORCE_COLOR: '1' })).toBe(false);
    expect(bold([], { FORCE_COLOR: '1' })).toBe(true);
    expect(bold([], { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(bold(['--color', 'always'], { NO_COLOR: '1' })).toBe(true);
  });

  it('is never in a file, and changes nothing else', () => {
    const out = join(folder.path, 'plain.txt');
    runCli(['analyze', MAIL, '--color', 'always', '-o', out]);
    const plain = runCli(['analyze', MAIL]).stdout;
    const written = readFileSync(out, 'utf8');
    expect(written).not.toContain('\x1b');
    const colored = runCli(['analyze', MAIL, '--color', 'always']).stdout;
    const withoutCommand = (text: string) => text.replace(/\ntrace-replay \d[\s\S]*$/, '');
    expect(withoutCommand(colored.replaceAll(/\x1b\[\d*m/g, ''))).toBe(withoutCommand(plain));
    expect(withoutCommand(written)).toBe(withoutCommand(plain));
  });
});

describe('inputs', () => {
  const mailText = readFileSync(MAIL);
  const contents = (result: ReturnType<typeof analyzeJson>) => {
    const { tool: _, input: __, tails, ...rest } = { ...result, trust: null };
    return {
      ...rest,
      tails: tails.map((tail) => ({ ...tail, slowest: tail.slowest.map((c) => ({ ...c, file: '' })) })),
    };
  };
  const fromFile = analyzeJson([MAIL]);

  it('is standard input for - and when none is given', () => {
    for (const args of [['-'], []]) {
      const result = analyzeJson(args, { input: mailText });
      expect(contents(result)).toEqual(contents(fromFile));
      expect(result.input.files[0]).toEqual({ ...fromFile.input.files[0], name: '-' });
    }
  });

  it('may be a pipe', () => {
    const result = runShell(`$PROGRAM analyze --json <(cat '${MAIL}')`);
    expect(contents(JSON.parse(result.stdout))).toEqual(contents(fromFile));
  });

  it('may be compressed, in a file and on standard input, whatever its name', () => {
    const path = write('compressed', gzipSync(mailText));
    expect(contents(analyzeJson([path]))).toEqual(contents(fromFile));
    expect(contents(analyzeJson(['-'], { input: gzipSync(mailText) }))).toEqual(contents(fromFile));
  });

  it('may be several gzip members one after the other', () => {
    const half = mailText.indexOf('---------');
    const path = write(
      'members.gz',
      Buffer.concat([gzipSync(mailText.subarray(0, half)), gzipSync(mailText.subarray(half))]),
    );
    expect(contents(analyzeJson([path]))).toEqual(contents(fromFile));
  });

  it('may have lines that end as on Windows', () => {
    const path = write('crlf.txt', mailText.toString().replaceAll('\n', '\r\n'));
    expect(analyzeJson([path]).functions).toEqual(fromFile.functions);
  });

  it('may be several', () => {
    const result = analyzeJson([MAIL, QUOTED, '-i', MAIL]);
    expect(result.input.files.map((file) => file.lines)).toEqual([26, 27, 26]);
    expect(result.functions.find((f) => f.name === 'zs_free')).toMatchObject({
      calls: 6,
      totalNs: 3 * 38_460,
    });
    expect(result.input.lines).toBe(79);
  });

  it('with -i may have a comma in its name, as perf takes it', () => {
    const path = write('a,b.txt', mailText);
    expect(analyzeJson(['-i', path]).input.files.map((file) => file.name)).toEqual([path]);
  });

  it('printed by trace_pipe, without a header, has the columns that it has', () => {
    const header = /^#.*\n/gm;
    for (const name of [
      '6.12.117/fg-A-proc.txt',
      '6.12.117/fg-A-abstime-proc-tail.txt',
      '6.12.117/fg-A-default.txt',
    ]) {
      const text = Buffer.from(readFixture(`function-graph/${name}`)).toString('latin1');
      const whole = analyzeJson(['-'], { input: Buffer.from(text, 'latin1') });
      const piped = analyzeJson(['-'], { input: Buffer.from(text.replaceAll(header, ''), 'latin1') });
      expect([piped.input.layouts, piped.input.cpus, piped.input.tasks], name).toEqual([
        whole.input.layouts,
        whole.input.cpus,
        whole.input.tasks,
      ]);
      expect(piped.functions, name).toEqual(whole.functions);
    }
  });

  it('tells the size and the SHA-256 of what it unpacked', () => {
    expect(fromFile.input.files[0]).toMatchObject({
      name: MAIL,
      format: 'function_graph-mail',
      lines: 26,
      understoodLines: 26,
      sha256: '3ae2848101a5dc3f0438548d55e1a296c6644c4b3b113cd6748e4bfde82fc898',
    });
    expect(analyzeJson([QUOTED]).input.files[0]).toMatchObject({ bytes: 867, lines: 27 });
  });
});

describe('outputs', () => {
  it('go to a file whole, and nothing to standard output', () => {
    const out = write('report.txt', 'what was here before');
    const run = runCli(['analyze', MAIL, '-o', out]);
    expect(run).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(out, 'utf8')).toMatch(/^zs_free: 2 calls[\s\S]*trace-replay analyze/);
  });

  it('as JSON are one line', () => {
    const out = join(folder.path, 'report.json');
    runCli(['analyze', MAIL, '--json', '-o', out]);
    const text = readFileSync(out, 'utf8');
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text).functions.length).toBe(9);
  });

  it('- is standard output', () => {
    expect(runCli(['analyze', MAIL, '-o', '-']).stdout).toMatch(/^zs_free: 2 calls/);
  });

  it.each([
    ['a folder that does not exist', 'missing/report.txt'],
    ['a folder that is a file', 'plain-file/report.txt'],
    ['a folder', '.'],
  ])('that cannot be written end with status 2 and leave nothing behind: %s', (_, name) => {
    write('plain-file', 'x');
    const before = readdirSync(folder.path).sort();
    const run = runCli(['analyze', MAIL, '-o', join(folder.path, name)]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^trace-replay: .* cannot be written \(.*\)\n$/);
    expect(readdirSync(folder.path).sort()).toEqual(before);
  });

  it('are not begun when no input can be read', () => {
    const out = write('kept.txt', 'kept');
    expect(runCli(['analyze', join(folder.path, 'no-such'), '-o', out]).status).toBe(2);
    expect(readFileSync(out, 'utf8')).toBe('kept');
  });

  it('to a device are written to it', () => {
    expect(runCli(['analyze', MAIL, '-o', '/dev/null']).status).toBe(0);
    const full = runCli(['analyze', MAIL, '-o', '/dev/full']);
    expect([full.status, full.stderr]).toEqual([
      2,
      expect.stringMatching(/^trace-replay: \/dev\/full: .*ENOSPC/),
    ]);
  });

  it('to a full disk end with one line, not with a stack trace', () => {
    const run = runShell(`$PROGRAM analyze '${MAIL}' > /dev/full`);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^trace-replay: .*ENOSPC.*\n$/);
  });

  it('to a reader that leaves are no error', () => {
    const run = runShell(`set -o pipefail; $PROGRAM analyze --json '${COMBO}' | head -c 10`);
    expect([run.status, run.stdout, run.stderr]).toEqual([0, '{"schemaVe', '']);
    const text = runShell(
      `$PROGRAM analyze '${COMBO}' -E 100000 | head -1 > /dev/null; echo \${PIPESTATUS[0]}`,
    );
    expect(text.stdout).toBe('0\n');
  });

  it('to a reader that leaves leave no copy of standard input behind', () => {
    const own = join(folder.path, 'tmp');
    runShell(
      `mkdir -p '${own}'; zcat '${COMBO}' | TMPDIR='${own}' $PROGRAM analyze --json --subtract-overhead - | head -c 10`,
    );
    expect(readdirSync(own)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'that are waited for in vain (%s) leave no copy behind either',
    async (signal) => {
      const own = join(folder.path, signal);
      mkdirSync(own);
      const input = gunzipSync(readFileSync(COMBO));
      const args = ['analyze', '--subtract-overhead', '-'];
      const run = await runOnOpenPipe(args, input, 1000, { signal, env: { TMPDIR: own } });
      expect([run.stdout, readdirSync(own)]).toEqual(['', []]);
      expect(run.status).not.toBe(0);
    },
  );

  it('are the same bytes for the same input', () => {
    for (const args of [[COMBO], [COMBO, '--json'], [COMBO, '--json', '--subtract-overhead']]) {
      const first = runCli(['analyze', ...args]);
      expect(first.status).toBe(0);
      expect(runCli(['analyze', ...args]).stdout).toBe(first.stdout);
    }
  });
});

describe('--help and --version', () => {
  it('go to standard output, with status 0', () => {
    expect(runCli(['--version'])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
    const help = runCli(['analyze', '--help']);
    expect([help.status, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('Exit status: 0 done, 2 nothing could');
    expect(longestLine(help.stdout)).toBeLessThanOrEqual(80);
  });

  it('no command at all tells what there is, with status 2', () => {
    const run = runCli([]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain('analyze');
  });
});
