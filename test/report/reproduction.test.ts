import { beforeAll, describe, expect, it } from 'vitest';
import { type Reproduction, reproduce } from '../../src/replay/reproduce/reproduce.ts';
import { renderMail } from '../../src/report/mail/mail.ts';
import { renderMarkdown } from '../../src/report/mail/markdown.ts';
import { reproductionDocument } from '../../src/report/mail/reproduction-document.ts';
import { renderReproduction } from '../../src/report/reproduction.ts';

const TOOL = { name: 'trace-replay', version: '0', command: 'trace-replay reproduce --format mail' };
let result: Reproduction;
beforeAll(() => {
  result = reproduce({ seed: 1, effort: 0.02 });
});

describe('a reproduction', () => {
  it('as mail fits, and has the errors of both parts first', () => {
    const mail = renderMail(reproductionDocument(result, TOOL), 'usual');
    const lines = mail.split('\n');
    expect(lines.length).toBeLessThanOrEqual(61);
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{0,72}$/);
    expect(mail.indexOf('Errors of held-out rows')).toBeLessThan(mail.indexOf('Freeing, held-out rows'));
    expect(mail).toContain('not a blind prediction');
    expect(mail).toMatch(/\$ trace-replay reproduce --format mail\n$/);
    expect(renderMail(reproductionDocument(result, TOOL), 'brief').split('\n').length).toBeLessThanOrEqual(
      25,
    );
  });

  it('has every held-out row when all is asked for, and why others have none', () => {
    const all = renderMarkdown(reproductionDocument(result, TOOL), 'full');
    for (const { id, role, part, reason } of result.rows) {
      if (role === 'held-out' && part === 'free') expect(all).toContain(id);
      if (role === 'not-predictable') expect(all).toContain(reason);
    }
    expect(all).toMatch(/by.*16 zram.*read/);
  });

  it('shows errors beside what the published rows leave open', () => {
    const text = renderReproduction(result, TOOL);
    const row = result.storeNoise.find(({ id }) => id === 'byn-by_16-zram_read')!;
    expect(text).toMatch(
      new RegExp(`by_16 zram_read +\\+${row.errorPct.toFixed(1)} .*\\+-${row.openPct.toFixed(1)}$`, 'm'),
    );
    for (const { errorPct, codecPct, zramPct, zramScatterPct, openPct } of result.storeNoise) {
      expect(openPct).toBeGreaterThan(2.5);
      if (codecPct === null) continue;
      // The two parts are the whole error, and zram's scatter alone cannot be more than all of it.
      expect(codecPct + zramPct!).toBeCloseTo(errorPct, 9);
      expect(zramScatterPct!).toBeLessThan(openPct);
    }
  });
});
