import { describe, expect, it } from 'vitest';
import type { Step } from '../../../src/model/steps.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { constant, FREE_TIMES, generator, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

const SECTION: readonly Step[] = [
  { do: 'lock', lock: 'lock' },
  { do: 'work', what: 'hold', cost: 'hold' },
  { do: 'unlock', lock: 'lock' },
];
const ONE_LOCK = kernelOf({
  locks: { lock: { kind: 'qspinlock', per: 'pool' } },
  paths: { section: SECTION },
});

/** Exponential times, by inversion. */
function exponential(random: () => number, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** Exponential times whose distribution is exact and whose order is random: little noise is left. */
function exponentials(seed: number, count: number, mean: number): Float64Array {
  const random = generator(seed);
  const values = Float64Array.from({ length: count }, (_, k) => -mean * Math.log(1 - (k + 0.5) / count));
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1));
    const kept = values[k]!;
    values[k] = values[other]!;
    values[other] = kept;
  }
  return values.map((ns) => Math.round(ns * 256) / 256);
}

const ARRIVALS = 100_000;
const OPEN_CPUS = 1000;

/** Arrivals of a Poisson stream, each a task of its own, CPUs in turn: nobody waits but for the lock. */
function poisson(betweenNs: number) {
  let t = 0;
  return Array.from(exponentials(17, ARRIVALS, betweenNs), (gap, k) => {
    t += gap;
    return taskOf(k % OPEN_CPUS, Float64Array.of(t));
  });
}

/** Mean wait of an M/G/1 queue (Pollaczek-Khinchine). */
function waitOfMG1(arrivalsPerNs: number, meanNs: number, meanSquareNs: number): number {
  return (arrivalsPerNs * meanSquareNs) / (2 * (1 - arrivalsPerNs * meanNs));
}

describe('a lock as a queue', () => {
  const waitOf = (holds: Float64Array, meanSquareNs: number) => {
    const tasks = poisson(1000);
    const result = new Machine(
      runOf(ONE_LOCK, tasks, {
        cpus: OPEN_CPUS,
        times: FREE_TIMES,
        opCosts: Array.from(holds, (ns) => [Float64Array.of(ns)]),
      }),
    ).run();
    const wait = result.locks[0]!.waitNs / ARRIVALS;
    // The recursion on the same arrivals has no noise; the formula judges both.
    const arrivals = tasks.map((task) => task.thinkNs[0]!);
    expect(wait).toBeCloseTo(lindley(arrivals, holds), 6);
    return wait / waitOfMG1(1 / 1000, 300, meanSquareNs);
  };

  it('M/D/1: the wait of Poisson arrivals for a constant hold', () => {
    const ratio = waitOf(new Float64Array(ARRIVALS).fill(300), 300 ** 2);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
  });

  it('M/M/1: the same with exponential holds', () => {
    const ratio = waitOf(exponentials(5, ARRIVALS, 300), 2 * 300 ** 2);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
  });
});

/** Mean wait in a FIFO queue with one server: w' = max(0, w + hold - gap). */
function lindley(arrivals: readonly number[], holds: Float64Array): number {
  let wait = 0;
  let sum = 0;
  for (let k = 1; k < arrivals.length; k++) {
    wait = Math.max(0, wait + holds[k - 1]! - (arrivals[k]! - arrivals[k - 1]!));
    sum += wait;
  }
  return sum / arrivals.length;
}

/** Throughput of the machine-repairman model: N with mean think Z, one server with mean hold S. */
function machineRepairman(N: number, Z: number, S: number): number {
  // Stationary weights of n at the server: N! / (N - n)! (S / Z)^n.
  const weights = [1];
  for (let n = 1; n <= N; n++) weights.push(weights[n - 1]! * (N - n + 1) * (S / Z));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return (1 - weights[0]! / total) / S;
}

