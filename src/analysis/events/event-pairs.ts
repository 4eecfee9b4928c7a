import type { NameId } from '../../trace/names.ts';
import { SpanFlag, SpanKind } from '../../trace/spans.ts';
import type { Exclusions } from '../call-stacks.ts';
import type { GraphCall, PairHost } from './pair-host.ts';

/** What the trace has shown of the end of pairs with one name. */
const Ends = { Unknown: 0, Seen: 1, Never: 2 } as const;

/** Open entries of one name in one task, none of which ever ended: this probe has no return probe. */
const MAX_WITHOUT_END = 8;
/** Pairs that wait in one task for what is known of those around them. */
const MAX_WAITING = 256;
const MAX_OPEN = 1024;

/** What surrounds the begin of a pair. */
export interface PairBegin {
  readonly name: NameId;
  readonly task: number;
  readonly cpu: number;
  readonly stack: number;
  readonly timeNs: number;
  readonly line: number;
  /** `irq`, `softirq`: an interrupt on top of the task. `context`: within one, by the record's flags. */
  readonly interrupt: 'irq' | 'softirq' | 'context' | 'none';
  /** Where the arguments of a probe stand, for functions that are watched. */
  readonly textStart: number;
  readonly textEnd: number;
}

interface Pair {
  readonly begin: PairBegin;
  readonly span: number;
  /** Call of function_graph that it began in. */
  readonly graph: GraphCall | null;
  readonly isLock: boolean;
  durationNs: number;
  childNs: number;
  children: number;
  descendants: number;
  irqNs: number;
  softirqNs: number;
  offNs: number;
  ownOffNs: number;
  /** Pairs that ended within it before it was known whether this one ever ends. */
  waiting: Pair[];
  /** What depends on the pairs around it; null until these are known. */
  place: Place | null;
}

interface Place {
  readonly level: number;
  readonly flags: number;
  readonly parent: number;
  readonly parentName: NameId;
  readonly node: number;
  readonly around: Pair | null;
}

export interface EventPairsOptions {
  readonly host: PairHost;
  readonly isRoot: ((name: NameId) => boolean) | null;
  readonly exclude: Exclusions | null;
}

const CUT = {
  'open-at-end': 'calls are still open where the trace ends',
  'open-at-loss': 'calls were cut by lost records',
} as const;

/**
 * Pairs of events of one task that stand for a call: entry and return probes of a function, an
 * interrupt's entry and exit. They nest as calls do.
 *
 * A probe without a return probe is no call, but that shows only in what follows. So an entry whose
 * name has not ended yet anywhere is undecided; what ends within it waits until it ends itself (a
 * call), or something around it does, or the name has been entered often enough without an end.
 */
export class EventPairs {
  readonly #options: EventPairsOptions;
  #open: Pair[][] = [];
  #waiting: number[] = [];
  #ends = new Uint8Array(256);

  constructor(options: EventPairsOptions) {
    this.#options = options;
  }

  /** An entry. @param surelyEnds The event always has an exit event. */
  begin(begin: PairBegin, surelyEnds: boolean): void {
    const { host } = this.#options;
    host.begin();
    const { name, stack } = begin;
    if (surelyEnds) this.#setEnds(name, Ends.Seen);
    if (this.#endsOf(name) === Ends.Never || host.isTraced(name, stack)) return;
    this.#open[stack] ??= [];
    const list = this.#open[stack]!;
    if (this.#endsOf(name) === Ends.Unknown) {
      let entered = 0;
      for (const pair of list) if (pair.begin.name === name) entered++;
      if (entered >= MAX_WITHOUT_END) {
        this.#setEnds(name, Ends.Never);
        this.#dropUndecided(stack, (pair) => pair.begin.name === name);
        return;
      }
    }
    if (list.length >= MAX_OPEN) this.cutAll('open-at-loss', begin.line);
    const pair: Pair = {
      begin,
      span: host.takeSpan(),
      graph: host.innermost(stack),
      isLock: host.isLock(name),
      durationNs: Number.NaN,
      childNs: 0,
      children: 0,
      descendants: 0,
      irqNs: 0,
      softirqNs: 0,
      offNs: 0,
      ownOffNs: 0,
      waiting: [],
      place: null,
    };
    list.push(pair);
    if (!pair.isLock) return;
    const around = this.#around(list, list.length - 1);
    this.#row(SpanKind.Begin, pair, this.#placeIn(pair, around));
    if (begin.textEnd > begin.textStart) host.setText(begin.textStart, begin.textEnd);
  }

  /** An exit: the innermost open entry of that name is a call that is over. */
  end(name: NameId, stack: number, timeNs: number, line: number): void {
    const { host } = this.#options;
    host.begin();
    this.#setEnds(name, Ends.Seen);
    const list = this.#open[stack] ?? [];
    let at = list.length - 1;
    while (at >= 0 && list[at]!.begin.name !== name) at--;
    if (at < 0) {
      if (!host.isTraced(name, stack))
        host.count('pair-begin-not-seen', 'returns by event have no entry event; they do not count', line);
      return;
    }
    while (list.length - 1 > at) this.#dropInnermost(list, 'end-not-seen', 'calls have no return');
    const pair = list.pop()!;
    const isDead = (open: Pair) => this.#endsOf(open.begin.name) === Ends.Never;
    if (list.some(isDead)) this.#dropUndecided(stack, isDead);
    pair.durationNs = Math.max(0, timeNs - pair.begin.timeNs);
    if (host.isTraced(name, stack)) {
      // function_graph shows the same call: it counts there.
      if (pair.isLock) this.#row(SpanKind.Cut, pair, this.#placeIn(pair, null));
      for (const inner of pair.waiting) this.#put(list, inner);
      return;
    }
    this.#put(list, pair);
    if (this.#waiting[stack]! > MAX_WAITING) this.#decide(stack);
  }

  /** True while an entry of a watched function is open. */
  isInLockCall(stack: number): boolean {
    return this.#open[stack]?.some((pair) => pair.isLock) ?? false;
  }

  /** The task of a stack was scheduled out for so long. */
  addOffCpu(stack: number, ns: number): void {
    const pair = this.#open[stack]?.at(-1);
    if (!pair || !(ns > 0)) return;
    pair.offNs += ns;
    pair.ownOffNs += ns;
  }

  /** Records were lost, or the trace ends: what is open is not paired any more. */
  cutAll(id: keyof typeof CUT, line: number, except: ReadonlySet<number> = new Set()): void {
    this.#open.forEach((list, stack) => {
      if (except.has(stack)) return;
      while (list.length > 0) this.#dropInnermost(list, id, CUT[id], line);
    });
  }

