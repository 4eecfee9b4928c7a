import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readFixture } from '../helpers/fixtures.ts';
import { analyzeJson, fixturePath, runCli, runOnOpenPipe, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const MAIL = fixturePath('mail/mail-samples.txt');

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

describe('what cannot be read', () => {
  const random = new Uint8Array(100_000);
  for (let i = 0, state = 12_345; i < random.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    random[i] = state >> 16;
  }
  const mailText = readFileSync(MAIL);
  const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['an empty file', '', /is empty; expected a trace/],
    ['a packed empty file', gzipSync(''), /is empty; expected a trace/],
    ['a PNG picture', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), /this is a PNG picture/],
    ['an ELF binary', readFileSync(process.execPath).subarray(0, 70_000), /this is an ELF binary/],
    [
      'UTF-16 with a mark',
      Buffer.from(`\ufeff${mailText.toString()}`, 'utf16le'),
      /this is UTF-16 text; .*iconv/,
    ],
    ['UTF-16 without one', Buffer.from(mailText.toString(), 'utf16le'), /this is UTF-16 text; .*iconv/],
    [
      'UTF-16 the other way',
      Buffer.from(mailText.toString(), 'utf16le').swap16(),
      /this is UTF-16 text; .*iconv/,
    ],
    ['random bytes', random, /format not recognised/],
    [
      'trace.dat',
      Buffer.from('\x17\x08\x44tracing6\0\0\0', 'latin1'),
      /at byte 13: 0 bytes are no size of a long/,
    ],
    [
      'prose',
      'Dear all,\n\nplease find the numbers below.\n',
      /format not recognised, the first line is "Dear all,"/,
    ],
    ['garbage that begins like gzip', Buffer.from('\x1f\x8bgarbage garbage', 'latin1'), /damaged gzip data/],
    ['gzip that ends in its header', gzipSync(mailText).subarray(0, 12), /damaged gzip data/],
  ];

  it.each(cases)('%s: one clear message, status 2, nothing on standard output', (name, content, message) => {
    const path = write(`${name.replaceAll(' ', '-')}.bin`, content);
    const run = runCli(['analyze', path]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^trace-replay: [^\n]*\n$/);
    expect(run.stderr).toContain(path);
    expect(run.stderr).toMatch(message);
  });

  it.each([
    ['a missing file', ['no/such/file'], /^trace-replay: no\/such\/file: no such file\n$/],
    [
      'a directory',
      ['/'],
      /^trace-replay: \/: is a directory; expected a trace file, or trace files by CPU[^\n]*\n$/,
    ],
    ['an empty standard input', [], /^trace-replay: -: is empty.*\n$/],
    ['standard input twice', ['-', '-'], /^trace-replay: standard input \(-\) is given twice\n$/],
    ['two missing files', ['no/a', 'no/b'], /^trace-replay: no\/a: no such file\n.*no\/b: no such file\n$/],
  ])('%s', (_, args, message) => {
    const run = runCli(['analyze', ...args]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(message);
  });

  it.each([
    ['an unknown option', ['--fast', MAIL], /unknown option '--fast'/],
    ['an unknown command', ['analyse', MAIL], /unknown command 'analyse'/],
    ['CPUs that are none', ['--cpu', 'a', MAIL], /expected CPUs such as 0,2-4/],
    ['CPUs backwards', ['--cpu', '4-2', MAIL], /expected CPUs such as 0,2-4/],
    ['no CPU', ['--cpu', '', MAIL], /expected CPUs such as 0,2-4/],
    ['pids that are none', ['--pid', 'init', MAIL], /expected pids such as 215,216/],
    ['a time that is none', ['--from', 'noon', MAIL], /expected seconds such as 161\.997506/],
    ['a negative time', ['--to', '-1', MAIL], /expected seconds|argument missing|unknown option/],
    ['a depth of 0', ['--depth', '0', MAIL], /expected a whole number from 1 up/],
    ['a fraction of entries', ['--entries', '1.5', MAIL], /expected a whole number from 1 up/],
    ['what cannot be excluded', ['--exclude', 'irq,nmi', MAIL], /expected some of irq,softirq,offcpu/],
    ['a colour that is none', ['--color', 'red', MAIL], /Allowed choices are auto, always, never/],
    ['no name', ['--function', 'a,,b', MAIL], /expected names such as zs_free,zs_\*/],
    ['an option without its value', ['--root'], /argument missing/],
  ])('a command line with %s', (_, args, message) => {
    const run = runCli(args[0] === 'analyse' ? args : ['analyze', ...args]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(message);
    // The message, what was meant perhaps, and where to find help.
    expect(run.stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  });

  it.each([
    ['plain', (text: Buffer) => text],
    ['packed', (text: Buffer) => gzipSync(text)],
  ])('a writer that goes on for ever does not keep the program from ending (%s)', async (_, pack) => {
    // Not compressible, so that the first 64 kB are read from the first writes.
    const run = await runOnOpenPipe(
      ['analyze', '-'],
      pack(Buffer.from(random.map((byte) => 32 + (byte % 90)))),
      5000,
    );
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^trace-replay: -:1: format not recognised[^\n]*\n$/);
  });
});

describe('input that is damaged', () => {
  const bytes = readFixture('function-graph/6.1.192/combo-p2.txt');

  it('gzip that breaks off: what could be read, and a warning', () => {
    const packed = gzipSync(bytes);
    const path = write('truncated.gz', packed.subarray(0, packed.length >> 1));
    const run = runCli(['analyze', path, '--json']);
    const result = JSON.parse(run.stdout);
    expect(run.status).toBe(0);
    expect(run.stderr).toBe(`trace-replay: ${path}: damaged gzip data (unexpected end of file)\n`);
    expect(result.diagnostics).toContainEqual(
      expect.objectContaining({ id: 'input-broken-off', severity: 'loss', count: 1 }),
    );
    expect(result.input.lines).toBeGreaterThan(5000);
    expect(runCli(['analyze', path]).stdout).toContain('[input-broken-off]');
  });

  it('gzip that breaks off on standard input is told after a second reading, too', () => {
    const packed = gzipSync(bytes);
    const broken = packed.subarray(0, packed.length >> 1);
    const once = analyzeJson(['-'], { input: broken });
    const twice = analyzeJson(['-', '--subtract-overhead'], { input: broken });
    expect(twice.diagnostics.map((d) => d.id)).toEqual(once.diagnostics.map((d) => d.id));
  });

  it('text that is cut in the middle of a line: all but that line', () => {
    const end = 1_000_000;
    const cut = Buffer.from(bytes.subarray(0, end)).toString('latin1');
    const whole = cut.slice(0, cut.lastIndexOf('\n') + 1);
    expect(cut.length).toBeGreaterThan(whole.length);
    const result = analyzeJson([write('cut.txt', Buffer.from(cut, 'latin1'))]);
    expect(result.functions).toEqual(
      analyzeJson([write('whole.txt', Buffer.from(whole, 'latin1'))]).functions,
    );
    expect(result.diagnostics.map((d) => d.id)).toContain('truncated-line');
  });

  it('text without a newline at its end loses nothing when the last line is whole', () => {
    const text = readFileSync(MAIL, 'utf8');
    const result = analyzeJson([write('no-newline.txt', text.trimEnd())]);
    expect(result.functions).toEqual(analyzeJson([MAIL]).functions);
    expect(result.diagnostics.map((d) => d.id)).not.toContain('truncated-line');
  });

  it('one good file and one bad: the good one, and a message', () => {
    const run = runCli(['analyze', '--json', join(folder.path, 'absent'), MAIL]);
    const result = JSON.parse(run.stdout);
    expect([run.status, run.stderr]).toEqual([
      0,
      `trace-replay: ${join(folder.path, 'absent')}: no such file\n`,
    ]);
    expect(result.input.files.map((file: { name: string }) => file.name)).toEqual([MAIL]);
    expect(result.diagnostics[0]).toMatchObject({ id: 'input-not-read', severity: 'error', count: 1 });
  });

  it('one good file and one that only begins like gzip', () => {
    const bad = write('begins-like.gz', Buffer.from('\x1f\x8bgarbage garbage', 'latin1'));
    const run = runCli(['analyze', '--json', bad, MAIL]);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout).functions.length).toBe(9);
  });

  it('--quiet keeps the warning from standard error, not from the report', () => {
    const run = runCli(['analyze', '-q', join(folder.path, 'absent'), MAIL]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('[input-not-read]');
    const none = runCli(['analyze', '-q', join(folder.path, 'absent')]);
    expect([none.status, none.stdout]).toEqual([2, '']);
    expect(none.stderr).toContain('no such file');
  });

  it('NUL bytes, control characters and bytes of no encoding do not end the reading', () => {
    const text = Buffer.concat([
      readFileSync(MAIL),
      Buffer.from('\0\0\0\0\n\xff\xfe\xfd\n\x1b]0;title\x07\n7) | zs_\xe4free() {\n', 'latin1'),
      readFileSync(MAIL),
    ]);
    const run = runCli(['analyze', write('noise.txt', text)]);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('zs_free: 4 calls');
    expect(run.stdout).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('input that is odd takes no longer', () => {
  const good = ' 0)   1.000 us    |  foo();\n';
  const seconds = (args: readonly string[]) => {
    const started = Date.now();
    const run = runCli(['analyze', '--json', ...args]);
    return { run, took: (Date.now() - started) / 1000 };
  };

  it.each([
    ['trace', `# tracer: function_graph\n${good}`, good],
    ['mail', '> 0) 1.000 us | foo();\n', '> 0) 1.000 us | foo();\n'],
  ])('one line of 50 MB in a %s: it is skipped, with a diagnostic', (name, before, after) => {
    const line = Buffer.alloc(50_000_000, 'x');
    const path = write(
      `long-${name}.txt`,
      Buffer.concat([Buffer.from(before), line, Buffer.from(`\n${after}`)]),
    );
    const { run, took } = seconds([path]);
    const result = JSON.parse(run.stdout);
    expect([run.status, result.functions[0].calls]).toEqual([0, 2]);
    expect(result.diagnostics.map((d: { id: string }) => d.id)).toEqual(['overlong-line']);
    expect(result.input.lines).toBe(before.split('\n').length + 1);
    expect(took).toBeLessThan(20);
  });

  it('one line of 50 MB and nothing else', () => {
    const { run, took } = seconds([write('only-long.txt', Buffer.alloc(50_000_000, 'x'))]);
    expect(run.status).toBe(2);
    expect(run.stderr.length).toBeLessThan(1000);
    expect(took).toBeLessThan(20);
  });

  const blanks = ' '.repeat(200_000);
  it.each([
    ['in a trace', `# tracer: function_graph\n${good}${blanks}\n${good}`],
    ['behind a CPU', `# tracer: function_graph\n${good} 0) ${blanks}\n${good}`],
    ['before a call', `# tracer: function_graph\n${good} 0)   1.000 us    |  ${blanks}foo();\n${good}`],
    ['in a mail', `> 0) 1.000 us | foo();\n${blanks}\n> 0) 1.000 us | foo();\n`],
    ['behind a quote mark', `> 0) 1.000 us | foo();\n>${blanks}x\n> 0) ${blanks}\n> 0) 1.000 us | foo();\n`],
    ['between words of a mail', `> 0) 1.000 us | foo();\n${'a '.repeat(100_000)}\n> 0) 1.000 us | foo();\n`],
  ])('200 kB of blanks on one line %s', (name, text) => {
    const { run, took } = seconds([write(`blanks-${name.replaceAll(' ', '-')}.txt`, text)]);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout).functions[0].calls).toBeGreaterThanOrEqual(1);
    expect(took).toBeLessThan(20);
  });

  it('200 kB of blanks before a trace', () => {
    // No trace begins within the first 64 kB: that may be refused, but soon.
    const { run, took } = seconds([
      write('blanks-first.txt', `${blanks}\n# tracer: function_graph\n${good}`),
    ]);
    expect([0, 2]).toContain(run.status);
    expect(run.stderr.length).toBeLessThan(1000);
    expect(took).toBeLessThan(20);
  });

  it('calls nested 20 000 deep', () => {
    const opened = Array.from({ length: 20_000 }, (_, i) => ` 0) | f${i % 7}() {\n`).join('');
    const closed = Array.from({ length: 20_000 }, (_, i) => ` 0) ${i + 2}.000 us | }\n`).join('');
    const { run, took } = seconds([write('deep.txt', `${opened} 0) 1.000 us | g();\n${closed}`)]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(JSON.parse(run.stdout).functions.length).toBe(8);
    expect(took).toBeLessThan(30);
  });

  it('20 000 calls that never end', () => {
    const opened = Array.from({ length: 20_000 }, (_, i) => ` 0) | f${i}() {\n`).join('');
    const { run, took } = seconds([write('open.txt', opened)]);
    expect([run.status, JSON.parse(run.stdout).functions]).toEqual([0, []]);
    expect(took).toBeLessThan(30);
  });
});

describe('an output that is an input', () => {
  const commands = [
    ['analyze', '--json', '-o'],
    ['analyze', '--html'],
    ['convert', '--to', 'csv', '-o'],
    ['ops', '-o'],
  ] as const;

  it.each(commands)('%s %s: refused, and the trace is kept', (...command) => {
    const trace = write('kept.txt', readFileSync(MAIL));
    const link = join(folder.path, 'kept-link.txt');
    rmSync(link, { force: true });
    symlinkSync(trace, link);
    for (const output of [trace, link]) {
      const [name, ...options] = command as readonly [string, ...string[]];
      const run = runCli([name, trace, ...options, output]);
      expect([run.status, run.stderr]).toEqual([
        2,
        `trace-replay: ${trace}: is read, so it is not written to; name another file for the output\n`,
      ]);
      expect(readFileSync(trace).equals(readFileSync(MAIL))).toBe(true);
    }
  });
});
