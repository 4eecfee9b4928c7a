import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../src/analysis/result.ts';
import { renderText } from '../../src/report/text.ts';
import { analyse } from '../analysis/analyse.ts';
import { kernelText } from '../analysis/kernel-text.ts';
import { readFixture } from '../helpers/fixtures.ts';

const plain = (text: string) => text;
const render = (result: AnalysisResult, options: { entries?: number; slowest?: number } = {}) =>
  renderText(result, { entries: 20, slowest: 3, heading: plain, ...options });
const tooLong = (text: string) => text.split('\n').filter((line) => line.length > 72);

const contended = analyse(readFixture('function-graph/6.12.117/zswap-contend-p2.txt'));

describe('the text report', () => {
  it('has its sections in order', () => {
    const text = render(contended);
    const titles = [
      'Functions, by total time',
      'Locks, by wait and hold',
      'zs_free: 2048 calls, duration in ns',
      'Slowest calls of zs_free',
      'Tracing overhead (estimate)',
      'What this rests on',
    ];
    const places = titles.map((title) => text.indexOf(`\n${title}\n`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('ends with one newline and has no blanks at the ends of lines', () => {
    const text = render(contended);
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).not.toMatch(/[ \t]$/m);
  });

  it('emphasises headings, and nothing else', () => {
    const text = renderText(contended, {
      entries: 20,
      slowest: 3,
      heading: (title) => `\x1b[1m${title}\x1b[0m`,
    });
    expect(text.replaceAll(/\x1b\[\d*m/g, '')).toBe(render(contended));
    for (const line of text.split('\n').filter((l) => l.includes('\x1b')))
      expect(line).toMatch(/^\x1b\[1m[^\x1b]*\x1b\[0m$/);
  });

  it('tells how much it leaves out', () => {
    const text = render(contended, { entries: 3 });
    expect(text).toContain(`... and ${contended.functions.length - 3} functions more (--entries, --json)`);
    expect(text).toContain(`... and ${contended.locks.length - 2} more (--entries, --json)`);
  });

  it('says of every blocker in how many waits it stood in the way: one at least', () => {
    for (const name of ['6.12.117/zswap-contend-p2.txt', '6.12.117/full-combo-p2.txt']) {
      expect(render(analyse(readFixture(`function-graph/${name}`)), { entries: 200 })).not.toMatch(
        /\bin 0 waits\b/,
      );
    }
  });

  it('shows when a slow call began as the trace prints it', () => {
    const text = render(analyse(kernelText('162.350009 0 a-101 5.000 | f();')));
    expect(text).toContain('at 162.350009');
  });

  it('does not invent what the text does not carry', () => {
    const text = render(
      analyse(
        '# tracer: function_graph\n#\n 0)  a() {\n 0)    mutex_lock();\n 0)    mutex_unlock();\n 0)  }\n',
      ),
    );
    expect(text).toContain('a: 1 call; this text has no durations.');
    expect(text).not.toMatch(/\b0ns\b|NaN|null|undefined|Infinity/);
  });
});

describe('lines', () => {
  it('fit when numbers are as large as they get', () => {
    const row = contended.functions[0]!;
    const days = 3e14;
    const big = {
      ...contended,
      functions: [
        { ...row, calls: 123_456_789, totalNs: days, selfNs: days, p50Ns: days, p99Ns: days, maxNs: days },
      ],
      locks: contended.locks.map((lock) => ({ ...lock, acquisitions: 123_456_789, contended: 123_456_788 })),
    };
    expect(tooLong(render(big))).toEqual([]);
  });

  it('fit whatever functions, tasks and files are called', () => {
    const name = fc.string({
      minLength: 1,
      maxLength: 120,
      unit: fc.constantFrom('a', '_', '.', '0', ' ', '\xe4', '\x07', '\x1b', '\x1b[31m'),
      size: 'max',
    });
    fc.assert(
      fc.property(name, name, name, (function_, task, file) => {
        const renamed: AnalysisResult = {
          ...contended,
          input: { ...contended.input, files: contended.input.files.map((f) => ({ ...f, name: file })) },
          functions: contended.functions.map((row) => ({ ...row, name: `${function_}${row.name}` })),
          locks: contended.locks.map((row) => ({
            ...row,
            lock: `${function_}${row.lock}`,
            site: `${function_}${row.site}`,
            blockedBy: row.blockedBy.map((b) => ({ ...b, task: `${task}${b.task}` })),
          })),
          tails: contended.tails.map((row) => ({
            ...row,
            function: `${function_}${row.function}`,
            slowest: row.slowest.map((call) => ({ ...call, task, file })),
          })),
        };
        const text = render(renamed);
        expect(tooLong(text)).toEqual([]);
        expect(text).toMatch(/^[\n\x20-\x7e]*$/);
      }),
      { numRuns: 60 },
    );
  });

  it('fit when a call tree is deep', () => {
    const depth = 60;
    const opened = Array.from({ length: depth }, (_, i) => `0 - | ${'  '.repeat(i)}f${i}() {`);
    const closed = Array.from({ length: depth }, (_, i) => `0 ${i + 2}.000 | ${'  '.repeat(depth - 1 - i)}}`);
    const text = render(
      analyse(kernelText([...opened, `0 1.000 | ${'  '.repeat(depth)}g();`, ...closed].join('\n'))),
    );
    expect(tooLong(text)).toEqual([]);
    expect(text).toContain('f0');
  });
});

describe('histograms', () => {
  it('are ranges of powers of two without gaps, with a bar for all that is not empty', () => {
    const text = render(analyse(kernelText('0 0.300 | f();\n0 0.400 | f();\n0 5.000 | f();')));
    const rows = [...text.matchAll(/^\[(\S+), (\S+)\) +(\d+) \|(@*) *\|$/gm)].map((m) => [
      m[1],
      m[2],
      m[3],
      m[4]!.length,
    ]);
    expect(rows).toEqual([
      ['256', '512', '2', 40],
      ['512', '1K', '0', 0],
      ['1K', '2K', '0', 0],
      ['2K', '4K', '0', 0],
      ['4K', '8K', '1', 20],
    ]);
  });
});