  /** Another trace begins: stacks have new numbers. */
  forget(): void {
    this.#open = [];
    this.#waiting = [];
  }

  // ---------------------------------------------------------------- what has no end

  /** Gives up the innermost entry: cut when its kind ends at other times, else it was no call. */
  #dropInnermost(list: Pair[], id: string, sentence: string, line?: number): void {
    const pair = list.pop()!;
    const isCall = this.#endsOf(pair.begin.name) === Ends.Seen;
    if (isCall) this.#options.host.count(id, sentence, Number.isFinite(line) ? line! : pair.begin.line);
    if (isCall || pair.isLock)
      this.#row(SpanKind.Cut, pair, this.#placeIn(pair, this.#around(list, list.length)));
    this.#release(pair, list);
  }

  /** Drops entries of a stack that turned out to be no calls. */
  #dropUndecided(stack: number, which: (pair: Pair) => boolean): void {
    const list = this.#open[stack]!;
    for (let at = list.length - 1; at >= 0; at--) {
      const pair = list[at]!;
      if (!which(pair)) continue;
      list.splice(at, 1);
      if (pair.isLock) this.#row(SpanKind.Cut, pair, this.#placeIn(pair, this.#around(list, at)));
      this.#release(pair, list, at);
    }
  }

  /** Too much waits: entries that have not ended by now are taken for no calls. */
  #decide(stack: number): void {
    for (const { begin } of this.#open[stack]!) {
      if (this.#endsOf(begin.name) === Ends.Unknown) this.#setEnds(begin.name, Ends.Never);
    }
    this.#dropUndecided(stack, (pair) => this.#endsOf(pair.begin.name) === Ends.Never);
  }

  /** What waited for a dropped pair belongs to the next one out. */
  #release(pair: Pair, list: Pair[], below = list.length): void {
    const { stack } = pair.begin;
    this.#waiting[stack] = (this.#waiting[stack] ?? 0) - pair.waiting.length;
    for (const inner of pair.waiting) this.#put(list, inner, below);
  }

  // ---------------------------------------------------------------- what has ended

  /** Gives out a pair that is over, or keeps it while something around it is undecided. */
  #put(list: Pair[], pair: Pair, below = list.length): void {
    const { stack } = pair.begin;
    let undecided = false;
    for (let i = 0; i < below; i++) undecided ||= this.#endsOf(list[i]!.begin.name) === Ends.Unknown;
    if (undecided) {
      list[below - 1]!.waiting.push(pair);
      this.#waiting[stack] = (this.#waiting[stack] ?? 0) + 1;
      return;
    }
    this.#give(pair, this.#around(list, below));
  }

  /** Rows of a pair and of what waited within it, the innermost first, as they ended. */
  #give(pair: Pair, around: Pair | null): void {
    pair.place ??= this.#placeIn(pair, around);
    const { stack } = pair.begin;
    this.#waiting[stack] = (this.#waiting[stack] ?? 0) - pair.waiting.length;
    for (const inner of pair.waiting) this.#give(inner, pair);
    pair.waiting = [];
    if (around !== null) addTo(around, pair);
    this.#row(SpanKind.Span, pair, pair.place);
  }

  /** The innermost pair around position `at` of a list that is known to be a call; its place is settled. */
  #around(list: readonly Pair[], at: number): Pair | null {
    let around: Pair | null = null;
    for (let i = 0; i < at; i++) {
      const pair = list[i]!;
      if (this.#endsOf(pair.begin.name) !== Ends.Seen) continue;
      pair.place ??= this.#placeIn(pair, around);
      around = pair;
    }
    return around;
  }

  #placeIn(pair: Pair, around: Pair | null): Place {
    const { host, isRoot } = this.#options;
    const { begin, graph } = pair;
    const above = around?.place ?? null;
    // The nearer of the two that it may stand in: the one that began later.
    const inGraph = graph !== null && (around === null || graph.span > around.span);
    const parentFlags = inGraph ? graph.flags : (above?.flags ?? 0);
    let flags = parentFlags & (SpanFlag.InInterrupt | SpanFlag.InRoot);
    if (begin.interrupt === 'irq' || begin.interrupt === 'softirq')
      flags |= SpanFlag.InInterrupt | SpanFlag.InterruptEntry;
    else if (begin.interrupt === 'context' && (flags & SpanFlag.InInterrupt) === 0)
      flags |= SpanFlag.InInterrupt | SpanFlag.InterruptEntry;
    let level = inGraph ? graph.level + 1 : above === null ? 0 : above.level + 1;
    if ((flags & SpanFlag.InRoot) === 0 && (isRoot === null || isRoot(begin.name))) {
      flags |= SpanFlag.InRoot;
      if (isRoot !== null) level = 0;
    }
    for (let outer = around; outer !== null; outer = outer.place!.around) {
      if (outer.begin.name === begin.name) flags |= SpanFlag.Recursive;
    }
    // Paths of calls that function_graph shows would count the same time twice.
    const tree = graph === null && (above === null || above.node >= 0) ? host.callTree : null;
    return {
      level,
      flags,
      parent: inGraph ? graph.span : around === null ? -1 : around.span,
      parentName: inGraph ? graph.name : around === null ? -1 : around.begin.name,
      node: tree === null ? -1 : tree.child(above?.node ?? -1, begin.name),
      around,
    };
  }

  #row(kind: number, pair: Pair, place: Place): void {
    const { begin } = pair;
    let { durationNs } = pair;
    let selfNs = durationNs - pair.childNs;
    const { exclude } = this.#options;
    if (exclude && kind === SpanKind.Span) {
      let excludedNs = 0;
      if (exclude.irq) excludedNs += pair.irqNs;
      if (exclude.softirq) excludedNs += pair.softirqNs;
      if (exclude.offCpu) {
        excludedNs += pair.offNs;
        selfNs -= pair.ownOffNs;
      }
      durationNs = Math.max(0, durationNs - excludedNs);
    }
    this.#options.host.add({
      kind,
      ...place,
      name: begin.name,
      task: begin.task,
      cpu: begin.cpu,
      stack: begin.stack,
      span: pair.span,
      startNs: begin.timeNs,
      durationNs: kind === SpanKind.Span ? durationNs : Number.NaN,
      selfNs: kind === SpanKind.Span ? Math.min(Math.max(0, selfNs), durationNs) : Number.NaN,
      children: pair.children,
      descendants: pair.descendants,
      irqNs: pair.irqNs,
      softirqNs: pair.softirqNs,
      offNs: pair.offNs,
      line: begin.line,
    });
  }

  #endsOf(name: NameId): number {
    return this.#ends[name] ?? Ends.Unknown;
  }

  #setEnds(name: NameId, ends: number): void {
    if (name >= this.#ends.length) {
      const bigger = new Uint8Array(name * 2);
      bigger.set(this.#ends);
      this.#ends = bigger;
    }
    this.#ends[name] = ends;
  }
}

/** Counts a pair that is over for the one around it. */
function addTo(around: Pair, pair: Pair): void {
  if (!Number.isNaN(pair.durationNs)) around.childNs += pair.durationNs;
  around.children++;
  around.descendants += pair.descendants + 1;
  around.offNs += pair.offNs;
  const isEntry = (pair.place!.flags & SpanFlag.InterruptEntry) !== 0 && !Number.isNaN(pair.durationNs);
  const { interrupt } = pair.begin;
  if (isEntry && interrupt === 'softirq') {
    around.softirqNs += Math.max(0, pair.durationNs - pair.irqNs);
    around.irqNs += pair.irqNs;
  } else if (isEntry) {
    around.irqNs += Math.max(0, pair.durationNs - pair.softirqNs);
    around.softirqNs += pair.softirqNs;
  } else {
    around.irqNs += pair.irqNs;
    around.softirqNs += pair.softirqNs;
  }
}
