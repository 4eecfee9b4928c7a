import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PREEMPTION_MODELS } from '../../../src/model/preemption.ts';
import type { KernelModel, QueueDeclaration, Step } from '../../../src/model/steps.ts';
import { COST_QUANTILES, Machine, type MachineRun } from '../../../src/replay/engine/machine.ts';
import { emptyPool, generator, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';
import { referenceRun } from '../../reference/machine-reference.ts';

const LOCKS: KernelModel['locks'] = {
  sleeping: { kind: 'mutex', per: 'pool' },
  outer: { kind: 'qspinlock', per: 'cluster' },
  slot: { kind: 'bit-spinlock', per: 'slot' },
  tree: { kind: 'qrwlock', per: 'pool' },
  class: { kind: 'qspinlock', per: 'class', dataLines: 1 },
  bit: { kind: 'bit-spinlock', per: 'device' },
};
const NAMES = Object.keys(LOCKS);

const plain: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('work' as const), what: fc.constant(''), cost: fc.constantFrom('a', 'b') }),
  fc.record({ do: fc.constant('atomic' as const), what: fc.constant(''), line: fc.constantFrom('x', 'y') }),
);

/** Sections nest in the order of the locks, so that nothing can deadlock. */
function section(from: number): fc.Arbitrary<readonly Step[]> {
  const body = fc.array(plain, { maxLength: 3 });
  if (from >= NAMES.length) return body;
  return fc
    .tuple(
      fc.integer({ min: from, max: NAMES.length - 1 }).chain((k) =>
        fc.record({
          k: fc.constant(k),
          inside: section(k + 1),
          way: fc.constantFrom('read', 'write', 'try'),
          early: fc.boolean(),
        }),
      ),
      body,
      body,
    )
    .map(([{ k, inside, way, early }, before, behind]): readonly Step[] => {
      const lock = NAMES[k]!;
      if (lock === 'tree' && way !== 'try') {
        const open: Step = { do: way === 'read' ? 'read-lock' : 'write-lock', lock };
        const close: Step = { do: way === 'read' ? 'read-unlock' : 'write-unlock', lock };
        // Hand over hand: the outer lock is let go within the inner section.
        const at = early ? inside.findIndex((step) => step.do === 'lock' || step.do === 'try-lock') + 1 : 0;
        return at > 0 && inside[at - 1]!.do === 'lock'
          ? [...before, open, ...inside.slice(0, at), close, ...inside.slice(at), ...behind]
          : [...before, open, ...inside, close, ...behind];
      }
      if (way === 'try' && lock !== 'sleeping' && lock !== 'tree' && from === 0)
        return [
          ...before,
          { do: 'try-lock', lock, failed: behind },
          ...inside,
          { do: 'unlock', lock },
          ...behind,
        ];
      if (lock === 'tree') return [...before, ...inside, ...behind];
      return [...before, { do: 'lock', lock }, ...inside, { do: 'unlock', lock }, ...behind];
    });
}

const queueOf = (per: 'cpu' | 'pool'): fc.Arbitrary<QueueDeclaration> =>
  fc.record({
    per: fc.constant(per),
    entries: fc.integer({ min: 1, max: 5 }),
    buffers: fc.integer({ min: 0, max: 2 }),
    worker: fc.constantFrom('bound' as const, 'unbound' as const, 'thread' as const),
    offersCpu: fc.boolean(),
    wakes: fc.constant('when-full' as const),
    drain: fc.constantFrom('second', 'runs'),
    classRun: fc.integer({ min: 1, max: 4 }),
    sortsByClass: fc.boolean() as fc.Arbitrary<true>,
  });

interface World {
  /** For who reads a counterexample. */
  readonly size: object;
  readonly kernel: KernelModel;
  readonly make: () => MachineRun;
}

