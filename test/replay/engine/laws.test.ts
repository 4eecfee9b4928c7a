import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';
import type { KernelModel, LockDeclaration, Step } from '../../../src/model/steps.ts';
import type { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { columnsOf } from '../../../src/replay/engine/columns.ts';
import { eachHasOneHandle } from '../../../src/replay/engine/handles.ts';
import {
  checkHandles,
  checkPages,
  checkTime,
  LawError,
  mustAgree,
  mustNotExceed,
} from '../../../src/replay/engine/laws.ts';
import { Locks } from '../../../src/replay/engine/locks.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { compile } from '../../../src/replay/engine/program.ts';
import { Scheduler } from '../../../src/replay/engine/scheduler.ts';
import { emptyPool, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

describe('two accounts of one thing', () => {
  it.each([
    [1, 1],
    [0, 0],
    [1e12, 1e12 + 1],
  ])('%d agrees with %d', (a, b) => {
    expect(() => mustAgree('law', ['a', a], ['b', b])).not.toThrow();
  });

  it.each([
    [1, 2],
    [0, 1],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('%d breaks a law with %d', (a, b) => {
    expect(() => mustAgree('law', ['one', a], ['other', b])).toThrow(LawError);
    expect(() => mustAgree('law', ['one', a], ['other', b])).toThrow(`law: one ${a}, but other ${b}`);
  });

  it('a bound may be met, not passed', () => {
    expect(() => mustNotExceed('law', ['a', 5], ['b', 5])).not.toThrow();
    expect(() => mustNotExceed('law', ['a', 6], ['b', 5])).toThrow('law: a 6, but b 5');
    expect(() => mustNotExceed('law', ['a', Number.NaN], ['b', 5])).toThrow(LawError);
  });
});

describe('accounts that do not add up', () => {
  const time = {
    cpus: 2,
    endNs: 100,
    stepsNs: 90,
    hogsNs: 20,
    switchesNs: 5,
    spinNs: 15,
    idleNs: 70,
    operationsNs: 105,
    waitedNs: 15,
  };
  const queue = { name: 'later', queued: 8, drained: 6, leftOver: 2 };
  const handles = {
    operations: 20,
    taken: 5,
    put: 10,
    missed: 3,
    queues: [queue],
    inUseBefore: 30,
    inUseAfter: 25,
  };
  const pages = { before: 10, taken: 4, returned: 6, held: 8 };

  it('none of these is broken', () => {
    expect(() => checkTime(time)).not.toThrow();
    expect(() => checkHandles(handles)).not.toThrow();
    expect(() => checkPages(pages)).not.toThrow();
  });

  it.each(['endNs', 'stepsNs', 'hogsNs', 'switchesNs', 'spinNs', 'idleNs'] as const)('%s', (part) => {
    expect(() => checkTime({ ...time, [part]: time[part] + 1 })).toThrow(
      /^CPUs x time = busy \+ wait \+ idle: /,
    );
  });

  it.each(['operationsNs', 'waitedNs'] as const)('%s', (part) => {
    expect(() => checkTime({ ...time, [part]: time[part] + 1 })).toThrow(
      /^time of operations = work \+ waits: /,
    );
  });

  it.each(['operations', 'taken', 'put', 'missed'] as const)('%s', (part) => {
    expect(() => checkHandles({ ...handles, [part]: handles[part] + 1 })).toThrow(
      /^handles in = freed \+ buffered: operations \d+, but handles allocated, freed, missed and buffered \d+$/,
    );
  });

  it('a queue', () => {
    const lost = { ...handles, queues: [{ ...queue, drained: 5 }] };
    expect(() => checkHandles(lost)).toThrow(
      'later: handles in = drained + buffered: queued 8, but drained and left over 7',
    );
  });

  it.each(['inUseBefore', 'inUseAfter'] as const)('%s', (part) => {
    expect(() => checkHandles({ ...handles, [part]: handles[part] + 1 })).toThrow(
      /^objects taken = put back/,
    );
  });

  it.each(['before', 'taken', 'returned', 'held'] as const)('pages: %s', (part) => {
    expect(() => checkPages({ ...pages, [part]: pages[part] + 1 })).toThrow(
      /^pages taken = returned \+ held: /,
    );
  });
});

describe('step lists that break a law', () => {
  const spin: LockDeclaration = { kind: 'qspinlock', per: 'pool' };
  const tree: LockDeclaration = { kind: 'qrwlock', per: 'pool' };
  const run = (steps: readonly Step[], cpus = 1) =>
    new Machine(
      runOf(
        kernelOf({ locks: { spin, tree, sleeping: { kind: 'mutex', per: 'pool' } }, paths: { p: steps } }),
        Array.from({ length: cpus }, (_, cpu) => taskOf(cpu, Float64Array.of(10, 10))),
      ),
    ).run();

  it('a lock is given back that nobody holds', () => {
    expect(() => run([{ do: 'unlock', lock: 'spin' }])).toThrow(
      'spin: one holder at a time: CPU 0 releases it, but nobody holds it',
    );
    expect(() => run([{ do: 'unlock', lock: 'sleeping' }])).toThrow(/sleeping: one holder/);
  });

  it('twice', () => {
    const steps: Step[] = [
      { do: 'lock', lock: 'spin' },
      { do: 'unlock', lock: 'spin' },
      { do: 'unlock', lock: 'spin' },
    ];
    expect(() => run(steps)).toThrow(LawError);
  });

  it('by somebody else', () => {
    // CPU 0 keeps the lock after its first operation; CPU 1 has a class of its own and gives it back.
    const kernel = kernelOf({
      locks: { spin },
      paths: { takes: [{ do: 'lock', lock: 'spin' }], gives: [{ do: 'unlock', lock: 'spin' }] },
    });
    const tasks = [
      taskOf(0, Float64Array.of(10)),
      taskOf(1, Float64Array.of(500), { path: Uint8Array.of(1) }),
    ];
    expect(() => new Machine(runOf(kernel, tasks, { paths: ['takes', 'gives'] })).run()).toThrow(
      'spin: one holder at a time: CPU 1 releases it, but CPU 0 holds it',
    );
  });

  it.each(['read', 'write'] as const)('a %s lock that nobody holds', (way) => {
    const steps: Step[] = [
      { do: `${way}-unlock`, lock: 'tree' },
      { do: 'write-lock', lock: 'tree' },
      { do: 'write-unlock', lock: 'tree' },
    ];
    expect(() => run(steps)).toThrow(/tree: one holder/);
  });

  it('a handle is freed on one branch only', () => {
    const put: Step = { do: 'pool', action: 'put-object' };
    const of = (steps: readonly Step[]) => {
      const program = compile(kernelOf({ locks: { spin }, paths: { p: steps } }));
      return eachHasOneHandle(program, [program.entry.get('p')!]);
    };
    expect(of([put])).toBe(true);
    expect(of([])).toBe(false);
    expect(of([put, put])).toBe(false);
    expect(of([{ do: 'when', condition: 'zspage-empty', steps: [put] }])).toBe(false);
    expect(of([{ do: 'try-lock', lock: 'spin', failed: [] }, put, { do: 'unlock', lock: 'spin' }])).toBe(
      true,
    );
    expect(of([{ do: 'try-lock', lock: 'spin', failed: [put] }, put])).toBe(false);
  });

  it('handles of all designs are counted', () => {
    const { kernel } = eraById('E');
    for (const design of ['base', 'deferred', 'class-idx+drop-lock', 'zram-gc', 'deferred+class-batch']) {
      const program = compile(applyDesigns(kernel, parseDesign(design)));
      for (const path of ['zs_malloc', 'zs_free', 'swap free'])
        expect(eachHasOneHandle(program, [program.entry.get(path)!]), `${design} ${path}`).toBe(true);
    }
  });
});

describe('a pool that tells something else than it does', () => {
  const kernel: KernelModel = kernelOf({
    paths: {
      p: [
        { do: 'pool', action: 'put-object' },
        { do: 'when', condition: 'zspage-empty', steps: [{ do: 'pool', action: 'release-zspage' }] },
      ],
    },
  });
  const freeWith = (doctor: (pool: Pool) => void) => {
    const pool = emptyPool();
    const sizeClass = pool.classFor(3000);
    for (let handle = 0; handle < 8; handle++)
      if (pool.allocateFromExisting(sizeClass, handle) < 0) pool.allocateFromNew(sizeClass, handle);
    doctor(pool);
    const task = taskOf(0, new Float64Array(8), {
      handle: Int32Array.from({ length: 8 }, (_, k) => k),
      sizeClass: new Int32Array(8).fill(sizeClass),
    });
    return () => new Machine(runOf(kernel, [task], { pool })).run();
  };

  it('is found out by pages', () => {
    expect(freeWith(() => undefined)).not.toThrow();
    expect(freeWith((pool) => Object.assign(pool, { release: () => 1 }))).toThrow(
      /^pages taken = returned \+ held/,
    );
  });

  it('is found out by objects', () => {
    const countsElsewhere = (pool: Pool) => {
      const { placeOf, zspages } = pool.freesAlone();
      Object.assign(pool, { freesAlone: () => ({ placeOf, zspages: zspages.slice() }) });
    };
    expect(freeWith(countsElsewhere)).toThrow(/^objects taken = put back/);
  });
});

describe('locks in a state that cannot be', () => {
  const locksOf = (kind: LockDeclaration['kind'] = 'qspinlock') => {
    const kernel = kernelOf({
      locks: { lock: { kind, per: 'pool' } },
      paths: { p: [{ do: 'lock', lock: 'lock' }] },
    });
    const run = runOf(
      kernel,
      [0, 1, 2].map((cpu) => taskOf(cpu, Float64Array.of(1))),
    );
    const columns = columnsOf(run.tasks);
    const threads = new Scheduler(run, columns.first, columns.thinkNs);
    const at = (cpu: number, t: number) => {
      threads.now[cpu] = t;
    };
    const locks = new Locks(run, columns, new Int32Array(1), threads, new Int32Array(4));
    return { locks, at };
  };

  it("Little's law", () => {
    const { locks } = locksOf();
    locks.waitNs[0]! += 12;
    expect(() => locks.settle(100)).toThrow(
      "lock: Little's law: waits add up to 12, but the length of the queues over time is 0",
    );
  });

  it('utilisation', () => {
    const { locks } = locksOf();
    locks.holdNs[0] = 101;
    expect(() => locks.settle(100)).toThrow('lock: utilisation: held for 101, but time x locks is 100');
  });

  it('a second holder', () => {
    const { locks, at } = locksOf();
    locks.freeNs[0] = 50;
    at(1, 10);
    locks.spin(0, 0, 1, 1);
    at(1, 40);
    expect(() => locks.takeOver(0, 0, 1)).toThrow(
      'lock: one holder at a time: taken at 40 ns, but held until 50 ns',
    );
  });

  it.each(['qspinlock', 'mutex'] as const)('a %s that is not first come, first served', (kind) => {
    const { locks, at } = locksOf(kind);
    at(1, 10);
    locks.spin(0, 0, 1, 1);
    at(2, 20);
    locks.spin(0, 0, 2, 2);
    expect(() => locks.awake(0, 0, 2, 2, 40)).toThrow('passes one of 10 ns');
    at(0, 15);
    expect(() => locks.spin(0, 0, 0, 0)).toThrow(
      'lock: first come, first served: a waiter of 15 ns passes one of 20 ns',
    );
  });
});
