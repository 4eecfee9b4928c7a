import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationCutNs } from '../../src/trace/records.ts';
import { type BuildOptions, type BuiltCalls, buildCalls, type Call } from '../helpers/build-calls.ts';
import { listFunctionGraphFixtures, readFixture } from '../helpers/fixtures.ts';
import { type FastRecord, type ParseOptions, parseRecords } from '../helpers/parse-records.ts';

const HEADER = [
  '# tracer: function_graph',
  '#',
  '# CPU  DURATION                  FUNCTION CALLS',
  '# |     |   |                     |   |   |   |',
];
const CALL = ' 0)   1.000 us    |  good();';
const KB = 1 << 10;
const MB = 1 << 20;

/** Short pieces of real texts of every kind, to be damaged. */
const SAMPLES = [
  'function-graph/6.12.117/fg-A-all.txt',
  'function-graph/6.12.117/fg-A-nocpu.txt',
  'function-graph/6.12.117/fg-A-bare.txt',
  'function-graph/6.12.117/combo-weirdcomm.txt',
  'function-graph/6.12.117/fg-overflow-pipe.txt',
  'function-graph/7.3/k7.3-functiongraph-options-args.txt',
  'function-graph/7.3/k7.3-functiongraph-events-thresh-orphans-lost-function-events.txt',
  'function-graph/7.3/k7.3-ftrace-dump-dmesg.txt',
  'mail/mail-samples-quoted.txt',
].map((name) => headAndTail(text(readFixture(name)), 20, 15));
const sample = fc.constantFrom(...SAMPLES);

