import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IaaSetup } from '../../../src/model/iaa/devices.ts';
import { piecesNs } from '../../../src/model/iaa/pieces.ts';
import type { KernelModel, Step } from '../../../src/model/steps.ts';
import { COST_QUANTILES, Machine, type MachineRun } from '../../../src/replay/engine/machine.ts';
import { constant, generator, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';
import { referenceRun } from '../../reference/machine-reference.ts';

const work = (cost: string): Step => ({ do: 'work', what: '', cost });
const SUBMIT: Step = { do: 'submit', what: 'page', cost: 'engine' };
const COLLECT: Step = { do: 'collect', what: 'page' };
const pages = (...steps: Step[]): Step => ({ do: 'each-page', steps });

function setup(more: Partial<IaaSetup> = {}): IaaSetup {
  return {
    packages: 1,
    devicesPerPackage: 1,
    enginesPerDevice: 2,
    queueEntries: 128,
    cpusPerPackage: 4,
    spread: 'cpu',
    ...more,
  };
}

/** Batches of 8: the work of submission 10, of an engine 100, of completion 1. */
const BATCHES = kernelOf({
  paths: {
    store: [
      {
        do: 'each-batch',
        size: 8,
        steps: [pages(work('submit'), SUBMIT), pages(COLLECT, work('complete'))],
      },
    ],
  },
});
const COSTS = { submit: constant(10), engine: constant(100), complete: constant(1) };

function folio(count: number, cpu = 0) {
  return taskOf(cpu, new Float64Array(count), {
    pages: Int32Array.from({ length: count }, (_, k) => (k === 0 ? count : 0)),
  });
}

describe('devices', () => {
  it('serve a batch side by side: engines, then the rest', () => {
    const devices = { setup: setup(), completion: { kind: 'poll' as const } };
    const result = new Machine(runOf(BATCHES, [folio(4)], { costs: COSTS, devices })).run();
    // Submitted at 10, 20, 30, 40; two engines: done at 110, 120, 210, 220.
    expect(result.latencySumNs[0]).toBe(221);
    expect(result.devices).toMatchObject({ descriptors: 4, busyNs: 400, queueFullNs: 0 });
    // The third is done at 210, the fourth at 220: they wait from 30 and 40 for an engine.
    expect(result.devices!.waitedNs).toBe(80 + 80);
    expect(result.devices!.utilisation).toBeCloseTo(400 / (2 * 221), 10);
  });

  it('of one engine and one queue entry: whoever submits tries until there is room', () => {
    const devices = {
      setup: setup({ enginesPerDevice: 1, queueEntries: 1 }),
      completion: { kind: 'poll' as const },
    };
    const result = new Machine(runOf(BATCHES, [folio(3)], { costs: COSTS, devices })).run();
    // At 10; 20 waits for 110; 120 for 210: done at 110, 210, 310.
    expect(result.latencySumNs[0]).toBe(311);
    expect(result.devices).toMatchObject({ waitedNs: 0, queueFullNs: 180 });
    expect(result.spinNs).toBe(180 + result.devices!.collectNs);
  });

  it('with interrupts leave the CPU to another task', () => {
    const run = (completion: { kind: 'poll' } | { kind: 'interrupt'; wakeNs: number }) =>
      new Machine(
        runOf(BATCHES, [folio(1), folio(1)], {
          costs: { ...COSTS, engine: constant(100_000) },
          devices: { setup: setup(), completion },
          times: {
            lineHitNs: 0,
            lineTransferNs: 0,
            handOffOneNs: 0,
            handOffManyNs: 0,
            wakeNs: 0,
            contextSwitchNs: 7,
            sliceNs: 1e6,
          },
        }),
      ).run();
    expect(run({ kind: 'poll' }).endNs).toBe(2 * 100_011 + 7);
    const { endNs, spinNs } = run({ kind: 'interrupt', wakeNs: 1000 });
    expect(endNs).toBeLessThan(102_000);
    expect(spinNs).toBeGreaterThan(0);
  });

  it('take what the closed form of pieces says', () => {
    const costs = { callNs: 2000, submitNs: 100, completeNs: 50, engineFixedNs: 400, engineKibNs: 400 };
    const kernel = kernelOf({
      paths: { store: [work('call'), pages(work('submit'), SUBMIT), pages(COLLECT, work('complete'))] },
    });
    for (const engines of [1, 3, 8]) {
      const run = runOf(kernel, [folio(8)], {
        costs: {
          call: constant(2000),
          submit: constant(100),
          engine: constant(2000),
          complete: constant(50),
        },
        devices: { setup: setup({ enginesPerDevice: engines }), completion: { kind: 'poll' } },
      });
      expect(new Machine(run).run().latencySumNs[0]).toBe(piecesNs(costs, { kib: 32, pieces: 8, engines }));
    }
  });

  it('are wanted where a path uses them', () => {
    expect(() => new Machine(runOf(BATCHES, [folio(1)], { costs: COSTS })).run()).toThrow('no devices');
  });

  it('agree with the obvious machine, to the last bit', () => {
    const locks: KernelModel['locks'] = {
      context: { kind: 'mutex', per: 'cpu' },
      list: { kind: 'qspinlock', per: 'pool' },
    };
    const held = (lock: string, ...steps: Step[]): Step[] => [
      { do: 'lock', lock },
      ...steps,
      { do: 'unlock', lock },
    ];
    const arbitrary = fc.record({
      batch: fc.integer({ min: 1, max: 9 }),
      packages: fc.integer({ min: 1, max: 2 }),
      devicesPerPackage: fc.integer({ min: 1, max: 3 }),
      enginesPerDevice: fc.integer({ min: 1, max: 3 }),
      queueEntries: fc.integer({ min: 1, max: 6 }),
      spread: fc.constantFrom('cpu' as const, 'round-robin' as const),
      wakeNs: fc.constantFrom(-1, 0, 700, 30_000),
      order: fc.boolean(),
      tasks: fc.integer({ min: 1, max: 5 }),
      operations: fc.integer({ min: 0, max: 5 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(arbitrary, ({ batch, wakeNs, order, tasks, operations, seed, ...device }) => {
        const inTurn: Step = {
          do: 'each-page',
          ...(order ? { order: 'two-largest-first' } : {}),
          steps: [work('submit'), SUBMIT],
        };
        const kernel = kernelOf({
          locks,
          paths: {
            store: [
              work('enter'),
              {
                do: 'each-batch',
                size: batch,
                steps: [
                  ...held('context', inTurn, pages(COLLECT, work('complete'))),
                  pages(...held('list', work('list'))),
                ],
              },
            ],
          },
        });
        const make = (): MachineRun => {
          const random = generator(seed);
          const streams = Array.from({ length: tasks }, () => {
            const sizes = Array.from({ length: operations }, () => 1 + Math.floor(random() * 12));
            const rows = sizes.flatMap((size) =>
              Array.from({ length: size }, (_, k) => (k === 0 ? size : 0)),
            );
            const thinkNs = Float64Array.from(rows, () => Math.floor(random() * 3000));
            return taskOf(Math.floor(random() * 4), thinkNs, {
              pages: Int32Array.from(rows),
              sizeClass: Int32Array.from(rows, () => Math.floor(random() * 5)),
            });
          });
          const costs = Object.fromEntries(
            ['enter', 'submit', 'engine', 'complete', 'list'].map((name) => [
              name,
              Float64Array.from({ length: COST_QUANTILES }, () => Math.floor(random() * 900)).sort(),
            ]),
          );
          const completion = wakeNs < 0 ? { kind: 'poll' as const } : { kind: 'interrupt' as const, wakeNs };
          return runOf(kernel, streams, {
            costs,
            cpus: 4,
            devices: { setup: { ...device, cpusPerPackage: 4 / device.packages }, completion },
            seed,
          });
        };
        const fast = new Machine(make()).run();
        const slow = referenceRun(make());
        expect([...fast.taskEndNs]).toEqual(slow.taskEndNs);
        for (const { name, acquisitions, contended, waitNs, holdNs } of fast.locks)
          expect({ acquisitions, contended, waitNs, holdNs }).toEqual(slow.locks[name]);
        slow.durations.forEach((durations, path) => {
          expect(fast.latencySumNs[path]).toBe(durations.reduce((sum, ns) => sum + ns, 0));
        });
      }),
      { numRuns: 200 },
    );
  });
});
