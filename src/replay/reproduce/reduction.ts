import type { KernelModel, Step } from '../../model/steps.ts';
import { mix } from '../engine/random.ts';

/**
 * Closed queueing reduction of a path: processes that only free, each on a CPU of its own, all objects
 * in one size class, slots and swap clusters of their own. What is left of the step program are shared
 * lines, FIFO locks and private work, so that thousands of parameter sets can be tried. Same rules and
 * same times as the engine; the tests hold one against the other.
 */
export interface Reduction {
  readonly kind: Uint8Array;
  /** Cost, line or lock, by the kind. */
  readonly index: Uint8Array;
  readonly costs: readonly string[];
  readonly lines: readonly string[];
  /** Cache lines that follow each lock. */
  readonly dataLines: readonly number[];
}

const Kind = { Work: 0, Own: 1, Line: 2, Lock: 3, Unlock: 4 } as const;

/** How atomics on a line behave; the engine knows the plain line only. */
export interface LineBehaviour {
  /** Transfers of a visit when another CPU had the line. */
  readonly transfers: number;
  /** Share of a visit that each CPU in the queue adds to it. */
  readonly retry: number;
  /** Share of the transfer that the caller does not wait for; the line is busy with it all the same. */
  readonly hidden: number;
}

export const PLAIN_LINE: LineBehaviour = { transfers: 1, retry: 0, hidden: 0 };

export interface ReducedMachine {
  readonly processes: number;
  readonly hitNs: number;
  readonly transferNs: number;
  readonly handOffOneNs: number;
  readonly handOffManyNs: number;
  /** Mean of each cost, ns; one that is not named is 0. */
  readonly costs: Readonly<Record<string, number>>;
  /** Between the end of an operation and the next, ns. */
  readonly thinkNs: number;
  /** By name of line or read-write lock; plain ones need no entry. */
  readonly lines: Readonly<Record<string, LineBehaviour>>;
  /** Operations of each process; the run ends with the first process that is done. */
  readonly operations: number;
}

const DRAWS = 1 << 13;
/** Share of each cost that varies. */
const VARYING = 0.5;

/** Quantiles of all costs, for a mean of 1: half constant, half exponential. */
export const COST_SHAPE: Float64Array = costShape();

function costShape(): Float64Array {
  const shape = Float64Array.from({ length: 64 }, (_, k) => -Math.log(1 - (k + 0.5) / 64));
  const mean = shape.reduce((sum, value) => sum + value, 0) / 64;
  return shape.map((value) => 1 - VARYING + (VARYING * value) / mean);
}

/** Each quantile equally often, in an order without a pattern. */
const SHUFFLED = shuffled();

function shuffled(): Float64Array {
  const draws = Float64Array.from({ length: DRAWS }, (_, i) => COST_SHAPE[i & 63]!);
  for (let i = DRAWS - 1; i > 0; i--) {
    const j = mix(i, 1, 0) % (i + 1);
    [draws[i], draws[j]] = [draws[j]!, draws[i]!];
  }
  return draws;
}

/**
 * Reduces a path. The return of empty zspages is left out: it is part of the mean of the hold.
 * @throws {RangeError} for steps that a path of frees does not have.
 */
export function reduce(kernel: KernelModel, path: string): Reduction {
  const kind: number[] = [];
  const index: number[] = [];
  const costs: string[] = [];
  const lines: string[] = [];
  const locks: string[] = [];
  const numbered = (names: string[], name: string) => {
    const known = names.indexOf(name);
    return known >= 0 ? known : names.push(name) - 1;
  };
  const emit = (k: number, i = 0) => {
    kind.push(k);
    index.push(i);
  };
  const lock = (step: Extract<Step, { lock: string }>) => {
    const { per, kind: lockKind } = kernel.locks[step.lock]!;
    if (step.do === 'read-lock' || step.do === 'read-unlock') emit(Kind.Line, numbered(lines, step.lock));
    else if (per === 'slot' || per === 'cluster') emit(Kind.Own);
    else if (lockKind === 'qspinlock' && step.do === 'lock') emit(Kind.Lock, numbered(locks, step.lock));
    else if (lockKind === 'qspinlock' && step.do === 'unlock') {
      // Who comes while the store is under way still waits.
      emit(Kind.Own);
      emit(Kind.Unlock, numbered(locks, step.lock));
    } else throw new RangeError(`${kernel.id}: ${step.do} ${step.lock} cannot be reduced`);
  };
  const walk = (steps: readonly Step[]) => {
    for (const step of steps) {
      switch (step.do) {
        case 'work':
          emit(Kind.Work, numbered(costs, step.cost));
          break;
        case 'atomic':
          emit(Kind.Line, numbered(lines, step.line));
          break;
        case 'call':
          walk(kernel.paths[step.path]!);
          break;
        case 'pool':
        case 'when':
          break;
        case 'enqueue':
        case 'each-queued':
        case 'each-page':
        case 'each-batch':
        case 'submit':
        case 'collect':
          throw new RangeError(`${kernel.id}: a queue cannot be reduced`);
        case 'lock-pages':
        case 'repeat':
        case 'look':
          throw new RangeError(`${kernel.id}: compaction cannot be reduced`);
        default:
          lock(step);
      }
    }
  };
  walk(kernel.paths[path]!);
  return {
    kind: Uint8Array.from(kind),
    index: Uint8Array.from(index),
    costs,
    lines,
    dataLines: locks.map((name) => kernel.locks[name]!.dataLines ?? 0),
  };
}

