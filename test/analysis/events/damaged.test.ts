import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../../src/analysis/result.ts';
import { summarise } from '../../../src/report/summary.ts';
import { analyseEvents, eventText } from './analyse-events.ts';

const TEXTS = [
  'p: (f+0x4/0x90) x=1',
  'r: (c+0x2/0x8 <- f)',
  'k: (ffffffffa6637834)',
  'kr: (ffffffffa6637834 <- ffffffffc056977a)',
  'pl: (mutex_lock+0x4/0x90) lock=0xff11',
  'rl: (c+0x2/0x8 <- mutex_lock)',
  'pu: (mutex_unlock+0x4/0x90) lock=0xff11',
  'contention_begin: 0xff11aa00bb22 (flags=SPIN)',
  'contention_end: 0xff11aa00bb22 (ret=0)',
  'irq_handler_entry: irq=24 name=virtio0',
  'irq_handler_exit: irq=24 ret=handled',
  'softirq_entry: vec=1 [action=TIMER]',
  'softirq_exit: vec=1 [action=TIMER]',
  'sys_enter_read: fd: 0x3',
  'sys_exit_read: 0x0',
  'sched_switch: prev_comm=a prev_pid=1 prev_prio=120 prev_state=R ==> next_comm=b next_pid=2 next_prio=120',
  'sched_switch: prev_comm=b prev_pid=2 prev_prio=120 prev_state=D ==> next_comm=a next_pid=1 next_prio=120',
  'sched_waking: comm=b pid=2 prio=120 target_cpu=000',
  'f <-g',
  '<stack trace>\n=> native_queued_spin_lock_slowpath\n=> _raw_spin_lock\n=> zs_free',
];

/** No number in a result is negative or not a number, whatever the trace. */
function expectSane(value: unknown, at = ''): void {
  if (typeof value === 'number') {
    expect(Number.isFinite(value), at).toBe(true);
    if (at.endsWith('Ns') || at.endsWith('hare')) expect(value, at).toBeGreaterThanOrEqual(0);
  } else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) expectSane(inner, `${at}.${key}`);
  }
}

function expectLawful(result: AnalysisResult): void {
  expectSane(result);
  for (const row of result.functions) {
    if (row.totalNs === null) continue;
    expect(row.selfNs!, row.name).toBeLessThanOrEqual(row.meanNs! * row.calls + 1);
  }
  for (const row of result.locks) {
    expect(row.contended).toBeLessThanOrEqual(row.acquisitions);
    const blamed = row.blockedBy.reduce((sum, b) => sum + b.waitNs, 0);
    expect(blamed).toBeLessThanOrEqual(row.wait.totalNs + 1);
  }
  expect(summarise(result).length).toBeGreaterThan(0);
}

describe('any order of events', () => {
  const line = fc.tuple(
    fc.integer({ min: -5, max: 40 }),
    fc.nat({ max: 1 }),
    fc.constantFrom('a-1', 'b-2', 'c-3'),
    fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...TEXTS) },
      { weight: 1, arbitrary: fc.constant('lost') },
    ),
  );

  it('gives numbers that make sense', () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 150 }),
        fc.integer({ min: 1, max: 40 }),
        (list, capacity) => {
          let us = 1000;
          const text = list
            .map(([after, cpu, task, what]) => {
              us += after;
              return what === 'lost' ? `lost ${cpu}` : `${us} ${cpu} ${task} ${what}`;
            })
            .join('\n');
          expectLawful(analyseEvents(eventText(text), {}, capacity));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes texts that are damaged', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(...TEXTS.slice(0, 18)), fc.nat({ max: 90 }), fc.string({ maxLength: 6 })),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        (list) => {
          const text = list
            .map(([what, cut, garbage], i) => {
              const at = what.indexOf(':') + 1 + cut;
              const damaged = `${what.slice(0, at)}${garbage.replace(/[^\x20-\x7e]/g, '?')}${what.slice(at + 2)}`;
              return `${1000 + i * 3} 0 a-1 ${damaged}`;
            })
            .join('\n');
          expectLawful(analyseEvents(eventText(text)));
        },
      ),
      { numRuns: 300 },
    );
  });
});