describe('damaged texts', () => {
  it('reads every whole line before a cut, wherever it is', () => {
    for (const whole of SAMPLES.slice(0, 2)) {
      const { records } = parseRecords(bytes(whole));
      for (let cut = 0; cut <= whole.length; cut += 3) {
        const before = whole.slice(0, cut);
        const wholeLines = before.split('\n').length - 1;
        const read = parseRecords(bytes(before));
        expect(read.lines).toBe(countLines(before));
        const expected = records.filter((record) => record.line <= wholeLines);
        expect(sameRecords(read.records.slice(0, expected.length), expected), `cut at ${cut}`).toBe(true);
        // The line that was cut may still be one: `}` of `} /* name */`.
        expect(read.records.length - expected.length).toBeLessThanOrEqual(1);
      }
    }
  });

  it('reads every whole line behind a cut', () => {
    const whole = `${HEADER.join('\n')}\n${`${CALL}\n`.repeat(5)}`;
    for (let cut = HEADER.join('\n').length + 1; cut < whole.length; cut++) {
      const text = `${HEADER.join('\n')}\n${whole.slice(cut)}`;
      const { records } = parseRecords(bytes(text));
      const wholeLines = whole.slice(cut - 1).split('\n').length - 2;
      expect(records.filter((record) => record.name === 'good').length).toBeGreaterThanOrEqual(wholeLines);
    }
  });

  it('survives any cut at both ends', () => {
    assertSound(
      fc.tuple(sample, fc.nat(), fc.nat()).map(([whole, from, length]) => {
        const start = from % whole.length;
        return bytes(whole.slice(start, start + (length % whole.length)));
      }),
    );
  });

  it('survives changed bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 });
    assertSound(
      fc.tuple(sample, changes).map(([whole, list]) => {
        const changed = bytes(whole);
        for (const [place, value] of list) changed[place % changed.length] = value;
        return changed;
      }),
    );
  });

  it('survives inserted, doubled and missing pieces', () => {
    const piece = fc.constantFrom(
      ...[
        '\0',
        '\n',
        '\r',
        ' ',
        '|',
        '}',
        '{',
        '();',
        ') ',
        ' => ',
        '/* ',
        ' */',
        '==========>',
        '--',
        '...',
      ],
      ...['CPU:0 [LOST 5 EVENTS]', '# tracer: x', ' 0)', '> ', '12:', '[    1.000000] ', ' us ', '-1 '],
    );
    const edit = fc.tuple(fc.nat(), fc.nat(200), piece);
    assertSound(
      fc.tuple(sample, fc.array(edit, { minLength: 1, maxLength: 8 })).map(([whole, edits]) => {
        let changed = whole;
        for (const [place, length, inserted] of edits) {
          const at = place % (changed.length + 1);
          changed = changed.slice(0, at) + inserted + changed.slice(at + (length < 100 ? length : 0));
        }
        return bytes(changed);
      }),
    );
  });

  it('survives lines in any order', () => {
    const lines = SAMPLES.flatMap((whole) => whole.split('\n'));
    assertSound(
      fc.array(fc.constantFrom(...lines), { maxLength: 60 }).map((chosen) => bytes(chosen.join('\n'))),
    );
  });

  it('survives random bytes', () => {
    assertSound(fc.uint8Array({ maxLength: 2000, size: 'max' }));
  });

  it('reads the same records from lines that end in CR LF', () => {
    for (const name of [...listFunctionGraphFixtures(), 'mail/mail-samples-quoted.txt']) {
      const lf = firstLines(text(readFixture(name)).replaceAll('\r', ''), 2000);
      const plain = parseRecords(bytes(lf));
      const crlf = parseRecords(bytes(lf.replaceAll('\n', '\r\n')));
      expect(sameRecords(crlf.records, plain.records), name).toBe(true);
      expect([crlf.lines, crlf.understoodLines]).toEqual([plain.lines, plain.understoodLines]);
    }
  });

  it('takes NUL bytes out of lines that they spoil, and says so', () => {
    const holes = [...HEADER, CALL, `${'\0'.repeat(4096)}${CALL}`, ' 0)   1.0\x0000 us    |  good();', CALL];
    const { records, diagnostics } = parseRecords(bytes(`${holes.join('\n')}\n`));
    expect(records.map(({ kind, name, durationNs }) => [kind, name, durationNs])).toEqual([
      ['section', '', null],
      ...Array.from({ length: 4 }, () => ['leaf', 'good', 1000]),
    ]);
    expect(diagnostics.count('nul-bytes')).toBe(2);
  });

  it('does not care how its input is cut into chunks', () => {
    fc.assert(
      fc.property(sample, fc.integer({ min: 1, max: 300 }), (whole, chunkSize) => {
        const at = (options: ParseOptions) => parseRecords(bytes(whole), options);
        expect(sameRecords(at({ chunkSize }).records, at({ chunkSize: 65536 }).records)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('inputs of odd sizes', () => {
  it('reads nothing from nothing', () => {
    expect(parseRecords(new Uint8Array(0))).toMatchObject({ records: [], lines: 0, understoodLines: 0 });
    expect(parseRecords(bytes('\n\n'))).toMatchObject({ records: [], lines: 2, understoodLines: 2 });
    const header = parseRecords(bytes(HEADER.join('\n')));
    expect(header).toMatchObject({ lines: 4, understoodLines: 4 });
  });

  it('reads a last line without its newline', () => {
    const { records, lines } = parseRecords(bytes(`${HEADER.join('\n')}\n${CALL}`));
    expect([lines, records.at(-1)?.name]).toEqual([5, 'good']);
  });

  it('drops a line of 50 MB in bounded memory, and reads on', () => {
    const pieces = function* () {
      yield bytes(`${HEADER.join('\n')}\n${CALL}\n`);
      const piece = new Uint8Array(64 * KB).fill(0x78);
      for (let sent = 0; sent < 50 * MB; sent += piece.length) yield piece;
      yield bytes(`\n${CALL}\n`);
    };
    const { built, peak } = measure(pieces());
    expect(built).toMatchObject({ lines: 7, understoodLines: 6 });
    expect(built.diagnostics.count('overlong-line')).toBe(1);
    expect(built.records.map((record) => [record.line, record.name])).toEqual([
      [1, ''],
      [5, 'good'],
      [7, 'good'],
    ]);
    expect(peak).toBeLessThan(20 * MB);
  });

  it('counts a line of 50 MB that never ends', () => {
    const pieces = function* () {
      const piece = new Uint8Array(64 * KB).fill(0x20);
      for (let sent = 0; sent < 50 * MB; sent += piece.length) yield piece;
    };
    const { built } = measure(pieces());
    expect(built).toMatchObject({ records: [], lines: 1, understoodLines: 0 });
    expect(built.diagnostics.count('overlong-line')).toBe(1);
  });

  it('builds calls that are nested 5000 deep', () => {
    const depth = 5000;
    const lines = [...HEADER];
    for (let i = 0; i < depth; i++) lines.push(` 0)               |  ${'  '.repeat(i)}f${i}() {`);
    for (let i = depth - 1; i >= 0; i--) lines.push(` 0)   ${depth - i}.000 us    |  ${'  '.repeat(i)}}`);
    const { calls } = expectSound(bytes(`${lines.join('\n')}\n`));
    const spans = calls.filter((call) => call.kind === 'span');
    expect(spans).toHaveLength(depth);
    for (const { name, level, parentName, durationNs } of spans) {
      const number = Number(name.slice(1));
      expect(level).toBe(number);
      expect(parentName).toBe(number === 0 ? '' : `f${number - 1}`);
      expect(durationNs).toBe((depth - number) * 1000);
    }
  });

  it('cuts calls, and counts that, when more are open than any stack can hold', () => {
    const open = Array.from(
      { length: 70_000 },
      (_, i) => ` ${i % 64})               |  ${' '.repeat(2 * Math.floor(i / 64))}f() {`,
    );
    const { diagnostics, entries } = expectSound(bytes([...HEADER, ...open, ''].join('\n')), {}, [false]);
    expect(entries).toBe(70_000);
    expect(diagnostics.count('too-many-open')).toBeGreaterThan(0);
  });
});

/** Lines on which a careless regular expression takes a time that grows with the square of their length. */
const LONG_LINES: Readonly<Record<string, (length: number) => string>> = {
  blanks: (length) => ' '.repeat(length),
  'blanks and a letter': (length) => `${' '.repeat(length)}x`,
  'blanks behind the CPU': (length) => ` 0) ${' '.repeat(length)}`,
  'blanks behind the CPU and a bar': (length) => ` 0) ${' '.repeat(length)}|`,
  'blanks behind a task': (length) => `a-1${' '.repeat(length)}`,
  'open parentheses': (length) => ` 0)   1.000 us    |  f${'('.repeat(length)}`,
  'closing parentheses': (length) => ` 0)   1.000 us    |  f(${')'.repeat(length)}`,
  'comments that begin': (length) => ` 0)   1.000 us    |  ${'f(); /* '.repeat(length / 8)}`,
  'one name': (length) => ` 0)   1.000 us    |  ${'f'.repeat(length)}();`,
  'quote marks': (length) => '> '.repeat(length / 2),
  'line numbers': (length) => '1:'.repeat(length / 2),
  stamps: (length) => '[    1.000000] '.repeat(length / 15),
  digits: (length) => '1'.repeat(length),
  CPUs: (length) => '1) '.repeat(length / 3),
  arrows: (length) => ` 0) ${'a-1 => '.repeat(length / 7)}`,
  'interrupt marks': (length) => ` 0) ${'==========> '.repeat(length / 12)}x`,
  pids: (length) => ` 0) ${'-1 '.repeat(length / 3)}`,
  'commas of a mail header': (length) => `Cc: ${'a, '.repeat(length / 3)}`,
  NULs: (length) => '\0'.repeat(length),
  'letters between NULs': (length) => 'a\0'.repeat(length / 2),
  dashes: (length) => ` ${'-'.repeat(length)}x`,
  dots: (length) => `${'.'.repeat(length)}x`,
};

describe('long lines take a time that grows with their length only', () => {
  it.each(Object.keys(LONG_LINES))('%s', (name) => {
    // Many of middle length as well: a bound on the length alone would only hide a slow expression.
    expectFast(Array.from({ length: 20 }, () => LONG_LINES[name]!(8000)));
    expectFast([LONG_LINES[name]!(200 * KB)]);
  });

  // The caller behind `<-` once tried each run of blanks anew.
  it('blanks behind a caller', () => {
    expectFast(Array.from({ length: 50 }, () => `a-1   [000] .....   1.000000: f <-p${' '.repeat(8000)}x`));
  });
});

function expectFast(long: string[]): void {
  for (const lines of [
    [...HEADER, ...long, CALL],
    [...long, CALL],
  ]) {
    const input = bytes(`${lines.join('\n')}\n`);
    // CPU time: the clock on the wall also counts what else the machine does.
    const before = process.cpuUsage();
    const { records } = parseRecords(input);
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
    expect(records.at(-1)?.name).toBe('good');
  }
}

describe('what must not be joined', () => {
  it('joins no call across a loss on its CPU', () => {
    for (const lost of ['CPU:0 [LOST 5 EVENTS]', 'CPU:0 [LOST EVENTS]']) {
      const { calls } = build(' 0)               |  f() {', lost, ' 0)   9.000 us    |  }');
      expect(kindsOf(calls)).toEqual(['cut f', 'gap ']);
    }
  });

  it('counts a named return behind a loss as a call of its own', () => {
    const { calls } = build(
      ' 0)               |  f() {',
      'CPU:0 [LOST 5 EVENTS]',
      ' 0)   9.000 us    |  } /* f */',
    );
    expect(kindsOf(calls)).toEqual(['cut f', 'gap ', 'span f']);
    expect(calls.at(-1)).toMatchObject({ isStartCut: true, durationNs: 9000 });
  });

  it('keeps the calls of the other CPUs at a loss', () => {
    const { calls } = build(
      ' 0)               |  f() {',
      ' 1)               |  g() {',
      'CPU:0 [LOST 5 EVENTS]',
      ' 1)   1.000 us    |    h();',
      ' 1)   9.000 us    |  }',
      ' 0)   9.000 us    |  }',
    );
    expect(kindsOf(calls)).toEqual(['cut f', 'gap ', 'span h', 'span g']);
    expect(calls.find((call) => call.name === 'h')?.parentName).toBe('g');
  });

  it('keeps the calls of a task that runs on another CPU, and cuts those of one that sleeps', () => {
    const rule = ' ------------------------------------------';
    const { calls } = build(
      ...[rule, ' 0)     one-1      =>     two-2     ', rule, ''],
      ...[' 0)               |  sleeps() {'],
      ...[rule, ' 0)     two-2      =>     one-1     ', rule, ''],
      ...[' 0)               |  lost() {'],
      ...[rule, ' 1)     ten-10     =>     six-6     ', rule, ''],
      ...[' 1)               |  kept() {'],
      ...['CPU:0 [LOST 5 EVENTS]'],
      ...[' 1)   9.000 us    |  }', ' 0)   9.000 us    |  }'],
    );
    expect(kindsOf(calls).sort()).toEqual(['cut lost', 'cut sleeps', 'gap ', 'span kept']);
  });

  it('joins no call across two traces, and forgets the tasks of the first', () => {
    const { calls } = build(
      ' ------------------------------------------',
      ' 0)     one-1      =>     two-2     ',
      ' ------------------------------------------',
      '',
      ' 0)               |  f() {',
      ...HEADER,
      ' 0)   9.000 us    |  }',
      ' 0)   1.000 us    |  g();',
    );
    expect(kindsOf(calls)).toEqual(['cut f', 'gap ', 'span g']);
    expect(calls.map((call) => call.task)).toEqual(['two-2', '', '']);
  });

  it('resumes the calls of a task that was switched out', () => {
    const { calls } = build(
      ' ------------------------------------------',
      ' 0)     one-1      =>     two-2     ',
      ' ------------------------------------------',
      '',
      ' 0)               |  f() {',
      ' ------------------------------------------',
      ' 0)     two-2      =>     one-1     ',
      ' ------------------------------------------',
      '',
      ' 0)               |  f() {',
      ' 0)   1.000 us    |  }',
      ' ------------------------------------------',
      ' 0)     one-1      =>     two-2     ',
      ' ------------------------------------------',
      '',
      ' 0)   9.000 us    |  }',
    );
    expect(calls.map((call) => [call.name, call.task, call.durationNs, call.line])).toEqual([
      ['f', 'one-1', 1000, 14],
      ['f', 'two-2', 9000, 9],
    ]);
  });

  it('is not misled by a banner of a CPU that cannot be', () => {
    const { calls } = build(
      ' 0)               |  f() {',
      ' 99999)     one-1      =>     two-2     ',
      ' 0)   9.000 us    |  }',
    );
    expect(kindsOf(calls)).toEqual(['span f']);
  });
});

describe('a task named `a b-1) { ;=>`', () => {
  const proc = buildCalls(readFixture('function-graph/6.12.117/combo-weirdcomm.txt'));
  const banners = buildCalls(readFixture('function-graph/6.12.117/combo-weirdcomm-default.txt'));
  const workers = ['a b-0) -385', 'a b-1) -386', 'a b-2) -387', 'a b-3) -388'];

  it('is read from the proc column', () => {
    expect(proc.facts.understoodLines).toBe(proc.facts.lines);
    const tasks = new Set(proc.calls.map((call) => call.task));
    for (const worker of workers) expect(tasks).toContain(worker);
    for (const task of tasks) if (task.startsWith('a b')) expect(workers).toContain(task);
  });

  it('is read from banners, which say the same from the first one of each CPU on', () => {
    expect(banners.facts.understoodLines).toBe(banners.facts.lines);
    expect(banners.calls).toHaveLength(proc.calls.length);
    const firstBanner = new Map<number, number>();
    banners.calls.forEach((call, i) => {
      if (call.task !== '' && !firstBanner.has(call.cpu)) firstBanner.set(call.cpu, i);
      const isNamed = call.kind === 'span' && firstBanner.has(call.cpu);
      if (isNamed) expect([call.line, call.task]).toEqual([proc.calls[i]!.line, proc.calls[i]!.task]);
    });
    const unnamed = banners.calls.filter((call) => call.kind === 'span' && call.task === '').length;
    expect(unnamed / banners.calls.length).toBeLessThan(0.5);
  });
});

describe('durations fit into each other', () => {
  /**
   * The one exception: an interrupt that hits between the tracer's own time stamps and the record
   * stands inside the call's braces and outside its duration. fg-A has eight of 6020 calls so.
   */
  const INTERRUPT =
    /^(?:irq_(?:enter|exit)_rcu|__sysvec_|sysvec_|common_interrupt|handle_softirqs|__do_softirq)/;

  it.each(listFunctionGraphFixtures())('%s', (name) => {
    const { calls } = buildCalls(readFixture(name));
    const below = new Map<number, number>();
    for (const { kind, name, parent, durationNs } of calls) {
      if (kind !== 'span' || INTERRUPT.test(name) || Number.isNaN(durationNs)) continue;
      below.set(parent, (below.get(parent) ?? 0) + durationNs);
    }
    const tooShort = calls.filter(
      ({ kind, isLeaf, span, durationNs }) =>
        kind === 'span' && !isLeaf && (below.get(span) ?? 0) > durationNs + durationCutNs(durationNs),
    );
    expect(tooShort).toEqual([]);
  });
});

// Soundness --------------------------------------------------------------------------------------

function assertSound(inputs: fc.Arbitrary<Uint8Array>): void {
  fc.assert(
    fc.property(inputs, fc.integer({ min: 1, max: 200 }), (input, chunkSize) => {
      expectSound(input, { chunkSize, capacity: 8 });
    }),
    { numRuns: 80 },
  );
}

/** What must hold for every input, both with no function watched and with all of them. */
function expectSound(input: Uint8Array, options: BuildOptions = {}, watched = [false, true]): BuiltCalls {
  let built: BuiltCalls | null = null;
  for (const isWatched of watched) {
    built = buildCalls(input, { ...options, isWatched: () => isWatched });
    expectAccounted(input, built);
    expectCallsEndOnce(built, isWatched);
    expectSoundRows(built.calls);
  }
  return built!;
}

/** Every line is counted, and each one that is not understood under one finding. */
function expectAccounted(input: Uint8Array, { facts, diagnostics }: BuiltCalls): void {
  expect(facts.bytes).toBe(input.length);
  expect(facts.lines).toBe(countLines(text(input)));
  const notUnderstood = ['damaged-line', 'unknown-line', 'overlong-line', 'truncated-line']
    .map((id) => diagnostics.count(id))
    .reduce((a, b) => a + b);
  expect(facts.lines - facts.understoodLines).toBe(notUnderstood);
}

/** Each entry ends as one Span or one Cut row, and each Begin row is of an entry. */
function expectCallsEndOnce({ calls, entries }: BuiltCalls, isWatched: boolean): void {
  const ended = calls.filter(({ kind, isLeaf, isStartCut }) => {
    return (kind === 'span' || kind === 'cut') && !isLeaf && !isStartCut;
  });
  const ids = ended.map((call) => call.span).sort((a, b) => a - b);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBe(entries);
  if (!isWatched) return;
  const begun = calls.filter((call) => call.kind === 'begin').map((call) => call.span);
  expect(begun).toEqual(ids);
}

function expectSoundRows(calls: readonly Call[]): void {
  for (const call of calls) {
    if (call.kind !== 'span') continue;
    expect(call.parent).toBeLessThan(call.span);
    if (!call.isLeaf && !Number.isNaN(call.durationNs)) expect(call.selfNs).toBeGreaterThanOrEqual(0);
    expect(call.parentName === '').toBe(call.parent < 0);
    expect(call.name).not.toBe('');
  }
}

// Helpers ----------------------------------------------------------------------------------------

function build(...lines: string[]): BuiltCalls {
  const built = expectSound(bytes([...HEADER, ...lines, ''].join('\n')), {}, [true, false]);
  return { ...built, calls: built.calls.slice(1) };
}

function kindsOf(calls: readonly Call[]): string[] {
  return calls.map((call) => `${call.kind} ${call.name}`);
}

function measure(pieces: Iterable<Uint8Array>): {
  built: ReturnType<typeof parseRecords>;
  peak: number;
} {
  const before = process.memoryUsage();
  let peak = 0;
  const watched = function* () {
    for (const piece of pieces) {
      yield piece;
      const now = process.memoryUsage();
      peak = Math.max(peak, now.arrayBuffers - before.arrayBuffers + now.heapUsed - before.heapUsed);
    }
  };
  return { built: parseRecords(watched()), peak };
}

function sameRecords(a: readonly FastRecord[], b: readonly FastRecord[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function countLines(text: string): number {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function firstLines(text: string, count: number): string {
  return `${text.split('\n').slice(0, count).join('\n')}\n`;
}

function headAndTail(text: string, head: number, tail: number): string {
  const lines = text.split('\n');
  return [...lines.slice(0, head), ...lines.slice(-tail)].join('\n');
}
