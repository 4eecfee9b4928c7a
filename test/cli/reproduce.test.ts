import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

describe('trace-replay reproduce', () => {
  it('prints a table of ASCII for mail, and the same numbers as JSON', () => {
    const text = runCli(['reproduce']);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^[\x20-\x7e\n]*$/);
    for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(72);

    const json = runCli(['reproduce', '--json']);
    expect(json.status).toBe(0);
    const { rows, summary, platforms } = JSON.parse(json.stdout);
    expect(Object.keys(rows[0])).toEqual(
      expect.arrayContaining([
        'id',
        'platform',
        'metric',
        'unit',
        'published',
        'predicted',
        'lo',
        'hi',
        'errorPct',
        'role',
        'reason',
      ]),
    );
    const row = rows.find((candidate: { id: string }) => candidate.id === 'classidx-rpi4-4p');
    expect(text.stdout).toContain(row.predicted.toFixed(1));
    expect(summary.order.pairs).toBeGreaterThan(10);
    expect(platforms.length).toBe(2);
  }, 240_000);

  it('refuses a seed that is no number', () => {
    expect(runCli(['reproduce', '--seed', 'x']).status).toBe(2);
  });
});
