import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPerfData, sniffPerfData } from '../../src/parsers/perf-data.ts';
import { InputError } from '../../src/trace/diagnostics.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { type ParsedPerf, PerfCollector, parsePerfScript } from '../helpers/parse-perf.ts';

const folder = mkdtempSync(join(tmpdir(), 'trace-replay-perf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isInstalled = spawnSync('perf', ['--version']).status === 0;

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A program that stands in for perf. */
function script(name: string, body: string): string {
  const path = write(name, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function read(path: string, perf?: string): Promise<ParsedPerf & { progress: number[] }> {
  const collector = new PerfCollector();
  const progress: number[] = [];
  const origins: number[] = [];
  const context = { ...collector.context, onOrigin: (originNs: number) => void origins.push(originNs) };
  const facts = await readPerfData(path, context, (bytes) => progress.push(bytes), perf);
  expect(origins).toEqual(facts.clock === 'stamps' ? [facts.originNs] : []);
  return { ...collector.result(facts), progress };
}

const LINE = '       swapbench   210 [000]    58.189880162: kprobes:k_zs_malloc: size=0x432';

describe('perf.data', () => {
  it('is told by its magic, of either byte order', () => {
    expect(sniffPerfData(readFixture('perf/ops.perf.data').subarray(0, 4096))).toBe(true);
    expect(sniffPerfData(Buffer.from('2ELIFREP'))).toBe(true);
    expect(sniffPerfData(Buffer.from('PERFILE'))).toBe(false);
  });

  it('is refused with the command to run where perf is not installed', async () => {
    const path = write('x.data', 'PERFILE2');
    await expect(read(path, join(folder, 'no-such-perf'))).rejects.toThrow(InputError);
    await expect(read(path, join(folder, 'no-such-perf'))).rejects.toThrow(
      /perf is not installed here; where it is: perf script .*-i perf\.data > trace\.txt$/,
    );
  });

  it('that perf refuses is refused with what perf said', async () => {
    const perf = script(
      'refuse',
      'echo "incompatible file format (rerun with -v to learn more)" >&2; exit 255',
    );
    await expect(read(write('x.data', 'PERFILE2'), perf)).rejects.toThrow(
      /`perf script` failed \(exit status 255\): incompatible file format/,
    );
  });

  it('that perf reads in part is read in part, and that is said', async () => {
    const perf = script('part', `echo '${LINE}'; echo "failed to read event" >&2; exit 1`);
    const { records, diagnostics, facts } = await read(write('x.data', 'PERFILE2'), perf);
    expect(records).toMatchObject([{ name: 'k_zs_malloc', time: '58189880162' }]);
    expect(diagnostics.list()).toMatchObject([{ id: 'perf-script-failed', severity: 'loss' }]);
    expect(diagnostics.list()[0]!.text).toContain('failed to read event');
    expect(facts.bytes).toBe(8);
  });

  it('passes on what perf says when all is well', async () => {
    const perf = script('says', `echo '${LINE}'; echo "No kallsyms found" >&2`);
    const { diagnostics } = await read(write('x.data', 'PERFILE2'), perf);
    expect(diagnostics.list()).toMatchObject([{ id: 'perf-script-says', severity: 'info' }]);
  });

  describe.skipIf(!isInstalled)('with the installed perf', () => {
    it('gives the events that its text gave where it was recorded', async () => {
      const { records, facts, progress } = await read(write('ops.data', readFixture('perf/ops.perf.data')));
      const text = parsePerfScript(readFixture('perf/ops.script-ns.txt'));
      const without = ({ line: _, ...row }: (typeof records)[0]) => row;
      expect(records.map(without)).toEqual(text.records.map(without));
      expect(facts).toMatchObject({
        kernelRelease: '6.12.117+deb12-amd64',
        hostname: 'guest',
        stampQuantumNs: 1,
      });
      expect(facts.understoodLines).toBe(facts.lines);
      expect(progress.at(-1)).toBe(facts.bytes);
    });

    it.each(['clock', 'cont'])(
      'gives the samples and stacks of %s, whose symbols are elsewhere',
      async (name) => {
        const { records, facts, diagnostics } = await read(
          write(`${name}.data`, readFixture(`perf/${name}.perf.data`)),
        );
        const text = parsePerfScript(readFixture(`perf/${name}.script.txt`));
        const shape = ({ kind, depth, task, cpu, other }: (typeof records)[0]) => ({
          kind,
          depth,
          task,
          cpu,
          other,
        });
        expect(records.map(shape)).toEqual(text.records.map(shape));
        if (records.some((row) => row.name === '[unknown]')) expect(diagnostics.list()).toHaveLength(1);
        expect(facts.understoodLines).toBe(facts.lines);
      },
    );

    it('refuses a damaged file in one line', async () => {
      const path = write('cut.data', readFixture('perf/ops.perf.data').subarray(0, 300));
      await expect(read(path)).rejects.toThrow(/^test: `perf script` failed [^\n]*$/);
    });
  });
});
