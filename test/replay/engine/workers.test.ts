import { describe, expect, it } from 'vitest';
import { preemptionById } from '../../../src/model/preemption.ts';
import type { QueueDeclaration } from '../../../src/model/steps.ts';
import { preemptionShownBy } from '../../../src/replay/cpu-sharing.ts';
import { Machine, type MachineResult, WHERE_WOKEN } from '../../../src/replay/engine/machine.ts';
import { type Scheduling, Turns, USUAL_SCHEDULING } from '../../../src/replay/engine/scheduling.ts';
import { constant, FREE_TIMES, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

const MS = 1e6;

/**
 * Tasks that put 10 handles each into buffers of 4, at 1 ms each; the worker takes 3 ms for a handle, a
 * task 2 ms where the buffer is full. Turns last 1 ms, ticks come at 4.5, 8.5, ... ms.
 */
function run(
  queue: Partial<QueueDeclaration>,
  scheduling: Partial<Scheduling> = {},
  cpus = 1,
): MachineResult {
  const kernel = kernelOf({
    queues: {
      later: {
        per: 'cpu',
        entries: 4,
        buffers: 0,
        worker: 'bound',
        wakes: 'when-full',
        drain: 'free',
        ...queue,
      },
    },
    paths: {
      put: [
        { do: 'work', what: '', cost: 'put' },
        { do: 'enqueue', queue: 'later', full: [{ do: 'work', what: '', cost: 'at once' }] },
      ],
      free: [{ do: 'work', what: '', cost: 'free' }],
    },
  });
  const costs = { put: constant(MS), 'at once': constant(2 * MS), free: constant(3 * MS) };
  return new Machine(
    runOf(kernel, [taskOf(0, new Float64Array(10))], {
      cpus,
      costs,
      workerCpu: WHERE_WOKEN,
      times: { ...FREE_TIMES, sliceNs: MS },
      scheduling: { ...USUAL_SCHEDULING, firstTickNs: 0.5 * MS, pullNs: 100 * MS, ...scheduling },
    }),
  ).run();
}

const endMs = (result: MachineResult) => result.taskEndNs[0]! / MS;

describe('workers', () => {
  it('bound: the task of the CPU waits for a whole buffer', () => {
    const result = run({});
    // The slice of the task is over when its buffer is full: the worker comes at once. It makes room behind
    // the buffer, before it has seen that there is no more, and has to wait for the tick of 20.5 ms.
    expect(endMs(result)).toBe(4 + 12 + 4 + 3 + 12 + 1);
    expect(result.queues[0]).toMatchObject({ queued: 9, overflowed: 1, drained: 8, leftOver: 1 });
  });

  it('bound: frees are synchronous until the worker has the CPU', () => {
    const result = run({}, { operationsAtOnce: 5 });
    // The fifth goes on at once, for the task offers its CPU behind it; then four more, and the tenth.
    expect(result.queues[0]).toMatchObject({ overflowed: 2, queued: 8, leftOver: 0 });
    expect(endMs(result)).toBe(4 + 3 + 12 + 4 + 3);
  });

  it('a spare buffer takes what comes until then', () => {
    const result = run({ buffers: 1 }, { operationsAtOnce: 5 });
    expect(result.queues[0]).toMatchObject({ overflowed: 0 });
    expect(endMs(result)).toBe(5 + 12 + 5);
  });

  it('a bound worker stays, and an idle CPU takes the task away from it', () => {
    const result = run({}, { pullNs: 2 * MS }, 2);
    // There it has another buffer, which is full before the worker is done with the first.
    expect(endMs(result)).toBe(4 + 2 + 4 + 2 * 3);
    expect(result.queues[0]).toMatchObject({ overflowed: 2, drained: 8 });
  });

  it('unbound: on an idle CPU if there is one, else where the work was queued', () => {
    // The second buffer is full before the worker is done with the first.
    expect(endMs(run({ worker: 'unbound' }, {}, 2))).toBe(8 + 2 * 3);
    expect(endMs(run({ worker: 'unbound', buffers: 2 }, {}, 2))).toBe(10);
    expect(endMs(run({ worker: 'thread' }, {}, 1))).toBe(endMs(run({})));
  });

  it('who offers its CPU behind each handle, or may be preempted there, shares it', () => {
    const whole = endMs(run({}));
    const offered = endMs(run({ offersCpu: true }));
    expect(offered).toBeLessThan(whole);
    expect(endMs(run({}, { preemption: preemptionById('full') }))).toBe(offered);
    expect(endMs(run({}, { preemption: preemptionById('voluntary') }))).toBe(whole);
  });

  it('is woken once for what is queued while it is awake', () => {
    const result = run({ per: 'pool', entries: 100, wakes: 'at-once' });
    expect(result.queues[0]).toMatchObject({ queued: 10, drained: 10, leftOver: 0, overflowed: 0 });
  });
});

describe('turns', () => {
  const turns = (id: string, tickNs = 4) =>
    new Turns({ ...USUAL_SCHEDULING, tickNs, firstTickNs: 1, preemption: preemptionById(id) }, 1.5);

  it('a slice ends at a tick when others wait from the beginning', () => {
    expect(turns('none').nextFor(0, 0)).toBe(5);
    expect(turns('none').nextFor(5, 5)).toBe(9);
  });

  it('who wakes up when a slice is over goes at once, who wakes up within one waits for a tick', () => {
    expect(turns('none').nextFor(0, 2)).toBe(2);
    // At the tick of 5 the slice began anew.
    expect(turns('none').nextFor(0, 6)).toBe(9);
    expect(turns('none').nextFor(0, 6.5)).toBe(6.5);
    expect(turns('none').nextFor(0, 41 + 1)).toBe(45);
  });

  it('ticks that are shorter than a slice', () => {
    // Ticks at 1, 2, 3, ...: the slice of 1.5 is over at each second one.
    expect(turns('none', 1).nextFor(0, 0)).toBe(2);
    expect(turns('none', 1).nextFor(0, 2.25)).toBe(4);
  });

  it('lazy: from the next tick on', () => {
    expect(turns('lazy').nextFor(0, 2)).toBe(5);
    expect(turns('lazy').nextFor(0, 0)).toBe(9);
  });
});

describe('preemption of the recorded kernel', () => {
  it('is told by functions that only some models have', () => {
    const shown = (...names: string[]) => preemptionShownBy((name) => names.includes(name))?.id;
    expect(shown('__cond_resched')).toBe('none');
    expect(shown('preempt_schedule_irq')).toBe('full');
    expect(shown('zs_free')).toBeUndefined();
    expect(() => preemptionById('some')).toThrow(RangeError);
  });
});
