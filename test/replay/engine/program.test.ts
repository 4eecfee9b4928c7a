import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketFloor, bucketOf, Machine } from '../../../src/replay/engine/machine.ts';
import { compile } from '../../../src/replay/engine/program.ts';
import { kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

describe('buckets', () => {
  it('hold what they say', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 45, noNaN: true }), (ns) => {
        const bucket = bucketOf(ns);
        expect(bucketFloor(bucket)).toBeLessThanOrEqual(ns);
        expect(bucketFloor(bucket + 1)).toBeGreaterThan(ns);
      }),
    );
  });

  it('rise, and end at the last', () => {
    let last = -1;
    for (let ns = 0; ns < 1e5; ns++) {
      expect(bucketOf(ns)).toBeGreaterThanOrEqual(last);
      last = bucketOf(ns);
    }
    expect(bucketOf(2 ** 60)).toBe(16 * 48 - 1);
  });
});

describe('compile', () => {
  it.each([
    [{ paths: { p: [{ do: 'lock', lock: 'none' }] } }, /test: no lock none/],
    [{ paths: { p: [{ do: 'atomic', what: '', line: 'none' }] } }, /no line none/],
    [{ paths: { p: [{ do: 'enqueue', queue: 'none', full: [] }] } }, /no queue none/],
    [{ paths: { p: [{ do: 'call', path: 'none' }] } }, /no path none/],
    [{ paths: { p: [{ do: 'call', path: 'q' }], q: [{ do: 'call', path: 'p' }] } }, /calls itself/],
  ] as const)('%j is an error', (kernel, message) => {
    expect(() => compile(kernelOf(kernel))).toThrow(RangeError);
    expect(() => compile(kernelOf(kernel))).toThrow(message);
  });

  it('what follows a branch draws the same whether or not it was run', () => {
    const kernel = kernelOf({
      paths: {
        p: [
          { do: 'when', condition: 'no-room', steps: [{ do: 'work', what: '', cost: 'c' }] },
          { do: 'work', what: '', cost: 'c' },
        ],
        q: [{ do: 'work', what: '', cost: 'c' }],
      },
    });
    const { code, entry } = compile(kernel);
    expect(code[entry.get('p')! + 11]).toBe(code[entry.get('q')! + 3]);
  });
});

describe('Machine', () => {
  it('refuses a path that the kernel has not', () => {
    expect(() =>
      new Machine(runOf(kernelOf({ paths: { p: [] } }), [], { cpus: 1, paths: ['q'] })).run(),
    ).toThrow(/no path q/);
  });

  it('finds a lock that nobody gives back', () => {
    const kernel = kernelOf({
      locks: { lock: { kind: 'qspinlock', per: 'pool' } },
      paths: { p: [{ do: 'lock', lock: 'lock' }] },
    });
    expect(() => new Machine(runOf(kernel, [taskOf(0, Float64Array.of(1))])).run()).toThrow(/is held/);
  });

  it('finds tasks that wait for each other', () => {
    const kernel = kernelOf({
      locks: { lock: { kind: 'qspinlock', per: 'pool' } },
      paths: { p: [{ do: 'lock', lock: 'lock' }] },
    });
    const tasks = [0, 1].map((cpu) => taskOf(cpu, Float64Array.of(1)));
    expect(() => new Machine(runOf(kernel, tasks)).run()).toThrow(/nothing can wake/);
  });
});
