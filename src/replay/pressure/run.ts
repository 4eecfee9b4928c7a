import { RECLAIM_RETRIES } from '../../model/zswap/shrink-rules.ts';
import type { Counters } from './counters.ts';
import { demandOf } from './demand.ts';
import { checkLaws } from './laws.ts';
import { Memory } from './memory.ts';
import { Process } from './process.ts';
import { Reclaimer } from './reclaim.ts';
import type { PressureSetup } from './setup.ts';
import { ShrinkWorker } from './shrinker.ts';
import { World } from './world.ts';

/** What a run came to. Times in ns. */
export interface PressureRun extends Counters {
  /** End of the last process. */
  readonly realNs: number;
  readonly userNs: number;
  readonly sysNs: number;
  /** Mean time of a job from its arrival to its end. */
  readonly jobNs: number;
  readonly touchedPages: number;
  /** Pages that became active, inactive again, and of the first those that came back from zswap or disk. */
  readonly activated: number;
  readonly deactivated: number;
  readonly refaultsActivated: number;
  /** It did not go on within the limit: its figures mean nothing. */
  readonly isOutOfMemory: boolean;
}

/** Something with a time at which it goes on; infinite while it has nothing to do. */
interface Actor {
  at: number;
  sysNs: number;
  step(): void;
}

/** A scheduler takes no more steps than this: a loop that does not end is a bug. */
const MOST_STEPS = 200_000_000;
/** How often the laws are looked at, besides at the end. */
const LAWS_EVERY = 1 << 18;

class Kswapd implements Actor {
  at = Number.POSITIVE_INFINITY;
  sysNs = 0;
  readonly #world: World;
  readonly #memory: Memory;
  readonly #node: number;
  readonly #reclaimer: Reclaimer;
  #isReclaiming = false;

  constructor(world: World, memory: Memory, node: number) {
    this.#world = world;
    this.#memory = memory;
    this.#node = node;
    this.#reclaimer = new Reclaimer(world, { cpuNode: node, nodes: [node], memcg: null, isKswapd: true });
  }

  wake(now: number): void {
    const isHopeless = this.#world.kswapdFailures[this.#node]! >= RECLAIM_RETRIES;
    if (this.at !== Number.POSITIVE_INFINITY || isHopeless) return;
    this.at = now;
    this.#world.counters.kswapdWakes++;
  }

  step(): void {
    if (!this.#isReclaiming) {
      const missing = this.#memory.marks.high - this.#world.freeOfNode(this.#node);
      if (missing <= 0) {
        this.at = Number.POSITIVE_INFINITY;
        return;
      }
      this.#isReclaiming = true;
      this.#reclaimer.begin(missing);
    }
    const { tookNs, isOver } = this.#reclaimer.step(this.at);
    this.at += tookNs;
    this.sysNs += tookNs;
    if (!isOver) return;
    this.#isReclaiming = false;
    // It sleeps when it found nothing; the next allocation below the mark wakes it.
    if (this.#reclaimer.reclaimed > 0) return;
    this.#world.kswapdFailures[this.#node]!++;
    this.at = Number.POSITIVE_INFINITY;
  }
}

class PoolWorker implements Actor {
  at = Number.POSITIVE_INFINITY;
  sysNs = 0;
  readonly #world: World;
  readonly #worker = new ShrinkWorker();

  constructor(world: World) {
    this.#world = world;
  }

  step(): void {
    const { tookNs, isDone } = this.#worker.turn(this.#world, this.at);
    this.sysNs += tookNs;
    this.at = isDone ? Number.POSITIVE_INFINITY : this.at + tookNs;
  }
}

/**
 * Plays the loop to its end: whoever is earliest goes on, ties by number. The same setup gives the same run.
 * @throws {LawError} when pages or memory do not add up, or time runs backwards.
 */
export function runPressure(setup: PressureSetup): PressureRun {
  const world = new World(setup);
  const daemons: Kswapd[] = [];
  const memory = new Memory(world, (node, now) => daemons[node]!.wake(now));
  for (let node = 0; node < setup.nodes; node++) daemons.push(new Kswapd(world, memory, node));
  const demand = demandOf(setup);
  const processes = Array.from({ length: setup.processes }, (_, p) => new Process(world, memory, demand, p));
  const worker = new PoolWorker(world);
  const actors: readonly Actor[] = [...processes, ...daemons, worker];
  let now = 0;
  for (let step = 0; processes.some(({ at }) => at < Number.POSITIVE_INFINITY); step++) {
    const next = earliest(actors);
    if (next.at < now) checkLaws.backwards(now, next.at);
    now = next.at;
    world.settle(now);
    next.step();
    if (world.wantsShrinking) {
      world.wantsShrinking = false;
      worker.at = Math.min(worker.at, now);
    }
    if (step % LAWS_EVERY === 0) checkLaws.of(world);
    if (step > MOST_STEPS) throw new RangeError('the loop does not come to an end');
  }
  checkLaws.of(world);
  checkLaws.atEnd(world);
  const sum = (of: (actor: Actor) => number) => actors.reduce((total, actor) => total + of(actor), 0);
  return {
    ...world.counters,
    activated: world.lru.activated,
    deactivated: world.lru.deactivated,
    refaultsActivated: world.lru.refaultsActivated,
    realNs: Math.max(...processes.map(({ endNs }) => endNs)),
    userNs: processes.reduce((total, { userNs }) => total + userNs, 0),
    sysNs: sum(({ sysNs }) => sysNs),
    jobNs:
      processes.reduce((total, { jobNs }) => total + jobNs, 0) /
      processes.reduce((total, { jobs }) => total + jobs, 0),
    touchedPages: setup.processes * setup.jobs * setup.jobPages * (1 + setup.touches),
    isOutOfMemory: world.isOutOfMemory,
  };
}

function earliest(actors: readonly Actor[]): Actor {
  let first = actors[0]!;
  for (const actor of actors) if (actor.at < first.at) first = actor;
  return first;
}
