import { describe, expect, it } from 'vitest';
import { DesignError } from '../../../src/model/designs/design.ts';
import { applyDesigns, DESIGNS, parseDesign } from '../../../src/model/designs/registry.ts';
import { ERAS, type Era } from '../../../src/model/kernels/eras.ts';
import type { KernelModel } from '../../../src/model/steps.ts';
import { Geometry } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { Machine, type MachineResult } from '../../../src/replay/engine/machine.ts';
import { constant, generator, runOf, TIMES, taskOf } from '../../helpers/machine.ts';

const CPUS = 3;
const PER_TASK = 300;
const ENQUEUE_NS = 7;

function replay(era: Era, kernel: KernelModel): { pool: Pool; result: MachineResult } {
  const pool = new Pool(new Geometry(era.geometry), era.fullness);
  const random = generator(5);
  const classes = [400, 1200, 3000].map((size) => pool.classFor(size));
  // Each task stores and frees everything again, in another order.
  const tasks = Array.from({ length: CPUS }, (_, cpu) => {
    const handles = Array.from({ length: PER_TASK }, (_, k) => cpu * PER_TASK + k);
    const freed = handles.map((handle) => [random(), handle] as const).sort((a, b) => a[0] - b[0]);
    const order = [...handles, ...freed.map(([, handle]) => handle)];
    return taskOf(cpu, new Float64Array(2 * PER_TASK).fill(200), {
      path: Uint8Array.from(order, (_, k) => (k < PER_TASK ? 0 : 1)),
      handle: Int32Array.from(order),
      sizeClass: Int32Array.from(order, (handle) => classes[handle % 3]!),
      slot: Int32Array.from(order),
    });
  });
  const run = runOf(kernel, tasks, {
    pool,
    paths: ['zs_malloc', 'swap free'],
    cpus: CPUS + 1,
    workerCpu: CPUS,
    times: { ...TIMES, lineHitNs: 0, lineTransferNs: 0 },
    // How many zspages become empty depends on the order of frees.
    costs: { enqueue: constant(ENQUEUE_NS), 'free-page': constant(0), 'alloc-page': constant(0) },
  });
  return { pool, result: new Machine(run).run() };
}

describe.each(ERAS.map((era) => [era.id, era] as const))('era %s', (_, era) => {
  const base = replay(era, era.kernel).result;
  const compositions = [
    'base',
    ...DESIGNS.map((design) => design.id),
    'deferred:entries=7,buffers=1',
    'deferred:entries=16+class-batch',
    'deferred:entries=16+bulk-free',
    'class-idx+drop-lock+deferred:entries=32',
    'deferred-array:capacity=9',
    'drop-lock+try-read-queue:entries=2',
  ];
  it.each(compositions)('%s frees everything but what stays in buffers, and loses no work', (text) => {
    let kernel: KernelModel;
    try {
      kernel = applyDesigns(era.kernel, parseDesign(text));
    } catch (error) {
      expect(error).toBeInstanceOf(DesignError);
      return;
    }
    const { pool, result } = replay(era, kernel);
    expect([...result.operations]).toEqual([CPUS * PER_TASK, CPUS * PER_TASK]);
    const [queue] = result.queues;
    const leftOver = queue?.leftOver ?? 0;
    expect(pool.objectsInUse.reduce((sum, count) => sum + count, 0)).toBe(leftOver);
    if (leftOver === 0) expect(pool.pages).toBe(0);
    if (queue) expect(queue.queued + queue.overflowed).toBe(CPUS * PER_TASK);
    expect(result.returnedPages.reduce((sum, pages) => sum + pages, 0)).toBe(pool.pagesReturned);
    expect([...result.returnedAtNs]).toEqual([...result.returnedAtNs].sort((a, b) => a - b));
    // Lines cost nothing here, so what is left is work: moved to the worker, not removed.
    if (/^(?:deferred|base|bulk|mm-async|zram-gc|try-read)/.test(text) && leftOver === 0) {
      const enqueued = queue ? CPUS * PER_TASK * ENQUEUE_NS : 0;
      expect(result.workNs.caller + result.workNs.worker).toBe(base.workNs.caller + enqueued);
    }
  });
});

