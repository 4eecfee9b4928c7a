import { describe, expect, it } from 'vitest';
import { GateError, gate, gateCondition } from '../../../src/analysis/compare/gates.ts';
import type { Change, FunctionComparison, LockComparison } from '../../../src/analysis/compare/result.ts';

const change = (
  value: number | null,
  lo: number | null,
  hi: number | null,
  difference: number | null,
): Change => ({
  value,
  lo,
  hi,
  difference,
});
const UNKNOWN = change(null, null, null, null);
const zsFree = {
  name: 'zs_free',
  change: {
    median: change(0.2, 0.1, 0.3, 300),
    p99: change(0.2, -0.1, 0.5, 900),
    mean: UNKNOWN,
    total: change(-0.5, -0.6, -0.4, -5e6),
    self: UNKNOWN,
    calls: change(0.02, null, null, 53),
  },
} as unknown as FunctionComparison;
const lock = {
  name: 'class->lock',
  change: { total: change(0.8, 0.2, 1.5, 3e6), hold: { median: change(0, -0.1, 0.1, 0) } },
} as unknown as LockComparison;
const status = (text: string) => gate(gateCondition(text), [zsFree], [lock]).status;

describe('--fail-if', () => {
  it('fails when the figure is beyond the limit and the interval is off no change', () => {
    expect(status('zs_free.median>+10%')).toBe('failed');
    expect(status('zs_free.median>+200ns')).toBe('failed');
    expect(status('zs_free.median > 1us')).toBe('passed');
    expect(status('zs_free.median>25%')).toBe('passed');
    expect(status('zs_free.total<-10%')).toBe('failed');
    expect(status('class->lock.wait>+50%')).toBe('failed');
    expect(status('class->lock.wait>+2.5ms')).toBe('failed');
    expect(status('class->lock.hold-median>5%')).toBe('passed');
  });

  it('does not fail by chance, but does where the figure alone is asked for', () => {
    expect(status('zs_free.p99>+10%')).toBe('not-shown');
    expect(status('zs_free.p99>+10%!')).toBe('failed');
    expect(status('zs_free.calls>+50')).toBe('not-shown');
    expect(status('zs_free.calls>+50!')).toBe('failed');
    expect(status('zs_free.mean>+1%')).toBe('no-data');
  });

  it('does not judge rows that cannot be compared', () => {
    const row = { ...zsFree, verdict: 'not-comparable', reason: 'too few calls' } as FunctionComparison;
    const found = (text: string) => gate(gateCondition(text), [row], []);
    expect(found('zs_free.median>+10%')).toMatchObject({ status: 'no-data', text: 'too few calls' });
    expect(found('zs_free.median>+10%!').status).toBe('failed');
    expect(found('zs_free.median>+90%').status).toBe('passed');
  });

  it('refuses what it cannot read and what is not there', () => {
    for (const text of [
      'zs_free',
      'zs_free>10%',
      'zs_free.p98>1%',
      'zs_free.p99=1%',
      'zs_free.p99>10',
      'zs_free.calls>1us',
    ])
      expect(() => gateCondition(text), text).toThrow(GateError);
    expect(() => status('zs_fre.p99>1%')).toThrow(/no function and no lock/);
    expect(() => status('zs_free.contended>1%')).toThrow(/has no contended/);
  });
});
