import { IN_USE, ZSPAGE_ROW } from '../../model/zsmalloc/pool.ts';
import { Sharing, type StepOrder, stepOrder } from './order.ts';
import { ConditionBit, Op, PoolAction, type Program } from './program.ts';
import { quantileSource } from './random.ts';
import { RETURNS_AT_ONCE } from './recorder.ts';
import { joinQueue, takeOver } from './spin-source.ts';
import { BUCKETS } from './time.ts';

const WORDS = 4;
/** What the hot function counts in variables goes to the recorder's accounts at its end. */
const ACCOUNTS = 'account[0] += work; account[1] += taken; account[2] += put; account[3] += missed;';

/** The luck of the operation at hand: mix(op, 0, seed). */
const LUCK = `q = Math.imul(op ^ seed, 0x9e3779b1) ^ ${Math.imul(0x7f4a7c15, 0x85ebca6b)};
q ^= q >>> 15; q = Math.imul(q, 0x2c1b3c6d); q ^= q >>> 12; q = Math.imul(q, 0x297a2d39);
luck[thread] = q ^ (q >>> 15);`;

/** What the hot function is made for, besides the program. */
export interface Shape {
  /** Which zspages are made and emptied is given with the operations, not looked up in the pool. */
  readonly hasRecordedZspages: boolean;
  /** Operations may be folios of several pages. */
  readonly hasFolios: boolean;
  readonly cpus: number;
  /** CPUs that have any thread, in their order. */
  readonly usedCpus: readonly number[];
  /** By cost: all quantiles are equal; the operations' own costs are known. */
  readonly isConstant: readonly boolean[];
  readonly isRecorded: readonly boolean[];
  /** By lock family, see {@link Sharing}. */
  readonly sharing: Int32Array;
  /** There are workers or hogs, not only tasks. */
  readonly hasOthers: boolean;
  /** No step looks for a zspage: frees need only count objects, see {@link Pool.freesAlone}. */
  readonly onlyFrees: boolean;
  /** Each task has a CPU for itself. */
  readonly allAlone: boolean;
  /** Entry of each path that tasks run. */
  readonly paths: readonly number[];
  /** Some tasks go on only as long as others do. */
  readonly hasBackground: boolean;
  /** Whoever waits for the device sleeps until its interrupt. */
  readonly sleepsForDevice: boolean;
}

/** A program as the source of a JavaScript function, and the labels in it. */
export interface Generated {
  readonly source: string;
  /** Label of each path's entry, by its place in the program. */
  readonly labelAt: ReadonlyMap<number, number>;
  /** By label of a wait: where a waiter goes on that was given the lock. */
  readonly behind: Int32Array;
}

/** Whole numbers that the hot function is given, besides a budget of events. */
export const HOT_NUMBERS = ['seed', 'firstWorker', 'firstHog'] as const;

/**
 * Writes the hot loop for a program, in the language of `wasm/syntax.ts`: one function, each step in line
 * with its constants, no table of instructions to read. It takes the earliest CPU, runs its steps until one that others can notice
 * comes later than another CPU's time, and takes the next. Labels of a switch are the places where a
 * thread can go on.
 */
export function generate(program: Program, shape: Shape): Generated {
  return new Generator(program, shape).generate();
}

class Generator {
  readonly #program: Program;
  readonly #shape: Shape;
  readonly #order: StepOrder;
  readonly #labels = new Map<string, number>();
  readonly #behind: number[] = [];
  readonly #done = new Set<number>();
  readonly #open: number[] = [];
  /** Cases that stand behind all paths. */
  readonly #rare: string[] = [];
  #text: string[] = [];

  constructor(program: Program, shape: Shape) {
    this.#program = program;
    this.#shape = shape;
    const drains = program.queues.map((queue) => program.entry.get(queue.declaration.drain)!);
    this.#order = stepOrder(program, [...shape.paths, ...drains]);
  }

