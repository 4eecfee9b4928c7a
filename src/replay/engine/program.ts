import {
  type Condition,
  type KernelModel,
  type LockDeclaration,
  PAGE_FATES,
  type PageFate,
  type QueueDeclaration,
  type Step,
} from '../../model/steps.ts';
import { drawKey } from './random.ts';

/** Instructions of the engine: four words each, operation and operands a, b, c. */
export const Op = {
  /** a: cost, c: key of the draw. */
  Work: 0,
  /** The same, for each page of the zspage at hand. */
  WorkPerPage: 1,
  /** a: line. */
  Atomic: 2,
  /** a: lock family. */
  Lock: 3,
  Unlock: 4,
  ReadLock: 5,
  ReadUnlock: 6,
  WriteLock: 7,
  WriteUnlock: 8,
  /** a: lock family, b: where to go when it fails. */
  TryLock: 9,
  /** b: where to go. */
  Jump: 10,
  /** a: condition, b: where to go when it does not hold. */
  JumpUnless: 11,
  /** a: pool action. */
  Pool: 12,
  /** a: queue, b: where to go when it is full. */
  Enqueue: 13,
  /** a: lock family. The lock is kept from one queued handle to the next of the same class. */
  LockRun: 14,
  UnlockRun: 15,
  /** The path ends. */
  End: 16,
  /** The same as Work, for each object moved. */
  WorkPerObject: 17,
  /** a: lock family, b: where to go when it fails. */
  TryReadLock: 18,
  /** a: condition, b: where to go, further up, when it holds. */
  Again: 19,
  /** a: lock family. */
  Look: 20,
  /** a: queue, b: where to go when it is empty. The next queued operation is at hand from here on. */
  NextQueued: 21,
  /** Where a path goes on that has gone through its queue; b: where NextQueued stands. */
  JumpBack: 22,
  /** a: how often it fails, of 2^30, b: where to go when it does not, c: key of the draw. */
  LockPages: 23,
  /** a: 1 for the two largest first, b: where to go when the batch has no more pages, c: fates of the pages meant, 0 for all. The next page is at hand from here on. */
  NextPage: 24,
  /** a: pages in a batch, b: where to go when the folio has no more, c: as of NextPage. */
  NextBatch: 25,
  /** a: cost of the engine, c: key of the draw. */
  Submit: 26,
  Collect: 27,
} as const;

export const PoolAction = {
  TakeObject: 0,
  AddZspage: 1,
  PutObject: 2,
  DetachZspage: 3,
  ReleaseZspage: 4,
  CompactZspage: 5,
  PutBackDestination: 6,
  TakeEmpty: 7,
  BulkFree: 8,
} as const;
const POOL_ACTIONS = {
  'take-object': PoolAction.TakeObject,
  'add-zspage': PoolAction.AddZspage,
  'put-object': PoolAction.PutObject,
  'detach-zspage': PoolAction.DetachZspage,
  'release-zspage': PoolAction.ReleaseZspage,
  'compact-zspage': PoolAction.CompactZspage,
  'put-back-destination': PoolAction.PutBackDestination,
  'take-empty': PoolAction.TakeEmpty,
  'bulk-free': PoolAction.BulkFree,
} as const;

export const ConditionBit = { NoRoom: 0, ZspageEmpty: 1, MoreToMove: 2, LetsGo: 3, PageListFull: 4 } as const;
const CONDITIONS: Record<Condition, number> = {
  'no-room': ConditionBit.NoRoom,
  'zspage-empty': ConditionBit.ZspageEmpty,
  'more-to-move': ConditionBit.MoreToMove,
  'lets-go': ConditionBit.LetsGo,
  'page-list-full': ConditionBit.PageListFull,
};

const LOCK_OPS = {
  lock: Op.Lock,
  unlock: Op.Unlock,
  'read-lock': Op.ReadLock,
  'read-unlock': Op.ReadUnlock,
  'write-lock': Op.WriteLock,
  'write-unlock': Op.WriteUnlock,
  'lock-run': Op.LockRun,
  'unlock-run': Op.UnlockRun,
} as const;

/** A lock family as the engine sees it; members are numbered from `first`. */
export interface CompiledLock {
  readonly name: string;
  readonly declaration: LockDeclaration;
}