const worlds: fc.Arbitrary<World> = fc
  .record({
    first: section(0),
    second: section(0),
    queue: fc.option(fc.oneof(queueOf('cpu'), queueOf('pool'))),
    cpus: fc.integer({ min: 1, max: 5 }),
    tasks: fc.integer({ min: 1, max: 6 }),
    operations: fc.integer({ min: 0, max: 12 }),
    coarse: fc.boolean(),
    seed: fc.integer(),
    hogs: fc.integer({ min: 0, max: 1 }),
    preemption: fc.constantFrom(...PREEMPTION_MODELS),
    operationsAtOnce: fc.integer({ min: 1, max: 4 }),
  })
  .map(
    ({ first, second, queue, cpus, tasks, operations, coarse, seed, hogs, preemption, operationsAtOnce }) => {
      const enqueue: readonly Step[] = queue
        ? [{ do: 'enqueue', queue: 'later', full: [{ do: 'call', path: 'second' }] }]
        : [];
      const kernel = kernelOf({
        locks: LOCKS,
        lines: ['x', 'y'],
        queues: queue ? { later: queue } : {},
        paths: {
          first: [...first, ...enqueue],
          second,
          runs: [
            { do: 'lock-run', lock: 'class' },
            { do: 'work', what: '', cost: 'a' },
            { do: 'unlock-run', lock: 'class' },
            { do: 'work', what: '', cost: 'b' },
          ],
        },
      });
      const make = () => {
        const random = generator(seed);
        // Coarse times often fall together: ties must be settled the same way everywhere.
        const time = (most: number) => (coarse ? Math.floor(random() * 4) * 10 : random() * most);
        const streams = Array.from({ length: tasks }, () => {
          const thinkNs = Float64Array.from({ length: operations }, () => time(300));
          const whole = (below: number) =>
            Int32Array.from({ length: operations }, () => Math.floor(random() * below));
          return taskOf(Math.floor(random() * cpus), thinkNs, {
            path: Uint8Array.from(whole(2)),
            sizeClass: whole(3),
            slot: Int32Array.from(whole(1200), (slot) => slot - 10),
          });
        });
        const cost = () => Float64Array.from({ length: COST_QUANTILES }, () => time(200)).sort();
        return runOf(kernel, streams, {
          cpus,
          paths: ['first', 'second'],
          workerCpu: Math.floor(random() * (cpus + 1)) - 1,
          seed,
          hogs: new Uint8Array(cpus).fill(0).fill(hogs, 0, 1),
          costs: { a: cost(), b: cost() },
          times: {
            lineHitNs: coarse ? 0 : 6.3,
            lineTransferNs: coarse ? 10 : 51.7,
            handOffOneNs: coarse ? 10 : 61.2,
            handOffManyNs: coarse ? 20 : 94.4,
            wakeNs: coarse ? 0 : 333,
            contextSwitchNs: coarse ? 0 : 77,
            sliceNs: 500,
          },
          scheduling: {
            preemption,
            tickNs: coarse ? 100 + time(600) : 700.3,
            firstTickNs: time(400),
            pullNs: time(2000),
            operationsAtOnce,
          },
        });
      };
      const size = { cpus, tasks, operations, coarse, seed, hogs, preemption, operationsAtOnce };
      return { kernel, size, make };
    },
  );

function bothAgree({ make }: World): void {
  const run = make();
  const fast = new Machine(run).run();
  const slow = referenceRun({ ...make(), pool: emptyPool() });
  expect([...fast.taskEndNs]).toEqual(slow.taskEndNs);
  expect(fast.endNs).toBe(slow.endNs);
  for (const use of fast.locks) {
    const { acquisitions, contended, waitNs, holdNs } = use;
    expect({ name: use.name, acquisitions, contended, waitNs, holdNs }).toEqual({
      name: use.name,
      ...slow.locks[use.name],
    });
    expect(use.queueNs).toBe(waitNs);
  }
  expect([...fast.lineWaitNs]).toEqual(slow.lineWaitNs);
  fast.queues.forEach((use, q) => {
    const { queued, overflowed, leftOver, most } = use;
    expect({ queued, overflowed, leftOver, most }).toEqual(slow.queues[q]);
  });
  slow.durations.forEach((durations, path) => {
    expect(fast.operations[path]).toBe(durations.length);
    expect(fast.latencySumNs[path]).toBe(durations.reduce((sum, ns) => sum + ns, 0));
    expect(fast.latencyMaxNs[path]).toBe(Math.max(0, ...durations));
  });
  // One holder a lock at a time.
  const until = new Map<string, number>();
  for (const { lock, from, to } of slow.holds.sort((a, b) => a.from - b.from || a.to - b.to)) {
    expect(from).toBeGreaterThanOrEqual(until.get(lock) ?? 0);
    until.set(lock, to);
  }
}

describe('the machine agrees with the obvious one to the last bit', () => {
  it('on random programs', () => {
    fc.assert(fc.property(worlds, bothAgree), { numRuns: 400 });
  });

  it('gives the same bytes again', () => {
    fc.assert(
      fc.property(worlds, ({ make }) => {
        expect(new Machine(make()).run()).toEqual(new Machine(make()).run());
      }),
      { numRuns: 50 },
    );
  });
});
