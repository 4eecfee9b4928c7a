import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'codecs-'));
const file = join(folder, 'pages.bin');
writeFileSync(file, Buffer.from(Array.from({ length: 64 * 4096 }, (_, i) => (i * i) >>> (i % 7))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('trace-replay codecs', () => {
  it('prints text for mail, and the same numbers as JSON', () => {
    const text = runCli(['codecs', '--pages', file, '--sample', '16']);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^[\x20-\x7e\n]*$/);
    for (const line of text.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(72);
    // A pipe of a whole file gives what the file gives.
    const json = runCli(['codecs', '--pages', '-', '--sample', '16', '--json'], {
      input: readFileSync(file),
    });
    const survey = JSON.parse(json.stdout);
    expect(survey).toMatchObject({ pages: 16, pagesInInput: 64, backend: 'zram' });
    const zstd = survey.codecs.find(({ codec }: { codec: { id: string } }) => codec.id === 'zstd');
    expect(text.stdout).toContain(zstd.sizes.bytes.mean.toFixed(0));
  }, 60_000);

  it('says in one line what is wrong', () => {
    writeFileSync(join(folder, 'short.bin'), 'x');
    for (const args of [
      ['--sample', '3'],
      ['--pages', join(folder, 'none')],
      ['--pages', join(folder, 'short.bin')],
      ['--pages', file, '--backend', 'floppy'],
    ]) {
      const { status, stderr } = runCli(['codecs', ...args]);
      expect(status).toBe(2);
      expect(stderr.trim()).not.toBe('');
    }
  }, 60_000);
});