/** Mean time of an operation of one process, think time included, while all of them run; ns. */
export function cycleNs(reduction: Reduction, machine: ReducedMachine): number {
  const { kind, index } = reduction;
  const { processes, hitNs, transferNs, operations, thinkNs } = machine;
  const steps = kind.length;
  const mean = Float64Array.from(reduction.costs, (name) => machine.costs[name] ?? 0);
  const behaviour = reduction.lines.map((name) => machine.lines[name] ?? PLAIN_LINE);
  const movedNs = Float64Array.from(behaviour, (line) => line.transfers * transferNs);
  const retry = Float64Array.from(behaviour, (line) => line.retry);
  const waited = Float64Array.from(behaviour, (line) => 1 - line.hidden);
  const dataNs = Float64Array.from(reduction.dataLines, (lines) => lines * transferNs);
  const { handOffOneNs, handOffManyNs } = machine;

  const clock = new Float64Array(processes);
  const at = new Int32Array(processes);
  const left = new Int32Array(processes).fill(operations);
  const draw = Int32Array.from({ length: processes }, (_, p) => (p * 1999) & (DRAWS - 1));
  const lineFree = new Float64Array(behaviour.length);
  const lineOwner = new Int32Array(behaviour.length).fill(-1);
  const visitEnds = new Float64Array(behaviour.length * processes);
  const isHeld = new Uint8Array(dataNs.length);
  const lastHolder = new Int32Array(dataNs.length).fill(-1);
  const queues = Array.from(dataNs, (): number[] => []);
  for (let p = 0; p < processes; p++) clock[p] = (p * thinkNs) / processes;

  for (;;) {
    let me = 0;
    for (let p = 1; p < processes; p++) if (clock[p]! < clock[me]!) me = p;
    let limit = Number.POSITIVE_INFINITY;
    for (let p = 0; p < processes; p++) if (p !== me && clock[p]! < limit) limit = clock[p]!;
    let t = clock[me]!;
    let k = at[me]!;
    for (;;) {
      if (k === steps) {
        k = 0;
        if (--left[me]! === 0) {
          const done = left.reduce((sum, rest) => sum + operations - rest, 0);
          return (t * processes) / done;
        }
        t += thinkNs * SHUFFLED[draw[me]!++ & (DRAWS - 1)]!;
      }
      const what = kind[k]!;
      const which = index[k]!;
      if (what === Kind.Work) {
        t += mean[which]! * SHUFFLED[draw[me]!++ & (DRAWS - 1)]!;
        k++;
        continue;
      }
      if (what === Kind.Own) {
        t += hitNs;
        k++;
        continue;
      }
      // What others notice comes in the order of time.
      if (t > limit) break;
      if (what === Kind.Line) {
        const begin = lineFree[which]! > t ? lineFree[which]! : t;
        if (lineOwner[which] === me) {
          t = begin + hitNs;
          lineFree[which] = t;
        } else {
          let moved = movedNs[which]!;
          if (retry[which]! > 0) {
            let queued = 0;
            for (let p = 0; p < processes; p++)
              if (p !== me && visitEnds[which * processes + p]! > t) queued++;
            moved *= 1 + retry[which]! * queued;
          }
          lineFree[which] = begin + moved;
          lineOwner[which] = me;
          const wait = moved * waited[which]!;
          t = begin + (wait > hitNs ? wait : hitNs);
        }
        visitEnds[which * processes + me] = lineFree[which]!;
      } else if (what === Kind.Lock) {
        if (isHeld[which]) {
          queues[which]!.push(me);
          t = Number.POSITIVE_INFINITY;
          k++;
          break;
        }
        isHeld[which] = 1;
        t += lastHolder[which] === me ? hitNs : transferNs + dataNs[which]!;
        lastHolder[which] = me;
      } else {
        const queue = queues[which]!;
        if (queue.length === 0) isHeld[which] = 0;
        else {
          const handOff = queue.length > 1 ? handOffManyNs : handOffOneNs;
          const next = queue.shift()!;
          lastHolder[which] = next;
          clock[next] = t + handOff + dataNs[which]!;
          if (clock[next]! < limit) limit = clock[next]!;
        }
      }
      k++;
    }
    clock[me] = t;
    at[me] = k;
  }
}
