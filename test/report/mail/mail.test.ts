import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableLines } from '../../../src/report/mail/columns.ts';
import { number, type ReviewDocument, text } from '../../../src/report/mail/document.ts';
import { commandLines } from '../../../src/report/mail/fill.ts';
import { histogramsSideBySide } from '../../../src/report/mail/histograms.ts';
import { renderMail } from '../../../src/report/mail/mail.ts';
import { renderMarkdown } from '../../../src/report/mail/markdown.ts';

const words = fc.string({ maxLength: 90, unit: 'binary' });
const table = fc.array(fc.tuple(words, fc.integer({ min: 0 })), { maxLength: 90 }).map((rows) => ({
  kind: 'table' as const,
  title: 'Functions, by total time',
  columns: [text('function'), number('calls')],
  rows: rows.map(([name, calls]) => [name, String(calls)]),
  note: '',
}));
const figure = fc.array(words, { maxLength: 30 }).map((lines) => ({
  kind: 'figure' as const,
  title: 'Calls',
  lines: lines.map((line) => line.slice(0, 72)),
}));
const documents: fc.Arbitrary<ReviewDocument> = fc.record({
  title: words,
  words: fc.array(words, { minLength: 1, maxLength: 20 }),
  parts: fc.array(fc.oneof(table, figure), { maxLength: 6 }),
  method: fc.array(words, { maxLength: 2 }),
  details: fc.array(words, { maxLength: 9 }),
  command: words,
});

const SAMPLE: ReviewDocument = {
  title: 'Frees',
  words: ['A free takes 4us.', 'Half of that is waiting.'],
  parts: [
    {
      kind: 'table',
      title: 'Functions',
      columns: [text('function'), number('calls')],
      rows: Array.from({ length: 100 }, (_, k) => [`function_${k}`, String(k)]),
      note: 'Calls of all tasks.',
    },
  ],
  method: ['Method: looked at.'],
  details: ['Everything else.'],
  command: "trace-replay analyze 'a file' --format mail",
};

describe('a mail', () => {
  it('is ASCII, at most 72 columns wide and as long as was asked for, whatever the trace holds', () => {
    fc.assert(
      fc.property(
        documents,
        fc.constantFrom('brief' as const, 'usual' as const, 'full' as const),
        (d, length) => {
          const lines = renderMail(d, length).split('\n').slice(0, -1);
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
          expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
          if (length === 'usual') expect(lines.length).toBeLessThanOrEqual(60);
          if (length === 'brief') expect(lines.length).toBeLessThanOrEqual(24);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says what it leaves out, and leaves nothing out in full', () => {
    expect(renderMail(SAMPLE, 'usual')).toMatch(/function_49\s[\s\S]*\.\.\. and \d+ more \(--full\)/);
    expect(renderMail(SAMPLE, 'brief').split('\n').length).toBeLessThanOrEqual(25);
    const full = renderMail(SAMPLE, 'full');
    expect(full).toContain('function_99');
    expect(full).toContain('Everything else.');
    expect(full).not.toContain('more');
  });

  it('quoted twice fits 80 columns', () => {
    for (const line of renderMail(SAMPLE, 'full').split('\n'))
      expect(`> > ${line}`.length).toBeLessThanOrEqual(80);
  });

  it('ends in a command that a shell takes as it stands', () => {
    const command = `$ trace-replay what-if 'a long file name.txt' ${'--design class-idx+drop-lock '.repeat(4).trim()}`;
    const lines = commandLines(command);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join('\n').replaceAll(/ \\\n */g, ' ')).toBe(command);
  });
});

describe('a table', () => {
  it('has a line for a name of which its column would leave too little', () => {
    const columns = [text('design'), ...Array.from({ length: 6 }, (_, k) => number(`number ${k}`))];
    const row = ['class-idx+drop-lock+deferred', ...Array.from({ length: 6 }, () => '1')];
    const lines = tableLines(
      { kind: 'table', title: '', columns, rows: [row, ['base', ...row.slice(1)]], note: '' },
      2,
      72,
    );
    expect(lines[1]).toBe('class-idx+drop-lock+deferred');
    expect(lines[2]).toMatch(/^ +1( +1){5}$/);
    expect(lines[3]).toMatch(/^base +1( +1){5}$/);
  });

  it('has names above rows where numbers would not fit beside them, and names columns without room', () => {
    const wide = (count: number) => {
      const columns = [text('design'), ...Array.from({ length: count }, (_, k) => number(`figure${k}`))];
      const cells = Array.from({ length: count }, (_, k) => `${k}.345us`);
      const rows = ['batch-store', 'batch-store', 'iaa-batch'].map((id) => [id, ...cells]);
      return tableLines({ kind: 'table', title: '', columns, rows, note: '' }, 3, 72);
    };
    const fits = wide(7);
    expect(fits.map((line) => line.trim().split(' ')[0])).toEqual([
      'figure0',
      'batch-store',
      '0.345us',
      '0.345us',
      'iaa-batch',
      '0.345us',
    ]);
    expect(fits[2]).toMatch(/ 6\.345us$/);
    const less = wide(9);
    expect(less[2]).toMatch(/ 7\.345us$/);
    expect(less.at(-1)).toBe('(no room for: figure8)');
    for (const line of [...fits, ...less]) expect(line.length).toBeLessThanOrEqual(72);
  });
});

describe('histograms beside each other', () => {
  const buckets = (entries: readonly (readonly [number, number])[]) =>
    entries.map(([loNs, count]) => ({ loNs, hiNs: loNs * 2, count }));

  it('have a row for each power of two, in shares of their own calls', () => {
    const lines = histogramsSideBySide([
      {
        name: 'before',
        buckets: buckets([
          [1024, 3],
          [2048, 1],
        ]),
      },
      { name: 'after', buckets: buckets([[512, 10]]) },
    ]);
    expect(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
      'before after',
      '[512, 1K) | | 100.0% |@@@@@@@@@@@@@@@@@@|',
      '[1K, 2K) 75.0% |@@@@@@@@@@@@@@ | | |',
      '[2K, 4K) 25.0% |@@@@@ | | |',
    ]);
  });

  it('keep a long tail in the last row', () => {
    const lines = histogramsSideBySide([
      { name: 'zs_free', buckets: buckets(Array.from({ length: 20 }, (_, k) => [2 ** k, 1] as const)) },
    ]);
    expect(lines).toHaveLength(13);
    expect(lines.at(-1)).toMatch(/^\[2K, \.\.\.\).*45\.0%/);
  });
});

describe('Markdown', () => {
  it('keeps what a trace says as text', () => {
    const hostile = { ...SAMPLE, words: ['<script>alert(1)</script> a|b *c* `d`'] };
    const written = renderMarkdown(hostile, 'usual');
    expect(written).toContain('&lt;script>alert(1)&lt;/script> a\\|b \\*c\\* \\`d\\`');
    expect(written).toContain('| function\\_14 | 14 |');
    expect(written).toContain('... and 85 more (`--full`)');
    expect(written).toContain("```\ntrace-replay analyze 'a file' --format mail\n```");
  });

  it('has all rows in full', () => {
    expect(renderMarkdown(SAMPLE, 'full')).toContain('| function\\_99 | 99 |');
  });
});
