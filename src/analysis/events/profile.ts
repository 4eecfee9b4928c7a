import type { NameId, NameTable } from '../../trace/names.ts';
import type { LockSpinRow, ProfileFunctionRow, ProfileRow } from '../event-rows.ts';
import { lockPrimitive } from '../locks/primitives.ts';
import { type LockCallers, lockTakenBy } from './lock-callers.ts';
import { shareInterval } from './share-interval.ts';

/** Chains from a slowpath to who wants the lock; more share one row. */
const MAX_CHAINS = 4096;

interface Chain {
  /** Slowpath, lock functions, and the function that wants the lock: innermost first. */
  readonly frames: readonly NameId[];
  samples: number;
  period: number;
}

/** The samples of one event. */
class EventProfile {
  samples = 0;
  period = 0;
  withStack = 0;
  idle = 0;
  readonly selfSamples: number[] = [];
  readonly selfPeriod: number[] = [];
  readonly totalSamples: number[] = [];
  readonly totalPeriod: number[] = [];
  readonly chains = new Map<string, Chain>();
}

/**
 * Self and total shares of functions in a sampling profile, and who the samples in lock slowpaths
 * came from. Memory grows with the number of distinct functions, not of samples.
 */
export class Profile {
  readonly #names: NameTable;
  readonly #callers: LockCallers;
  readonly #events = new Map<NameId, EventProfile>();
  /** Number of the sample that counted a function last: recursion counts once. */
  #countedIn: Float64Array = new Float64Array(1024);
  #sample = 0;

  constructor(names: NameTable, callers: LockCallers) {
    this.#names = names;
    this.#callers = callers;
  }

  /** One sample with its stack, innermost first (empty when none was recorded). */
  add(event: NameId, period: number, isIdle: boolean, frames: readonly NameId[]): void {
    let profile = this.#events.get(event);
    if (!profile) {
      profile = new EventProfile();
      this.#events.set(event, profile);
    }
    const weight = period > 0 ? period : 1;
    profile.samples++;
    profile.period += weight;
    if (isIdle) profile.idle++;
    if (frames.length === 0) return;
    profile.withStack++;
    const sample = ++this.#sample;
    if (this.#names.size > this.#countedIn.length) this.#grow();
    const countedIn = this.#countedIn;
    const self = frames[0]!;
    profile.selfSamples[self] = (profile.selfSamples[self] ?? 0) + 1;
    profile.selfPeriod[self] = (profile.selfPeriod[self] ?? 0) + weight;
    let inSlowpath = false;
    for (let i = 0; i < frames.length; i++) {
      const name = frames[i]!;
      if (countedIn[name] === sample) continue;
      countedIn[name] = sample;
      profile.totalSamples[name] = (profile.totalSamples[name] ?? 0) + 1;
      profile.totalPeriod[name] = (profile.totalPeriod[name] ?? 0) + weight;
      if (inSlowpath || !this.#callers.isSlowpath(name)) continue;
      // Outer slowpaths belong to other waits: the innermost is where the time goes.
      inSlowpath = true;
      this.#addChain(profile, frames, i, weight);
    }
  }

  /**
   * @param accepts Whether the filters count a function; shares stay those of all samples.
   * @param lockText The name of a lock, by its identity.
   */
  rows(accepts: (name: NameId) => boolean, lockText: (key: string) => string): ProfileRow[] {
    return [...this.#events.entries()]
      .map(([event, profile]) => this.#row(event, profile, accepts, lockText))
      .sort((a, b) => b.samples - a.samples || (a.event < b.event ? -1 : 1));
  }

  #addChain(profile: EventProfile, frames: readonly NameId[], from: number, weight: number): void {
    const { at } = this.#callers.find(frames, from);
    const chain = frames.slice(from, at < 0 ? frames.length : at + 1);
    let key = chain.join(' ');
    let known = profile.chains.get(key);
    if (!known && profile.chains.size >= MAX_CHAINS) {
      key = String(chain[0]);
      known = profile.chains.get(key);
    }
    if (!known) {
      known = { frames: key === String(chain[0]) ? [chain[0]!] : chain, samples: 0, period: 0 };
      profile.chains.set(key, known);
    }
    known.samples++;
    known.period += weight;
  }

  #row(
    event: NameId,
    profile: EventProfile,
    accepts: (name: NameId) => boolean,
    lockText: (key: string) => string,
  ): ProfileRow {
    const { samples, period } = profile;
    const functions: ProfileFunctionRow[] = [];
    profile.totalSamples.forEach((total, name) => {
      if (!accepts(name)) return;
      const self = profile.selfSamples[name] ?? 0;
      functions.push({
        name: this.#names.functionName(name),
        module: this.#names.moduleName(name),
        selfSamples: self,
        selfShare: self / samples,
        selfInterval: shareInterval(self, samples),
        selfPeriodShare: (profile.selfPeriod[name] ?? 0) / period,
        totalSamples: total,
        totalShare: total / samples,
        totalInterval: shareInterval(total, samples),
        totalPeriodShare: profile.totalPeriod[name]! / period,
      });
    });
    functions.sort(
      (a, b) =>
        b.selfSamples - a.selfSamples || b.totalSamples - a.totalSamples || (a.name < b.name ? -1 : 1),
    );
    const lockSpins = [...profile.chains.values()]
      .map((chain) => this.#spinRow(chain, samples, period, lockText))
      .sort((a, b) => b.samples - a.samples || (a.site < b.site ? -1 : 1));
    return {
      event: this.#names.text(event),
      samples,
      withStack: profile.withStack,
      idleSamples: profile.idle,
      period,
      functions,
      lockSpins,
    };
  }

  #spinRow(chain: Chain, samples: number, period: number, lockText: (key: string) => string): LockSpinRow {
    const names = chain.frames.map((name) => this.#names.functionName(name));
    const primitive = lockPrimitive(names[0]!)!;
    const last = this.#callers.find(chain.frames, 0);
    const site = last.at < 0 ? '' : names[last.at]!;
    const lock = site === '' ? null : lockTakenBy(site, names[last.lockAt]!, primitive.kind);
    return {
      slowpath: names[0]!,
      kind: primitive.kind,
      site,
      lock: lock?.known ? lockText(lock.key) : '',
      callers: chain.frames.slice(1).map((name) => this.#names.text(name)),
      samples: chain.samples,
      share: chain.samples / samples,
      interval: shareInterval(chain.samples, samples),
      periodShare: chain.period / period,
    };
  }

  #grow(): void {
    const bigger = new Float64Array(this.#names.size * 2);
    bigger.set(this.#countedIn);
    this.#countedIn = bigger;
  }
}
