import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { durationCutNs, RecordKind } from '../../src/trace/records.ts';
import { readFixture, readTrace } from '../helpers/fixtures.ts';
import { type DatRow, readDat } from '../helpers/read-trace-dat.ts';
import { type ReportLine, readReport } from '../reference/trace-cmd-report-lines.ts';

const SHARED = fileURLToPath(new URL('../../../shared/traces/6.12.117/trace-cmd', import.meta.url));

/** How a row differs from the line that trace-cmd prints of it; '' when it does not. */
function difference(row: DatRow, line: ReportLine): string {
  const name = row.name.replace(/ \[\w+\]$/, '');
  if (row.kind !== line.kind) return `kind ${row.kind}, not ${line.kind}`;
  if (row.cpu !== line.cpu) return `cpu ${row.cpu}, not ${line.cpu}`;
  if (row.kind === RecordKind.Lost) return row.other === line.other ? '' : `lost ${row.other}`;
  if (row.pid !== line.pid || row.comm !== line.comm) return `task ${row.comm}-${row.pid}`;
  if (row.time !== line.time) return `time ${row.time}, not ${line.time}`;
  // Returns are printed without their function unless asked for.
  if (line.name !== null && name !== line.name) return `name ${name}, not ${line.name}`;
  if (row.text !== line.text) return `text ${row.text}, not ${line.text}`;
  if (row.depth !== line.depth) return `depth ${row.depth}, not ${line.depth}`;
  const cut = row.durationNs - line.durationNs;
  if (cut < 0 || cut > durationCutNs(row.durationNs)) return `duration ${row.durationNs}`;
  return Number.isNaN(row.durationNs) === Number.isNaN(line.durationNs) ? '' : 'duration';
}

async function expectAgreement(dat: Uint8Array, report: Uint8Array) {
  const { rows, facts, diagnostics } = await readDat(dat);
  const lines = readReport(Buffer.from(report).toString('latin1'));
  expect(diagnostics.list()).toEqual([]);
  expect(facts.understoodLines).toBe(facts.lines);
  expect(rows.length).toBe(lines.length);
  for (const [i, row] of rows.entries()) {
    const found = difference(row, lines[i]!);
    if (found !== '') expect.fail(`record ${row.line}: ${found}`);
  }
  return { rows, facts };
}

describe('trace.dat and what trace-cmd report -t prints of it', () => {
  for (const name of ['events.v6', 'events.v7-zstd', 'graph.v6', 'graph.v7-none', 'graph.v7-zstd']) {
    it(name, async () => {
      const report = readFixture(`trace-dat/${name.split('.')[0]}.report-t.txt`);
      const { facts } = await expectAgreement(readFixture(`trace-dat/${name}.dat`), report);
      expect(facts).toMatchObject({
        clock: 'stamps',
        clockName: 'local',
        cpus: 2,
        kernelRelease: '6.12.117+deb12-amd64',
        stampQuantumNs: 1,
      });
      expect(facts.originNs % 1e9).toBe(0);
    });
  }

  it('gives functions their modules and every return its function', async () => {
    const { rows } = await readDat(readFixture('trace-dat/graph.v7-zstd.dat'));
    const names = new Set(rows.filter((row) => row.kind === RecordKind.Exit).map((row) => row.name));
    expect([...names].sort()).toEqual([
      '__free_zspage',
      '__slab_free',
      '_raw_spin_lock',
      '_raw_spin_unlock',
      'free_zspage',
      'kmem_cache_free',
      'zram_free_page [zram]',
      'zram_slot_free_notify [zram]',
      'zs_free',
    ]);
  });

  for (const [dat, report] of [
    ['events.dat.gz', 'events.report-t.txt.gz'],
    ['graph.dat.gz', null],
  ] as const) {
    it.skipIf(!existsSync(`${SHARED}/${dat}`))(`the whole ${dat}`, async () => {
      const bytes = readTrace(`${SHARED}/${dat}`);
      if (report !== null) {
        await expectAgreement(bytes, readTrace(`${SHARED}/${report}`));
        return;
      }
      const { facts, diagnostics } = await readDat(bytes);
      expect(diagnostics.list()).toEqual([]);
      expect(facts.lines).toBe(24_958);
      expect(facts.understoodLines).toBe(facts.lines);
    });
  }
});