/** Paths of a kernel as one flat program. */
export interface Program {
  readonly kernel: KernelModel;
  readonly code: Int32Array;
  /** Where each path begins. */
  readonly entry: ReadonlyMap<string, number>;
  readonly locks: readonly CompiledLock[];
  readonly lines: readonly string[];
  readonly costs: readonly string[];
  readonly queues: readonly { readonly name: string; readonly declaration: QueueDeclaration }[];
  /** Some path goes through the pages of a folio. */
  readonly hasFolios: boolean;
  /** Some path hands pages to a device. */
  readonly usesDevice: boolean;
}

/** A bit for each fate; 0: whatever their fate. */
function fateMask(only: readonly PageFate[] = []): number {
  return only.reduce((mask, fate) => mask | (1 << PAGE_FATES.indexOf(fate)), 0);
}

/**
 * Compiles paths of a kernel.
 * @param paths Those that tasks run, all by default; what workers run comes with them.
 * @throws {RangeError} when a step names a lock, line, queue or path that the kernel does not declare,
 *   moves pages to lists that it does not have, or a path calls itself.
 */
export function compile(kernel: KernelModel, paths: readonly string[] = Object.keys(kernel.paths)): Program {
  const drains = Object.values(kernel.queues).map((queue) => queue.drain);
  return new Compiler(kernel).compile([...new Set([...paths, ...drains])]);
}

class Compiler {
  readonly #kernel: KernelModel;
  readonly #code: number[] = [];
  readonly #costs: string[] = [];
  /** How often the path has drawn each cost, branches aside. */
  #draws = new Map<string, number>();
  /** Jumps that leave the path being compiled. */
  #leaves: number[] = [];
  readonly #locks: readonly CompiledLock[];
  #hasFolios = false;
  #usesDevice = false;
  readonly #queues: { name: string; declaration: QueueDeclaration }[];

  constructor(kernel: KernelModel) {
    this.#kernel = kernel;
    this.#locks = Object.entries(kernel.locks).map(([name, declaration]) => ({ name, declaration }));
    this.#queues = Object.entries(kernel.queues).map(([name, declaration]) => ({ name, declaration }));
  }

  compile(paths: readonly string[]): Program {
    const entry = new Map<string, number>();
    for (const path of paths) {
      const steps = this.#kernel.paths[path];
      if (!steps) throw new RangeError(`${this.#kernel.id}: no path ${path}`);
      entry.set(path, this.#code.length);
      this.#draws = new Map();
      this.#path(steps, [path]);
      this.#emit(Op.End);
    }
    return {
      kernel: this.#kernel,
      code: Int32Array.from(this.#code),
      entry,
      locks: this.#locks,
      lines: this.#kernel.lines,
      costs: this.#costs,
      queues: this.#queues,
      hasFolios: this.#hasFolios,
      usesDevice: this.#usesDevice,
    };
  }

  #emit(op: number, a = 0, b = 0, c = 0): number {
    return this.#code.push(op, a, b, c) - 4;
  }

  /** Steps that are run or not: what follows them draws the same either way. */
  #branch(steps: readonly Step[], within: readonly string[]): void {
    const before = new Map(this.#draws);
    this.#steps(steps, within);
    this.#draws = before;
  }

  #draw(cost: string): number {
    const occurrence = this.#draws.get(cost) ?? 0;
    this.#draws.set(cost, occurrence + 1);
    return drawKey(cost, occurrence);
  }

  /** A path in place; steps that leave it early go to its end. */
  #path(steps: readonly Step[], within: readonly string[]): void {
    const outer = this.#leaves;
    this.#leaves = [];
    this.#steps(steps, within);
    for (const at of this.#leaves) this.#code[at + 2] = this.#code.length;
    this.#leaves = outer;
  }