  generate(): Generated {
    const { queues, entry } = this.#program;
    const labelAt = new Map<number, number>();
    this.#label('between');
    const drains = queues.map((queue) => entry.get(queue.declaration.drain)!);
    for (const at of [...this.#shape.paths, ...drains]) {
      labelAt.set(at, this.#label(`at ${at}`));
      this.#open.push(at);
    }
    for (let at = this.#open.shift(); at !== undefined; at = this.#open.shift()) this.#emitFrom(at);
    const source = this.#frame(`${this.#between()}\n${this.#text.join('\n')}\n${this.#rare.join('\n')}`);
    const behind = new Int32Array(this.#labels.size);
    for (let k = 0; k < this.#behind.length; k++) behind[k] = this.#behind[k] ?? 0;
    return { source, labelAt, behind };
  }

  #label(name: string): number {
    let label = this.#labels.get(name);
    if (label === undefined) {
      label = this.#labels.size;
      this.#labels.set(name, label);
    }
    return label;
  }

  // ---------------------------------------------------------------- the frame

  #frame(cases: string): string {
    const { usedCpus } = this.#shape;
    return `
const never = bits(infinite[0]);
let left = budget;
let work = 0.0, taken = 0, put = 0, missed = 0, q = 0;
let n = never, earliest = never, nextCpu = 0, limit = Infinity;
pick: for (;;) {
  let cpu = ${usedCpus[0] ?? 0};
  earliest = bits(now[cpu]);
${usedCpus
  .slice(1)
  .map(
    (k) => `  n = bits(now[${k}]); cpu = n < earliest ? ${k} : cpu; earliest = n < earliest ? n : earliest;`,
  )
  .join('\n')}
  let t = double(earliest);
  if (t === Infinity) { ${ACCOUNTS} return false; }
  let thread = running[cpu];
  let state = pc[thread];
  let op = operation[thread];
  ${this.#lookAround()}
  run: for (;;) {
    steps: switch (state) {
${cases}
    }
    now[cpu] = t;
    pc[thread] = state;
    left--;
    if (left < 0) { ${ACCOUNTS} return true; }
    if (limit === Infinity) continue pick;
    cpu = nextCpu;
    t = limit;
    thread = running[cpu];
    state = pc[thread];
    op = operation[thread];
    ${this.#lookAround()}
  }
}`;
  }

  /**
   * The earliest of the other CPUs, the first of several, and its time. Where to go on is known from here on,
   * long before this CPU's next time is: so processors need not wait for it.
   */
  #lookAround(): string {
    const look = (k: number) => `n = bits(now[${k}]); n = cpu === ${k} ? never : n;`;
    const others = this.#shape.usedCpus.slice(1);
    const compare = (k: number) =>
      `nextCpu = earliest <= n ? nextCpu : ${k}; earliest = n < earliest ? n : earliest;`;
    const start = this.#shape.usedCpus[0] ?? 0;
    return `${look(start)} nextCpu = ${start}; earliest = n;
${others.map((k) => `${look(k)} ${compare(k)}`).join('\n')}
limit = double(earliest);`;
  }

  /** Where a thread begins its next operation. */
  #between(): string {
    const others = `if (thread >= firstWorker) {
  if (thread >= firstHog) { threads.spin(cpu, thread, t); continue pick; }
  const queue = thread - firstWorker;
  op = queues.take(queue) | 0;
  if (op < 0) { threads.sleep(cpu, thread, t); continue pick; }
  ${this.#start()}
  state = drainLabel[queue];
  continue run;
}`;
    const background = `if (isBackground[thread] && threads.isOver(cpu, t)) { threads.retire(cpu, thread, t); continue pick; }`;
    const entries = this.#shape.paths.map((at) => this.#label(`at ${at}`));
    const go = entries.length === 1 ? `state = ${entries[0]};` : 'state = entryLabel[rows[op * 5 + 4]];';
    return `case 0: {
${this.#shape.hasOthers ? others : ''}
${this.#shape.hasBackground ? background : ''}
op = next[thread];
${this.#start()}
${go}
continue run;
}`;
  }

  /** A thread starts an operation. */
  #start(): string {
    const folio = this.#shape.hasFolios
      ? 'lead[thread] = op; page[thread] = op; batch[thread] = op; batchEnd[thread] = op + folioPages[op]; batched[thread] = 0;'
      : '';
    return `operation[thread] = op;
${folio}
startNs[thread] = t;
${LUCK}`;
  }

  // ---------------------------------------------------------------- steps

