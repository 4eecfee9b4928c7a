import { describe, expect, it } from 'vitest';
import type { Exclusions } from '../../src/analysis/call-stacks.ts';
import { analyse } from './analyse.ts';
import { banner, kernelText } from './kernel-text.ts';

const NONE: Exclusions = { irq: false, softirq: false, offCpu: false };

/** `name total self` of every function, in us. */
function rowsWith(text: string, exclude: Partial<Exclusions>): string[] {
  return analyse(text, { exclude: { ...NONE, ...exclude } })
    .functions.map((row) => `${row.name} ${row.totalNs! / 1000} ${row.selfNs! / 1000}`)
    .sort();
}

describe('interrupts', () => {
  const text = kernelText(`
        0 -      | f() {
        0 -      |   g() {
        0 -      |     __sysvec_apic_timer_interrupt() {
        0 3.000  |       hrtimer_interrupt();
        0 4.000  |     }
        0 -      |     irq_exit_rcu() {
        0 5.000  |       handle_softirqs();
        0 6.000  |     }
        0 15.000 |   }
        0 20.000 | }`);
  const row = (name: string) => analyse(text).functions.find((f) => f.name === name)!;

  it('are counted with every call that they interrupted', () => {
    expect([row('g').irqNs, row('g').softirqNs]).toEqual([5000, 5000]);
    expect([row('f').irqNs, row('f').softirqNs]).toEqual([5000, 5000]);
  });

  it('stay in, unless they are to be taken out', () => {
    expect(rowsWith(text, {})).toContain('f 20 5');
    expect(rowsWith(text, {})).toContain('g 15 5');
  });

  it('are taken out of the calls that they interrupted, hard and soft ones apart', () => {
    expect(rowsWith(text, { irq: true })).toEqual(expect.arrayContaining(['f 15 5', 'g 10 5']));
    expect(rowsWith(text, { softirq: true })).toEqual(expect.arrayContaining(['f 15 5', 'g 10 5']));
    expect(rowsWith(text, { irq: true, softirq: true })).toEqual(expect.arrayContaining(['f 10 5', 'g 5 5']));
  });

  it('that are told by events only are taken out of self time, too', () => {
    const events = kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000105 0 a-101 -      |   /* irq_handler_entry: irq=7 name=timer */
        1.000109 0 a-101 -      |   /* irq_handler_exit: irq=7 ret=handled */
        1.000120 0 a-101 20.000 | }`);
    expect(rowsWith(events, {})).toEqual(['f 20 20']);
    expect(rowsWith(events, { irq: true })).toEqual(['f 16 16']);
    expect(rowsWith(events, { softirq: true })).toEqual(['f 20 20']);
  });
});

describe('time scheduled out', () => {
  const slept = (schedule: string) =>
    kernelText(`
        0 -      | f() {
        0 1.000  |   g();
${schedule}
        0 20.000 | }`);

  it.each([
    ['on one line', '        0 15.000 |   schedule();'],
    [
      'over several lines',
      '        0 - |   schedule() {\n        0 1.000 |     h();\n        0 15.000 |   }',
    ],
  ])('in schedule() %s is taken out of it and of its callers', (_, schedule) => {
    expect(rowsWith(slept(schedule), {})).toEqual(expect.arrayContaining(['f 20 4']));
    const rows = rowsWith(slept(schedule), { offCpu: true });
    expect(rows).toContain('f 5 4');
    expect(rows.find((row) => row.startsWith('schedule '))).toMatch(/^schedule 0 /);
  });

  it('is told by sched_switch events where they are', () => {
    const text = kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000105 0 a-101 -      |   /* sched_switch: prev_comm=a prev_pid=101 prev_prio=120 prev_state=S ==> next_comm=b next_pid=102 next_prio=120 */
${banner(0, 'a-101', 'b-102')}
        1.000110 0 b-102 2.000  | g();
        1.000125 0 b-102 -      | /* sched_switch: prev_comm=b prev_pid=102 prev_prio=120 prev_state=S ==> next_comm=a next_pid=101 next_prio=120 */
${banner(0, 'b-102', 'a-101')}
        1.000140 0 a-101 40.000 | }`);
    expect(analyse(text).functions.find((row) => row.name === 'f')!.offCpuNs).toBe(20_000);
    expect(rowsWith(text, { offCpu: true })).toEqual(['f 20 20', 'g 2 2']);
  });
});