  #steps(steps: readonly Step[], within: readonly string[]): void {
    for (const step of steps) this.#step(step, within);
  }

  #step(step: Step, within: readonly string[]): void {
    switch (step.do) {
      case 'work': {
        const op = step.perPage ? Op.WorkPerPage : step.perObject ? Op.WorkPerObject : Op.Work;
        this.#emit(op, this.#cost(step.cost), 0, this.#draw(step.cost));
        break;
      }
      case 'atomic':
        if (step.cost) this.#emit(Op.Work, this.#cost(step.cost), 0, this.#draw(step.cost));
        this.#emit(Op.Atomic, this.#find('line', this.#kernel.lines.indexOf(step.line), step.line));
        break;
      case 'lock':
      case 'unlock':
      case 'read-lock':
      case 'read-unlock':
      case 'write-lock':
      case 'write-unlock':
      case 'lock-run':
      case 'unlock-run':
        this.#emit(LOCK_OPS[step.do], this.#lock(step.lock));
        break;
      case 'lock-pages': {
        const at = this.#emit(Op.LockPages, Math.round(step.fails * 2 ** 30), 0, this.#draw('pages locked'));
        this.#branch(step.failed, within);
        this.#code[at + 2] = this.#code.length;
        break;
      }
      case 'submit':
        this.#usesDevice = true;
        this.#emit(Op.Submit, this.#cost(step.cost), 0, this.#draw(step.cost));
        break;
      case 'collect':
        this.#usesDevice = true;
        this.#emit(Op.Collect);
        break;
      case 'look':
        this.#emit(Op.Look, this.#lock(step.lock));
        break;
      case 'repeat': {
        const start = this.#code.length;
        this.#branch(step.steps, within);
        this.#emit(Op.Again, CONDITIONS[step.condition], start);
        break;
      }
      case 'each-queued': {
        const queue = this.#queues.findIndex((q) => q.name === step.queue);
        const at = this.#emit(Op.NextQueued, this.#find('queue', queue, step.queue));
        this.#branch(step.steps, within);
        this.#emit(Op.JumpBack, 0, at);
        this.#code[at + 2] = this.#code.length;
        break;
      }
      case 'each-page':
      case 'each-batch': {
        this.#hasFolios = true;
        if (step.do === 'each-page' && step.order && step.only)
          throw new RangeError(`${this.#kernel.id}: pages of some fates have no order`);
        const at =
          step.do === 'each-page'
            ? this.#emit(Op.NextPage, step.order ? 1 : 0, 0, fateMask(step.only))
            : this.#emit(Op.NextBatch, Math.max(1, step.size), 0, fateMask(step.only));
        this.#branch(step.steps, within);
        this.#emit(Op.JumpBack, 0, at);
        this.#code[at + 2] = this.#code.length;
        break;
      }
      case 'try-lock':
      case 'try-read-lock': {
        const op = step.do === 'try-lock' ? Op.TryLock : Op.TryReadLock;
        const at = this.#emit(op, this.#lock(step.lock));
        const over = this.#emit(Op.Jump);
        this.#code[at + 2] = this.#code.length;
        this.#branch(step.failed, within);
        this.#leaves.push(this.#emit(Op.Jump));
        this.#code[over + 2] = this.#code.length;
        break;
      }
      case 'pool':
        if (step.action === 'bulk-free' && !this.#kernel.pageLists)
          throw new RangeError(`${this.#kernel.id}: no page lists`);
        this.#emit(Op.Pool, POOL_ACTIONS[step.action]);
        break;
      case 'when': {
        const at = this.#emit(Op.JumpUnless, CONDITIONS[step.condition]);
        this.#branch(step.steps, within);
        this.#code[at + 2] = this.#code.length;
        break;
      }
      case 'enqueue': {
        const queue = this.#queues.findIndex((q) => q.name === step.queue);
        const at = this.#emit(Op.Enqueue, this.#find('queue', queue, step.queue));
        const over = this.#emit(Op.Jump);
        this.#code[at + 2] = this.#code.length;
        this.#branch(step.full, within);
        this.#code[over + 2] = this.#code.length;
        break;
      }
      case 'call': {
        const steps = this.#kernel.paths[step.path];
        if (!steps) throw new RangeError(`${this.#kernel.id}: no path ${step.path}`);
        if (within.includes(step.path)) throw new RangeError(`${this.#kernel.id}: ${step.path} calls itself`);
        this.#path(steps, [...within, step.path]);
        break;
      }
    }
  }

  #cost(name: string): number {
    const known = this.#costs.indexOf(name);
    return known >= 0 ? known : this.#costs.push(name) - 1;
  }

  #lock(name: string): number {
    return this.#find(
      'lock',
      this.#locks.findIndex((lock) => lock.name === name),
      name,
    );
  }

  #find(what: string, index: number, name: string): number {
    if (index < 0) throw new RangeError(`${this.#kernel.id}: no ${what} ${name}`);
    return index;
  }
}
