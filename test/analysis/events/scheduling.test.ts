import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyseEvents, eventText } from './analyse-events.ts';

const change = (us: number, cpu: number, prev: number, state: string, next: number) =>
  `${us} ${cpu} t-${prev} sched_switch: prev_comm=t prev_pid=${prev} prev_prio=120 prev_state=${state} ==> next_comm=t next_pid=${next} next_prio=120`;
const analysed = (lines: readonly string[]) => analyseEvents(eventText(lines.join('\n'))).scheduling!;

describe('sched_switch', () => {
  it('tells on-CPU, preempted and sleeping time, and the latency of wake-ups', () => {
    const { tasks, cpus } = analysed([
      change(100, 0, 0, 'R', 1),
      change(140, 0, 1, 'R+', 2),
      change(150, 0, 2, 'S', 1),
      change(190, 0, 1, 'D', 0),
      '200 1 x-9 sched_waking: comm=t pid=2 prio=120 target_cpu=000',
      '201 1 x-9 sched_wakeup: comm=t pid=2 prio=120 target_cpu=000',
      change(203, 0, 0, 'R', 2),
      '210 1 x-9 sched_wakeup: comm=t pid=1 prio=120 target_cpu=000',
      change(233, 0, 2, 'S', 1),
    ]);
    const row = (pid: number) => tasks.find((task) => task.task === `t-${pid}`)!;
    expect(row(1)).toMatchObject({
      onCpuNs: 80_000,
      preemptedNs: 10_000,
      sleepingNs: 0,
      blockedNs: 43_000,
      switches: 2,
      preemptions: 1,
    });
    expect(row(2)).toMatchObject({ onCpuNs: 40_000, preemptedNs: 0, sleepingNs: 53_000, switches: 2 });
    expect(row(2).wakeLatency).toMatchObject({ count: 1, totalNs: 3000 });
    expect(row(1).wakeLatency).toMatchObject({ count: 1, totalNs: 23_000 });
    expect(cpus).toEqual([{ cpu: 0, seenNs: 133_000, idleNs: 13_000, idleShare: 13 / 133, switches: 6 }]);
  });

  it("is read in the form of trace-cmd's plugin", () => {
    const { tasks } = analysed([
      '100 0 a-1 sched_switch: a:1 [120] R ==> b:2 [120]',
      '150 0 b-2 sched_switch: b:2 [120] S ==> a:1 [120]',
    ]);
    expect(tasks.map((row) => [row.task, row.onCpuNs, row.preemptedNs])).toEqual([
      ['b-2', 50_000, 0],
      ['a-1', 0, 50_000],
    ]);
  });

  it('is not read across lost records', () => {
    const { tasks, cpus } = analysed([
      change(100, 0, 0, 'R', 1),
      change(110, 0, 1, 'S', 0),
      'lost 0',
      change(500, 0, 1, 'S', 0),
      change(510, 0, 0, 'R', 1),
    ]);
    expect(cpus[0]).toMatchObject({ seenNs: 20_000, idleNs: 10_000 });
    expect(tasks[0]).toMatchObject({ onCpuNs: 10_000, sleepingNs: 10_000 });
  });

  it('adds up: tasks and idle time on each CPU are its time, and a task is on or off its CPU', () => {
    const step = fc.record({
      cpu: fc.nat({ max: 3 }),
      after: fc.integer({ min: 1, max: 500 }),
      next: fc.nat({ max: 6 }),
      state: fc.constantFrom('R', 'R+', 'S', 'D', 'I'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 120 }), (steps) => {
        const running = [0, 0, 0, 0];
        const seen: number[][] = [[], [], [], []];
        const lines: string[] = [];
        const away = new Map<number, number>();
        const offUs = new Map<number, number>();
        let us = 0;
        for (const { cpu, after, next, state } of steps) {
          us += after;
          // A task runs on one CPU at a time.
          if (next === running[cpu] || (next > 0 && running.includes(next))) continue;
          lines.push(change(us, cpu, running[cpu]!, state, next));
          if (running[cpu]! > 0) away.set(running[cpu]!, us);
          if (away.has(next)) offUs.set(next, (offUs.get(next) ?? 0) + us - away.get(next)!);
          away.delete(next);
          running[cpu] = next;
          seen[cpu]!.push(us);
        }
        if (lines.length === 0) return;
        const { tasks, cpus } = analysed(lines);
        const wall = seen.map((list) => (list.length > 0 ? (list.at(-1)! - list[0]!) * 1000 : 0));
        for (const row of cpus) expect(row.seenNs).toBe(wall[row.cpu]);
        const onCpu = tasks.reduce((sum, row) => sum + row.onCpuNs, 0);
        const idle = cpus.reduce((sum, row) => sum + row.idleNs, 0);
        expect(onCpu + idle).toBe(wall.reduce((sum, ns) => sum + ns, 0));
        for (const row of tasks) {
          const pid = Number(row.task.split('-')[1]);
          expect(row.preemptedNs + row.sleepingNs + row.blockedNs).toBe((offUs.get(pid) ?? 0) * 1000);
        }
      }),
      { numRuns: 200 },
    );
  });
});