  /** Writes instructions from here on, up to the end of the path or to what stands already. */
  #emitFrom(start: number): void {
    const { code } = this.#program;
    let at = start;
    for (;;) {
      if (this.#done.has(at)) {
        this.#text.push(`state = ${this.#label(`at ${at}`)}; continue run;`);
        return;
      }
      this.#done.add(at);
      const index = at / WORDS;
      const op = code[at]!;
      const ordered = this.#order.isOrdered[index] && !this.#isPrivateStep(at);
      const isMet = ordered || this.#order.isTarget[index] || this.#labels.has(`at ${at}`) || op === Op.End;
      if (isMet) this.#text.push(`case ${this.#label(`at ${at}`)}:`);
      if (ordered) this.#text.push(this.#meet(at));
      if (op === Op.Jump) {
        at = code[at + 2]!;
        continue;
      }
      if (op === Op.End) {
        this.#text.push(this.#end(this.#label(`at ${at}`)));
        return;
      }
      if (op === Op.JumpBack) {
        this.#text.push(this.#goto(code[at + 2]!));
        return;
      }
      if (op === Op.LockPages) {
        const chance = `happens(luck[thread], ${code[at + 3]}, ${code[at + 1]})`;
        this.#text.push(`if (!${chance}) { ${this.#goto(code[at + 2]!)} }`);
        this.#text.push(`conditions[thread] &= ${~(1 << ConditionBit.ZspageEmpty)};`);
      } else if (op === Op.Again) this.#text.push(`if (${this.#holds(at)}) { ${this.#goto(code[at + 2]!)} }`);
      else if (op === Op.JumpUnless) {
        const to = code[at + 2]!;
        const body = this.#inlineBody(at + WORDS, to);
        if (body === undefined) this.#text.push(`if (!(${this.#holds(at)})) { ${this.#goto(to)} }`);
        else {
          this.#text.push(`if (${this.#holds(at)}) { ${body} }`);
          at = to;
          continue;
        }
      } else this.#text.push(`{ ${this.#step(at)} }`);
      // Over the branch of failure stands a jump.
      const branches = op === Op.TryLock || op === Op.TryReadLock || op === Op.Enqueue;
      at = branches ? code[at + 6]! : at + WORDS;
    }
  }

  /** A branch in which nothing can be met, in place. */
  #inlineBody(from: number, to: number): string | undefined {
    const lines: string[] = [];
    for (let at = from; at < to; at += WORDS) {
      const op = this.#program.code[at]!;
      const isPlain = op === Op.Work || op === Op.WorkPerPage || op === Op.WorkPerObject || op === Op.Pool;
      if (!isPlain || this.#order.isOrdered[at / WORDS] || this.#order.isTarget[at / WORDS]) return undefined;
      lines.push(`{ ${this.#step(at)} }`);
    }
    return lines.join(' ');
  }

  #goto(at: number): string {
    if (!this.#done.has(at)) this.#open.push(at);
    return `state = ${this.#label(`at ${at}`)}; continue run;`;
  }

  #isPrivateStep(at: number): boolean {
    const op = this.#program.code[at]!;
    const isLock = (op >= Op.Lock && op <= Op.TryLock) || op === Op.LockRun || op === Op.UnlockRun;
    return isLock && op !== Op.UnlockRun && this.#isOwn(this.#program.code[at + 1]!);
  }

  /** Others come first: the thread stays here until its time has come. */
  #meet(at: number): string {
    const label = this.#label(`at ${at}`);
    const op = this.#program.code[at]!;
    const family = this.#program.code[at + 1]!;
    const isLock = op >= Op.Lock && op <= Op.TryLock;
    const partly =
      isLock && this.#shape.sharing[family] === Sharing.Some ? ` && isShared[${this.#member(family)}]` : '';
    return `if (t >= limit && (t > limit || nextCpu < cpu)${partly}) { state = ${label}; break steps; }`;
  }

  #holds(at: number): string {
    return `conditions[thread] & ${1 << this.#program.code[at + 1]!}`;
  }

  /** Each member is of one CPU only. */
  #isOwn(family: number): boolean {
    return this.#shape.sharing[family] === Sharing.None;
  }

  /** Takes a lock that is of this CPU only: its line comes from elsewhere once. */
  #takeOwn(family: number): string {
    const { per } = this.#program.locks[family]!.declaration;
    const { cpus } = this.#shape;
    return `const m = rows[op * 5 + ${per === 'slot' ? 2 : 3}];
const d = moves[touched${family}[m] === 0 ? ${2 * family + 1} : ${2 * family}];
touched${family}[m] = 1; t += d; work += d;
ownSinceNs[${family * cpus} + cpu] = t; acquisitions[${family}]++;`;
  }

  #member(family: number): string {
    const { per } = this.#program.locks[family]!.declaration;
    const index = {
      pool: '',
      device: '',
      class: ' + rows[op * 5 + 1]',
      slot: ' + rows[op * 5 + 2]',
      cluster: ' + rows[op * 5 + 3]',
      cpu: ' + cpu',
    }[per];
    return `first[${family}]${index}`;
  }

  #step(at: number): string {
    const { code, locks } = this.#program;
    const [op, a, b, c] = code.subarray(at, at + 4) as unknown as [number, number, number, number];
    switch (op) {
      case Op.Work:
        return `const d = ${this.#cost(at)}; t += d; work += d;`;
      case Op.WorkPerPage:
        return `const d = ${this.#cost(at)} * pages[thread]; t += d; work += d;`;
      case Op.WorkPerObject:
        return `const d = ${this.#cost(at)} * objects[thread]; t += d; work += d;`;
      case Op.Atomic:
        return `const begin = lineFree[${a}] > t ? lineFree[${a}] : t;
if (begin > t) { lineWaitNs[${a}] += begin - t; waitedNs[thread] += begin - t; }
const d = constant[lineCpu[${a}] === cpu ? 0 : 1];
t = begin + d; work += d;
lineFree[${a}] = t;
lineCpu[${a}] = cpu;`;
      case Op.Lock:
        return this.#lock(at, a, '');
      case Op.LockRun:
        return this.#lock(at, a, 'if (thread >= firstWorker) kept[thread] = m;');
      case Op.Unlock:
        return this.#unlock(a);
      case Op.UnlockRun:
        return `if (thread >= firstWorker && queues.keepsLock(thread - firstWorker, rows[op * 5 + 1])) {
} else { kept[thread] = -1; ${this.#unlock(a)} }`;
      case Op.TryLock: {
        const take = 'const d = constant[lastCpu[m] === cpu ? 0 : 1]; t += d; work += d;';
        if (this.#isOwn(a)) return this.#takeOwn(a);
        return `const m = ${this.#member(a)};
const isFree = freeNs[m] <= t && queueLength[m] === 0;
${take}
if (!isFree) { missed++; ${this.#goto(b)} }
freeNs[m] = Infinity; lastCpu[m] = cpu; sinceNs[m] = t; acquisitions[${a}]++;`;
      }
      case Op.ReadLock:
      case Op.WriteLock: {
        const writes = op === Op.WriteLock ? 1 : 0;
        if (!this.#order.hasWriter[a]) {
          return `const m = ${this.#member(a)}; ${this.#passLine(a)} acquisitions[${a}]++;`;
        }
        const blocked = `writer[m] || queueLength[m] !== 0${writes ? ' || readers[m] !== 0' : ''}`;
        const taken = writes ? 'writer[m] = 1; sinceNs[m] = t;' : 'readers[m]++;';
        const waits = this.#waitLabel(at);
        this.#rare.push(`case ${waits}: locks.isNotHeld(${this.#member(a)}, ${a}, cpu);`);
        return `const m = ${this.#member(a)}; ${this.#passLine(a)}
if (${blocked}) { pc[thread] = ${waits}; locks.queue(m, ${a}, thread, cpu, t, ${writes}); continue pick; }
${taken} acquisitions[${a}]++;`;
      }
      case Op.TryReadLock: {
        const pass = `const m = ${this.#member(a)}; ${this.#passLine(a)}`;
        if (!this.#order.hasWriter[a]) return `${pass} acquisitions[${a}]++;`;
        return `${pass} if (writer[m] || queueLength[m] !== 0) { ${this.#goto(b)} }
readers[m]++; acquisitions[${a}]++;`;
      }
      case Op.Look:
        return `if (queueLength[${this.#member(a)}] !== 0) conditions[thread] |= ${1 << ConditionBit.LetsGo};`;
      case Op.NextQueued:
        return `const queued = queues.takeOwn(${a}, cpu) | 0;
if (calling[thread] < 0) calling[thread] = op;
op = queued < 0 ? calling[thread] : queued;
operation[thread] = op;
${LUCK}
if (queued < 0) { calling[thread] = -1; ${this.#goto(b)} }`;
      case Op.NextPage:
        if (c !== 0)
          return `const row = pageFates.nextPage(thread, ${c}) | 0;
op = operation[thread] = row < 0 ? batch[thread] : row;
${LUCK}
if (row < 0) { page[thread] = batch[thread]; ${this.#goto(b)} }`;
        return `const more = page[thread] < batchEnd[thread];
op = more ? ${a ? 'devices.pageInTurn(thread, page[thread]++) | 0' : 'page[thread]++'} : batch[thread];
operation[thread] = op;
${LUCK}
if (!more) { page[thread] = batch[thread]; ${this.#goto(b)} }`;
      // Batches are gone through once: behind the last one the whole folio is at hand again.
      case Op.NextBatch:
        if (c !== 0)
          return `op = operation[thread] = pageFates.nextBatch(thread, ${a}, ${c}) | 0;
${LUCK}
if (batched[thread] === 0) { ${this.#goto(b)} }`;
        return `const from = batched[thread] ? batchEnd[thread] : lead[thread], end = lead[thread] + folioPages[lead[thread]];
batched[thread] = from < end ? 1 : 0;
op = batch[thread] = page[thread] = operation[thread] = from < end ? from : lead[thread];
${LUCK}
batchEnd[thread] = from < end && from + ${a} < end ? from + ${a} : end;
if (from >= end) { ${this.#goto(b)} }`;
      case Op.Submit:
        return `serviceNs[thread] = ${this.#cost(at)}; now[cpu] = t; devices.submit(thread, cpu); t = now[cpu];`;
      case Op.Collect:
        return this.#collect(at);
      case Op.ReadUnlock:
      case Op.WriteUnlock: {
        if (!this.#order.hasWriter[a]) return `const m = ${this.#member(a)}; ${this.#passLine(a)}`;
        const left =
          op === Op.WriteUnlock
            ? `if (writer[m] === 0) locks.isNotHeld(m, ${a}, cpu); writer[m] = 0; holdNs[${a}] += t - sinceNs[m];`
            : `if (--readers[m] < 0) locks.isNotHeld(m, ${a}, cpu);`;
        return `const m = ${this.#member(a)}; ${this.#passLine(a)} ${left}
if (queueLength[m] !== 0) { locks.passOn(m, ${a}, t); ${this.#lookAround()} }`;
      }
      case Op.Pool:
        return this.#pool(a);
      case Op.Enqueue: {
        return `now[cpu] = t;
if (!queues.enqueue(${a}, op, cpu)) { ${this.#goto(b)} }
${this.#lookAround()}`;
      }
      default:
        throw new Error(`instruction ${op} of ${locks.length} locks`);
    }
  }

  /** An instruction gets a label, so that a thread can go on there. */
  #force(at: number): void {
    this.#label(`at ${at}`);
  }

  #passLine(family: number): string {
    return `const begin = lineFreeNs[m] > t ? lineFreeNs[m] : t;
if (begin > t) { lineSumNs[${family}] += begin - t; waitedNs[thread] += begin - t; }
const d = moves[lastCpu[m] === cpu ? ${2 * family} : ${2 * family + 1}];
t = begin + d; work += d;
lineFreeNs[m] = t; lastCpu[m] = cpu;`;
  }

  /** Polls for the device, or sleeps until its interrupt. */
  #collect(at: number): string {
    if (!this.#shape.sleepsForDevice) return 'now[cpu] = t; devices.poll(thread, cpu); t = now[cpu];';
    const waits = this.#waitLabel(at);
    this.#rare.push(`case ${waits}: { devices.awake(thread, cpu);
state = ${this.#label(`at ${at + WORDS}`)}; continue run; }`);
    return `now[cpu] = t;
if (devices.sleeps(thread, cpu)) { pc[thread] = ${waits}; threads.nap(cpu, thread, t); continue pick; }`;
  }

  #waitLabel(at: number): number {
    const label = this.#label(`wait ${at}`);
    this.#force(at + WORDS);
    this.#behind[label] = this.#label(`at ${at + WORDS}`);
    return label;
  }

  #lock(at: number, family: number, keeps: string): string {
    const { kind } = this.#program.locks[family]!.declaration;
    const member = `const m = ${this.#member(family)};`;
    const take = `const d = moves[lastCpu[m] === cpu ? ${2 * family} : ${2 * family + 1}];
t += d; work += d;
lastCpu[m] = cpu; sinceNs[m] = t; acquisitions[${family}]++;`;
    const own = keeps ? 'if (kept[thread] !== m)' : '';
    if (this.#isOwn(family)) return this.#takeOwn(family);
    const waits = this.#waitLabel(at);
    const taking =
      kind === 'mutex'
        ? `locks.awake(m, ${family}, thread, cpu, t);`
        : kind === 'qspinlock'
          ? takeOver(family, this.#shape.hasBackground)
          : `now[cpu] = t; if ((locks.takeOver(m, ${family}, thread) | 0) !== thread) continue pick; t = now[cpu];`;
    this.#rare.push(`case ${waits}: { ${member} ${taking}
state = ${this.#label(`at ${at + WORDS}`)}; continue run; }`);
    const waiting =
      kind === 'mutex'
        ? `pc[thread] = ${waits}; locks.sleep(m, ${family}, thread, cpu, t); continue pick;`
        : `${joinQueue(family)} state = ${waits};
if (t < limit || (t === limit && cpu < nextCpu && t !== Infinity)) continue run;
break steps;`;
    return `${member}
${own} {
${keeps}
if (freeNs[m] > t || queueLength[m] !== 0) { ${waiting} }
${take} freeNs[m] = Infinity; }`;
  }

  #unlock(family: number): string {
    const member = `const m = ${this.#member(family)};`;
    const leave = `t += constant[0]; work += constant[0]; holdNs[${family}] += t - sinceNs[m];`;
    if (this.#isOwn(family)) {
      return `t += constant[0]; work += constant[0]; holdNs[${family}] += t - ownSinceNs[${family * this.#shape.cpus} + cpu];`;
    }
    if (this.#program.locks[family]!.declaration.kind === 'mutex') {
      return `${member} holdNs[${family}] += t - sinceNs[m];
if (freeNs[m] !== Infinity || lastCpu[m] !== cpu) locks.isNotHeld(m, ${family}, cpu);
if (queueLength[m] === 0) freeNs[m] = t;
else { locks.wakeNext(m, t); ${this.#lookAround()} }
t += constant[0]; work += constant[0];`;
    }
    return `${member} ${leave}
if (freeNs[m] !== Infinity || lastCpu[m] !== cpu) locks.isNotHeld(m, ${family}, cpu);
freeNs[m] = t;
if (queueLength[m] !== 0) {
  const w = cpuOf[queueHead[m]];
  now[w] = t;
  if (t < limit || (t === limit && w < nextCpu)) { limit = t; nextCpu = w; }
}`;
  }

  #pool(action: number): string {
    if (this.#shape.hasRecordedZspages) return this.#recordedPool(action);
    switch (action) {
      case PoolAction.PutObject:
        return `put++;
${this.#free()}
zspage[thread] = z;
pages[thread] = z < 0 ? 0 : pagesOfClass[rows[op * 5 + 1]];
conditions[thread] = z < 0 ? 0 : ${1 << ConditionBit.ZspageEmpty};`;
      case PoolAction.TakeObject:
        return `const found = pool.allocateFromExisting(rows[op * 5 + 1], rows[op * 5]) >= 0;
if (found) taken++;
pages[thread] = found ? 0 : pagesOfClass[rows[op * 5 + 1]];
conditions[thread] = found ? 0 : ${1 << ConditionBit.NoRoom};`;
      case PoolAction.AddZspage:
        return 'taken++; pool.allocateFromNew(rows[op * 5 + 1], rows[op * 5]);';
      case PoolAction.DetachZspage:
        return 'pool.detach(zspage[thread]);';
      case PoolAction.CompactZspage:
        return 'compactor.round(thread, rows[op * 5 + 1]);';
      case PoolAction.PutBackDestination:
        return 'compactor.putBack();';
      case PoolAction.BulkFree:
        return this.#bulkFree();
      case PoolAction.TakeEmpty:
        return `const z = pool.firstEmpty(rows[op * 5 + 1]) | 0;
zspage[thread] = z;
pages[thread] = z < 0 ? 0 : pagesOfClass[rows[op * 5 + 1]];
conditions[thread] = z < 0 ? 0 : ${1 << ConditionBit.ZspageEmpty};
if (z >= 0) pool.detach(z);`;
      default:
        return this.#release();
    }
  }

  /** Steps of the pool where the operations say what came of them. */
  #recordedPool(action: number): string {
    if (action !== PoolAction.PutObject && action !== PoolAction.TakeObject) return '';
    const bit = action === PoolAction.PutObject ? ConditionBit.ZspageEmpty : ConditionBit.NoRoom;
    return `pages[thread] = zspagePages[op]; conditions[thread] = zspagePages[op] > 0 ? ${1 << bit} : 0;`;
  }

  /** Sets z to the zspage that the free has emptied, or to -1. */
  #free(): string {
    if (!this.#shape.onlyFrees) return 'const z = pool.free(rows[op * 5]) | 0;';
    return `const at = rows[op * 5] * 2;
let z = -1;
if (at >= 0 && at < placeOf.length) z = placeOf[at];
if (z < 0) pool.hasNoObject(rows[op * 5]);
placeOf[at] = -1;
const row = z * ${ZSPAGE_ROW} + ${IN_USE}, inUse = zspages[row] - 1;
zspages[row] = inUse;
if (inUse !== 0) z = -1;`;
  }

  /** Calls take no times: a double that goes through one is put into an object. */
  #release(): string {
    return `const k = cpu * ${RETURNS_AT_ONCE} + returnCount[cpu];
returnNs[k] = t; returnPages[k] = pool.release(zspage[thread]) | 0;
${this.#program.kernel.pageLists ? `listed[cpu] += returnPages[k]; ${this.#lookAtList()}` : ''}
if (++returnCount[cpu] === ${RETURNS_AT_ONCE}) recorder.keepReturns(cpu);`;
  }

  #bulkFree(): string {
    const { batch } = this.#program.kernel.pageLists!;
    return `listed[cpu] -= ${batch}; bulkFrees[cpu]++; ${this.#lookAtList()}`;
  }

  /** Whether the list of this CPU is full now. */
  #lookAtList(): string {
    const full = 1 << ConditionBit.PageListFull;
    return `if (listed[cpu] >= ${this.#program.kernel.pageLists!.high}) conditions[thread] |= ${full}; else conditions[thread] &= ${~full};`;
  }

  #cost(at: number): string {
    const { code } = this.#program;
    const cost = code[at + 1]!;
    const { isConstant, isRecorded } = this.#shape;
    const drawn = isConstant[cost]
      ? `quantiles[${cost * 64}]`
      : `quantiles[${cost * 64} + ${quantileSource('luck[thread]', code[at + 3]!, 'q')}]`;
    if (!isRecorded[cost]) return drawn;
    return `(recorded${cost}[op] === recorded${cost}[op] ? recorded${cost}[op] : ${drawn})`;
  }

  #end(label: number): string {
    const { hasFolios } = this.#shape;
    const hasQueues = this.#program.queues.length > 0;
    const worker = hasQueues
      ? `if (thread >= firstWorker) {
  pc[thread] = 0;
  workers[0] += t - startNs[thread];
  if (t > workers[1]) workers[1] = t;
  now[cpu] = t;
  queues.done(thread - firstWorker, cpu);
  threads.goOn(cpu, thread);
  continue pick;
}`
      : '';
    const background = this.#shape.hasBackground
      ? `if (isBackground[thread]) {
  recorder.backgroundDid(d, t);
  pc[thread] = 0;
  threads.pause(cpu, thread, t, +threads.turnOver(thread, op, t));
  continue pick;
}`
      : '';
    const p = this.#shape.paths.length === 1 ? '0' : 'rows[op * 5 + 4]';
    // Who comes next on a CPU with several threads may depend on whom others have woken.
    const shared = this.#shape.hasOthers || !this.#shape.allAlone;
    const meet = shared
      ? `if (!alone[cpu] && t >= limit && (t > limit || nextCpu < cpu)) { state = ${label}; break steps; }`
      : '';
    return `{ ${meet} ${worker}
${hasFolios ? 'op = lead[thread];' : ''}
const p = ${p}, d = t - startNs[thread];
latency[p * ${BUCKETS} + (d >= 16 && d < 0x40000000 ? (q = 27 - Math.clz32(d | 0), q * 16 + ((d | 0) >> q)) : bucketOf(d))]++;
sumNs[p] += d;
if (d > maxNs[p]) maxNs[p] = d;
operations[p]++;
${background}
const n = op + ${hasFolios ? 'folioPages[op]' : '1'};
next[thread] = n;
if (n !== last[thread]${this.#shape.allAlone ? '' : ' && alone[cpu]'}) { t += thinkNs[n]; state = 0; continue run; }
pc[thread] = 0;
taskEndNs[thread] = t;
threads.ended(cpu, thread, t, n === last[thread] ? Infinity : t + thinkNs[n]);
continue pick; }`;
  }
}