describe('closed loops', () => {
  it.each([
    [2, 1000, 500],
    [4, 600, 200],
    [16, 5000, 300],
  ])('machine-repairman: %i CPUs, think %i, hold %i', (N, Z, S) => {
    const random = generator(3);
    const count = 100_000;
    const tasks = Array.from({ length: N }, (_, cpu) =>
      taskOf(
        cpu,
        Float64Array.from({ length: count }, () => exponential(random, Z)),
      ),
    );
    const opCosts = tasks.map(() => [Float64Array.from({ length: count }, () => exponential(random, S))]);
    const result = new Machine(runOf(ONE_LOCK, tasks, { times: FREE_TIMES, opCosts })).run();
    const throughput = (N * count) / (result.taskEndNs.reduce((sum, end) => sum + end, 0) / N);
    expect(Math.abs(throughput / machineRepairman(N, Z, S) - 1)).toBeLessThan(0.01);
    // Utilisation law: the share of time that the lock is held.
    expect(Math.abs(result.locks[0]!.holdNs / (N * count) / S - 1)).toBeLessThan(0.01);
  });

  it('a line is a server too: D/D/1 with more CPUs than it can serve', () => {
    const kernel = kernelOf({ lines: ['x'], paths: { add: [{ do: 'atomic', what: '', line: 'x' }] } });
    const tasks = Array.from({ length: 8 }, (_, cpu) => taskOf(cpu, new Float64Array(1000).fill(100)));
    const result = new Machine(runOf(kernel, tasks, { times: { ...FREE_TIMES, lineTransferNs: 50 } })).run();
    expect(Math.abs(result.endNs / (8000 * 50) - 1)).toBeLessThan(0.01);
  });
});

describe('fairness', () => {
  const kernel = kernelOf({
    locks: { tree: { kind: 'qrwlock', per: 'pool' } },
    paths: {
      read: [
        { do: 'read-lock', lock: 'tree' },
        { do: 'work', what: '', cost: 'reading' },
        { do: 'read-unlock', lock: 'tree' },
      ],
      write: [
        { do: 'write-lock', lock: 'tree' },
        { do: 'work', what: '', cost: 'writing' },
        { do: 'write-unlock', lock: 'tree' },
      ],
    },
  });
  const at = (cpu: number, ns: number, path: number) =>
    taskOf(cpu, Float64Array.of(ns), { path: Uint8Array.of(path) });

  it('a queued writer blocks later readers, and they go together after it', () => {
    const result = new Machine(
      runOf(kernel, [at(0, 0, 0), at(1, 10, 1), at(2, 20, 0), at(3, 30, 0)], {
        paths: ['read', 'write'],
        times: FREE_TIMES,
        costs: { reading: constant(100), writing: constant(50) },
      }),
    ).run();
    expect([...result.taskEndNs]).toEqual([100, 150, 250, 250]);
  });

  it('a spinlock is handed on in the order of arrival, later the more wait', () => {
    const tasks = [0, 30, 20, 10].map((ns, cpu) => taskOf(cpu, Float64Array.of(ns)));
    const result = new Machine(
      runOf(ONE_LOCK, tasks, {
        times: { ...FREE_TIMES, handOffOneNs: 5, handOffManyNs: 7 },
        costs: { hold: constant(100) },
      }),
    ).run();
    expect([...result.taskEndNs]).toEqual([100, 419, 314, 207]);
  });

  it('who waits for a mutex leaves the CPU to others', () => {
    const sleeping = kernelOf({
      locks: { m: { kind: 'mutex', per: 'pool' } },
      paths: {
        section: [
          { do: 'lock', lock: 'm' },
          { do: 'work', what: '', cost: 'hold' },
          { do: 'unlock', lock: 'm' },
        ],
        other: [{ do: 'work', what: '', cost: 'short' }],
      },
    });
    const result = new Machine(
      runOf(sleeping, [at(0, 0, 0), at(1, 10, 0), at(1, 20, 1)], {
        paths: ['section', 'other'],
        times: FREE_TIMES,
        costs: { hold: constant(1000), short: constant(50) },
      }),
    ).run();
    expect([...result.taskEndNs]).toEqual([1000, 2000, 70]);
  });
});
