import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerfJsonParser, sniffPerfJson } from '../../src/parsers/perf-json.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { parsePerfScript, runPerf } from '../helpers/parse-perf.ts';

function parse(input: string | Uint8Array, chunkSize = 65536) {
  const bytes = typeof input === 'string' ? new Uint8Array(Buffer.from(input, 'utf8')) : input;
  return runPerf(bytes, (context) => new PerfJsonParser(context), { chunkSize });
}

const sample = (fields: string) => `{"linux-perf-json-version": 1, "headers": {}, "samples": [{${fields}}]}`;

describe('perf data convert --to-json', () => {
  it('gives the samples of the same recording as text', () => {
    const json = parse(readFixture('perf/ops.json'));
    const text = parsePerfScript(readFixture('perf/ops.script-ns.txt'));
    const of = ({ records }: typeof text) =>
      records.filter((row) => row.kind !== 'frame').map(({ time, cpu, task }) => ({ time, cpu, task }));
    expect(of(json)).toEqual(of(text));
    expect(json.facts.kernelRelease).toBe('6.12.117+deb12-amd64');
    expect(json.facts.understoodLines).toBe(json.facts.lines);
  });

  it('gives the frames of the same recording as text', () => {
    const json = parse(readFixture('perf/clock.json')).records;
    const text = parsePerfScript(readFixture('perf/clock.script.txt')).records;
    const frames = (rows: typeof text) =>
      rows.filter((row) => row.kind === 'frame').map(({ name, depth, task }) => ({ name, depth, task }));
    expect(frames(json)).toEqual(frames(text));
  });

  it('says that events have no names', () => {
    const { diagnostics, records } = parse(readFixture('perf/clock.json'));
    expect(diagnostics.list()).toMatchObject([{ id: 'perf-json-no-events', severity: 'info' }]);
    expect(records.filter((row) => row.kind === 'sample').every((row) => row.name === '')).toBe(true);
  });

  it('makes an event of a sample with fields of a tracepoint', () => {
    const { records } = parse(
      sample('"timestamp": 12000000034, "tid": 5, "comm": "a b", "flags": "SPIN", "n": "0x1"'),
    );
    expect(records).toMatchObject([
      { kind: 'event', text: 'flags=SPIN n=0x1', time: '12000000034', task: 'a b-5' },
    ]);
  });

  it('keeps stamps that a double cannot hold', () => {
    const { records, facts } = parse(
      '{"samples":[{"timestamp":1763680000123456789},{"timestamp":1763680001000000001}]}',
    );
    expect(facts.originNs).toBe(1763680000e9);
    expect(records.map((row) => row.time)).toEqual(['1763680000123456789', '1763680001000000001']);
  });

  it('does not care where its input is cut', () => {
    const bytes = readFixture('perf/clock.json').subarray(0, 40_000);
    const whole = parse(bytes);
    for (const size of [1, 7, 4096]) expect(parse(bytes, size).records).toEqual(whole.records);
  });

  it('is told by its first key', () => {
    expect(sniffPerfJson(readFixture('perf/ops.json').subarray(0, 65536))).toBe(true);
    expect(sniffPerfJson(Buffer.from('{"traceEvents": []}'))).toBe(false);
  });
});

describe('damaged JSON', () => {
  it('that is cut keeps what was read and says where it ends', () => {
    const bytes = readFixture('perf/clock.json').subarray(0, 1_000_000);
    const { facts, records, diagnostics } = parse(bytes);
    expect(records.length).toBeGreaterThan(5000);
    expect(facts.lines - facts.understoodLines).toBe(1);
    expect(diagnostics.list()[0]).toMatchObject({ id: 'json-damaged', severity: 'loss' });
    expect(diagnostics.list()[0]!.text).toContain('near byte 1000000: it ends with');
  });

  it('with garbage in it says near which byte', () => {
    const bytes = readFixture('perf/clock.json').slice(0, 200_000);
    const at = bytes.indexOf(0x7b, 100_000);
    bytes.set(Buffer.from('%%%%'), at);
    const { diagnostics, records } = parse(bytes);
    expect(records.length).toBeGreaterThan(500);
    const offset = Number(/near byte (\d+)/.exec(diagnostics.list()[0]!.text)?.[1]);
    expect(Math.abs(offset - at)).toBeLessThanOrEqual(1024);
  });

  it('with deep nesting ends the reading', () => {
    const { diagnostics } = parse(`{"samples":${'['.repeat(5_000_000)}`);
    expect(diagnostics.list()[0]!.text).toMatch(/nested over 256 deep/);
  });

  it('with an endless value ends the reading', () => {
    const { diagnostics } = parse(sample(`"comm": "${'x'.repeat(8 << 20)}"`));
    expect(diagnostics.list()[0]!.text).toMatch(/near byte \d+: a value is longer than/);
  });

  it('that is none at all is told', () => {
    expect(parse('').diagnostics.list()[0]!.text).toContain('it holds no value');
    expect(parse('\0\0\0').diagnostics.count('json-damaged')).toBe(1);
  });

  it('never throws', () => {
    const text = readFixture('perf/clock.json').subarray(0, 3000);
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 12 }),
        fc.integer({ min: 1, max: 999 }),
        (changes, chunkSize) => {
          const bytes = text.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const { facts } = parse(bytes, chunkSize);
          expect(facts.understoodLines).toBeLessThan(facts.lines);
        },
      ),
      { numRuns: 300 },
    );
  });
});