describe('rewriting', () => {
  const free = (text: string, path = 'zs_free') => {
    const kernel = applyDesigns(ERAS.find((era) => era.id === 'E')!.kernel, parseDesign(text));
    const lines = (steps: readonly object[], indent = ''): string[] =>
      steps.flatMap((step) => {
        const { do: what, ...more } = step as { do: string } & Record<string, unknown>;
        const inner = (more['steps'] ?? more['full'] ?? more['failed'] ?? []) as object[];
        const name = more['lock'] ?? more['what'] ?? more['action'] ?? more['condition'] ?? more['path'];
        return [`${indent}${what} ${name ?? more['queue']}`, ...lines(inner, `${indent}  `)];
      });
    return `\n${lines(kernel.paths[path]!).join('\n')}\n`;
  };

  it('base', () =>
    expect(free('base')).toMatchInlineSnapshot(`
    "
    read-lock pool->lock
    work find the zspage and its class
    lock class->lock
    read-unlock pool->lock
    work obj_free
    pool put-object
    work fix_fullness_group
    when zspage-empty
      work free_zspage: give its pages back
      pool release-zspage
    unlock class->lock
    work free the handle
    "
  `));
  it('drop-lock', () =>
    expect(free('drop-lock')).toMatchInlineSnapshot(`
    "
    read-lock pool->lock
    work find the zspage and its class
    lock class->lock
    read-unlock pool->lock
    work obj_free
    pool put-object
    work fix_fullness_group
    when zspage-empty
      pool detach-zspage
    unlock class->lock
    when zspage-empty
      work free_zspage: give its pages back
      pool release-zspage
    work free the handle
    "
  `));
  it('class-idx', () =>
    expect(free('class-idx')).toMatchInlineSnapshot(`
    "
    work class from the handle word
    lock class->lock
    work find the zspage and its class
    work obj_free
    pool put-object
    work fix_fullness_group
    when zspage-empty
      work free_zspage: give its pages back
      pool release-zspage
    unlock class->lock
    work free the handle
    "
  `));
  it('both', () =>
    expect(free('class-idx+drop-lock')).toMatchInlineSnapshot(`
    "
    work class from the handle word
    lock class->lock
    work find the zspage and its class
    work obj_free
    pool put-object
    work fix_fullness_group
    when zspage-empty
      pool detach-zspage
    unlock class->lock
    when zspage-empty
      work free_zspage: give its pages back
      pool release-zspage
    work free the handle
    "
  `));
  it('deferred', () =>
    expect(free('deferred', 'notify')).toMatchInlineSnapshot(`
      "
      work enter the notification
      atomic notify_free
      try-lock zram slot
        atomic miss_free
      work look at the slot
      work put it into the queue
      enqueue deferred
        call zs_free
      atomic compr_data_size
      atomic pages_stored
      unlock zram slot
      "
    `));
  it('try-read-queue', () =>
    expect(free('drop-lock+try-read-queue', 'zs_free by the queue')).toMatchInlineSnapshot(`
      "
      work put it into the queue
      enqueue try-read queue
        call zs_free
      try-read-lock pool->lock
      each-queued try-read queue
        call zs_free under the pool lock
      read-unlock pool->lock
      "
    `));
  it('no-slot-lock', () =>
    expect(free('no-slot-lock', 'notify')).toMatchInlineSnapshot(`
      "
      work enter the notification
      atomic notify_free
      work look at the slot
      call zs_free
      atomic compr_data_size
      atomic pages_stored
      "
    `));
});

describe('parseDesign', () => {
  it('reads options', () => {
    expect(parseDesign('base')).toEqual([]);
    const [idx, late] = parseDesign('class-idx+deferred:entries=16,buffers=2');
    expect(idx!.design.id).toBe('class-idx');
    expect(late!.options).toEqual({ entries: 16, buffers: 2, worker: 0, resched: 0 });
    expect(parseDesign('deferred:worker=unbound,resched=handle')[0]!.options).toEqual({
      entries: 2048,
      buffers: 0,
      worker: 1,
      resched: 1,
    });
  });

  it.each([
    ['nonsense', /no design "nonsense"; there are drop-lock/],
    ['deferred:size=3', /deferred has no option "size"; it has entries, buffers, worker, resched/],
    ['deferred:worker=kthread', /deferred:worker must be one of bound, unbound, thread/],
    ['mm-async:resched', /mm-async:resched must be one of item, handle/],
    ['drop-lock:a=1', /it has none/],
    ['deferred:entries=0', /must be a whole number from 1/],
    ['deferred:entries=1.5', /must be a whole number/],
    ['deferred:entries', /must be a whole number/],
  ])('%s is an error', (text, message) => {
    expect(() => parseDesign(text)).toThrow(DesignError);
    expect(() => parseDesign(text)).toThrow(message);
  });

  it('refuses what does not fit', () => {
    const kernel = ERAS.find((era) => era.id === 'C')!.kernel;
    expect(() => applyDesigns(kernel, parseDesign('class-idx'))).toThrow(/needs a lock for each class/);
    expect(() => applyDesigns(kernel, parseDesign('class-batch'))).toThrow(DesignError);
    expect(() => applyDesigns(kernel, parseDesign('deferred+zram-gc'))).toThrow(/only one deferring/);
    expect(() => applyDesigns(kernel, parseDesign('try-read-queue'))).toThrow(/no reader lock/);
    const e = ERAS.find((era) => era.id === 'E')!.kernel;
    expect(() => applyDesigns(e, parseDesign('try-read-queue+drop-lock'))).toThrow(/name drop-lock first/);
    expect(() => applyDesigns(e, parseDesign('deferred+class-batch+class-idx'))).toThrow(/class-idx first/);
    expect(() => applyDesigns(e, parseDesign('deferred+try-read-queue'))).toThrow(/only one deferring/);
  });
});
