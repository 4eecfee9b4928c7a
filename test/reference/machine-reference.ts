/**
 * The slow, obvious machine that judges the fast one: one object for each thing, plain arrays, a
 * generator for each operation that stops wherever another CPU could notice it. Works on the steps
 * themselves, not on the compiled program.
 */
import {
  type Condition,
  type KernelModel,
  type LockDeclaration,
  PAGE_FATES,
  type PageFate,
  type Step,
} from '../../src/model/steps.ts';
import type { MachineRun, TaskStream } from '../../src/replay/engine/machine.ts';
import { drawKey, happens, mix, quantileIndex } from '../../src/replay/engine/random.ts';
import { USUAL_SCHEDULING } from '../../src/replay/engine/scheduling.ts';
import { quantised } from '../../src/replay/engine/time.ts';

interface Cpu {
  id: number;
  time: number;
  running: Thread | undefined;
  /** When who runs began, and when it is to make room for others. */
  began: number;
  turn: number;
  woken: Thread | undefined;
  threads: Thread[];
}

interface Operation {
  id: number;
  path: string;
  pathIndex: number;
  handle: number;
  sizeClass: number;
  slot: number;
  taskIndex: number;
  thinkNs: number;
  /** Of the zspage that it makes or empties; -1: the pool says. */
  zspagePages: number;
  /** Its pages, itself the first. */
  folio: Operation[];
}

interface Thread {
  kind: 'task' | 'worker' | 'hog';
  cpu: Cpu;
  todo: Operation[];
  task: number;
  queue: number;
  readyAt: number;
  t: number;
  now: Generator<undefined, void> | undefined;
  /** It was given the lock it waits for. */
  granted: boolean;
  /** Its next act is a release, which comes before everything else of the same time. */
  releases: boolean;
  kept: Lock | undefined;
  asleep: boolean;
  naps: boolean;
  /** Operations that it has done or begun, pages counted. */
  rows: number;
  /** A worker that does not offer its CPU now. */
  busy: boolean;
  op: Operation | undefined;
  zspage: number;
  pages: number;
  empty: boolean;
  noRoom: boolean;
  /** Pages that `each-page` goes through. */
  batch: Operation[];
  /** When the pages are done that it has handed to a device. */
  inFlight: number[];
  moreToMove: boolean;
  letsGo: boolean;
  listFull: boolean;
  objects: number;
  background: TaskStream['background'];
  /** What it does again and again. */
  all: readonly Operation[];
}

interface Lock {
  held: boolean;
  writer: boolean;
  readers: number;
  lastCpu: number;
  lineFree: number;
  since: number;
  queue: { thread: Thread; since: number; writes: boolean }[];
}

export interface ReferenceResult {
  endNs: number;
  taskEndNs: number[];
  /** By path: durations in the order in which they ended on each task. */
  durations: number[][];
  locks: Record<string, { acquisitions: number; contended: number; waitNs: number; holdNs: number }>;
  lineWaitNs: number[];
  queues: { queued: number; overflowed: number; leftOver: number; most: number }[];
  returned: [number, number][];
  bulkFrees: number;
  readersBehind: { holder: number; queue: number };
  /** Who took which lock when: for exclusion and order. */
  holds: { lock: string; from: number; to: number; reads: boolean }[];
}

/** A page has one of some fates; the first row of an operation stands for all of its pages. */
function isMeant(page: Operation, only: readonly PageFate[] | undefined): boolean {
  if (only === undefined) return true;
  return page.folio.length === 0 && only.includes(PAGE_FATES[page.pathIndex]!);
}

function twoLargestFirst(pages: readonly Operation[]): readonly Operation[] {
  const rest = [...pages];
  const first: Operation[] = [];
  while (first.length < Math.min(2, pages.length)) {
    const largest = Math.max(...rest.map((page) => page.sizeClass));
    first.push(
      ...rest.splice(
        rest.findIndex((page) => page.sizeClass === largest),
        1,
      ),
    );
  }
  return [...first, ...rest];
}

export function referenceRun(run: MachineRun): ReferenceResult {
  return new Reference(run).go();
}

class Reference {
  readonly run: MachineRun;
  readonly kernel: KernelModel;
  readonly cpus: Cpu[];
  readonly threads: Thread[] = [];
  readonly locks = new Map<string, Lock>();
  readonly lines: { free: number; cpu: number }[];
  readonly queues: {
    waiting: Operation[];
    buffers: Operation[][];
    full: number;
    done: number;
    run: number;
    /** CPU whose buffer is looked at next. */
    lookAt: number;
  }[];
  readonly result: ReferenceResult;
  tasksLeft = 0;
  /** Pages in each CPU's list. */
  readonly listed = new Map<number, number>();
  /** Zspage that compaction moves objects into. */
  destination = -1;
  tasksEnd = 0;
  lastCpu = 0;
  /** By package: which device is next; by device: when its engines are free, and ends of its pages. */
  readonly turn: number[] = [];
  readonly engines: number[][] = [];
  readonly ends: number[][] = [];

  constructor(run: MachineRun) {
    this.run = run;
    this.kernel = run.program.kernel;
    this.cpus = Array.from({ length: run.cpus }, (_, id) => ({
      id,
      time: Number.POSITIVE_INFINITY,
      running: undefined,
      began: 0,
      turn: Number.POSITIVE_INFINITY,
      woken: undefined,
      threads: [],
    }));
    this.lines = this.kernel.lines.map(() => ({ free: 0, cpu: -1 }));
    this.queues = Object.values(this.kernel.queues).map(() => ({
      waiting: [],
      buffers: this.cpus.map(() => []),
      full: 0,
      done: 0,
      run: 0,
      lookAt: 0,
    }));
    this.result = {
      endNs: 0,
      taskEndNs: run.tasks.map(() => 0),
      durations: run.paths.map(() => []),
      locks: Object.fromEntries(
        Object.keys(this.kernel.locks).map((name) => [
          name,
          { acquisitions: 0, contended: 0, waitNs: 0, holdNs: 0 },
        ]),
      ),
      lineWaitNs: this.kernel.lines.map(() => 0),
      queues: this.queues.map(() => ({ queued: 0, overflowed: 0, leftOver: 0, most: 0 })),
      returned: [],
      bulkFrees: 0,
      readersBehind: { holder: 0, queue: 0 },
      holds: [],
    };
    let id = 0;
    run.tasks.forEach((task, t) => {
      const todo = Array.from(task.path, (path, i) => ({
        id: id++,
        path: run.paths[path]!,
        pathIndex: path,
        handle: task.handle[i]!,
        sizeClass: task.sizeClass[i]!,
        slot: task.slot[i]!,
        taskIndex: t,
        thinkNs: quantised(task.thinkNs[i]!),
        zspagePages: task.zspagePages?.[i] ?? -1,
        folio: [] as Operation[],
      })).flatMap((first, i, rows) => {
        const count = task.pages?.[i] ?? 1;
        first.folio = rows.slice(i, i + count);
        return count > 0 ? [first] : [];
      });
      if (todo.length > 0 && !task.background) this.tasksLeft++;
      const readyAt = todo[0]?.thinkNs ?? Number.POSITIVE_INFINITY;
      this.add('task', task.cpu, { todo, task: t, readyAt, background: task.background, all: [...todo] });
    });
    this.queues.forEach((_, queue) => {
      this.add('worker', Math.max(0, run.workerCpu), {
        queue,
        asleep: true,
        readyAt: Number.POSITIVE_INFINITY,
      });
    });
    run.hogs.forEach((count, cpu) => {
      for (let k = 0; k < count; k++) this.add('hog', cpu, {});
    });
    for (const cpu of this.cpus) this.schedule(cpu, 0);
  }

  add(kind: Thread['kind'], cpu: number, more: Partial<Thread>): void {
    const thread: Thread = {
      kind,
      cpu: this.cpus[cpu]!,
      todo: [],
      task: -1,
      queue: -1,
      readyAt: 0,
      t: 0,
      now: undefined,
      granted: false,
      releases: false,
      kept: undefined,
      asleep: false,
      rows: 0,
      busy: false,
      op: undefined,
      zspage: -1,
      pages: 0,
      empty: false,
      noRoom: false,
      batch: [],
      inFlight: [],
      naps: false,
      moreToMove: false,
      letsGo: false,
      listFull: false,
      objects: 0,
      background: undefined,
      all: [],
      ...more,
    };
    this.threads.push(thread);
    thread.cpu.threads.push(thread);
  }

  go(): ReferenceResult {
    let clock = 0;
    for (;;) {
      let next: Cpu | undefined;
      for (const cpu of this.cpus) {
        if (cpu.time === Number.POSITIVE_INFINITY) continue;
        const comesFirst =
          !next ||
          cpu.time < next.time ||
          (cpu.time === next.time && cpu.running?.releases === true && !next.running?.releases);
        if (comesFirst) next = cpu;
      }
      if (!next) break;
      if (next.time < clock) throw new Error('time went backwards');
      clock = next.time;
      if (next.running) this.advance(next, next.running);
      else this.pull(next, clock);
    }
    this.queues.forEach((queue, q) => {
      for (const buffer of queue.buffers) this.result.queues[q]!.leftOver += buffer.length;
    });
    if (this.tasksLeft > 0) throw new Error('tasks are left');
    this.result.returned.sort((a, b) => a[0] - b[0]);
    return this.result;
  }

  /** All tasks have ended; at the very moment of the last end only its own CPU knows. */
  isOver({ id, time }: Cpu): boolean {
    if (this.tasksLeft > 0) return false;
    return time > this.tasksEnd || (time === this.tasksEnd && id === this.lastCpu);
  }

  advance(cpu: Cpu, thread: Thread): void {
    thread.t = cpu.time;
    if (!thread.now) {
      if (thread.kind === 'hog') {
        const over = this.isOver(cpu);
        const until = over ? cpu.time : this.tickFrom(cpu.time + this.slice);
        thread.readyAt = over ? Number.POSITIVE_INFINITY : until;
        this.schedule(cpu, until);
        return;
      }
      let op: Operation | undefined;
      if (thread.kind === 'worker') {
        op = this.takeQueued(thread.queue);
        if (!op) {
          thread.asleep = true;
          thread.readyAt = Number.POSITIVE_INFINITY;
          this.schedule(cpu, cpu.time);
          return;
        }
      } else {
        if (thread.background && this.isOver(cpu)) {
          thread.readyAt = Number.POSITIVE_INFINITY;
          this.schedule(cpu, cpu.time);
          return;
        }
        op = thread.todo.shift()!;
      }
      thread.op = op;
      thread.now = this.operation(thread, op);
    }
    // Where it stops is its time, unless it was blocked: then whoever lets it go on sets that.
    cpu.time = Number.NaN;
    const { done } = thread.now.next();
    if (done) thread.now = undefined;
    else if (Number.isNaN(cpu.time)) cpu.time = thread.t;
  }

  // ---------------------------------------------------------------- scheduling

  get slice(): number {
    return quantised(this.run.times.sliceNs);
  }

  get scheduling() {
    return this.run.scheduling ?? USUAL_SCHEDULING;
  }

  tickFrom(t: number): number {
    const tick = quantised(this.scheduling.tickNs);
    let at = quantised(this.scheduling.firstTickNs) - tick;
    while (at < t) at += tick;
    return at;
  }

  /** Tick after tick from the beginning of a slice on, until the others are asked in. */
  nextTurn(began: number, t: number): number {
    const { tickNs, firstTickNs, preemption } = this.scheduling;
    const tick = quantised(tickNs);
    const slice = quantised(this.run.times.sliceNs);
    let end = began + slice;
    let k = Math.floor((began - quantised(firstTickNs)) / tick);
    const at = () => quantised(firstTickNs) + k * tick;
    for (; at() < t; k++) if (at() >= end) end = at() + slice;
    let asked = t;
    for (; asked < end; k++) asked = at() >= end ? at() : asked;
    if (preemption.counts === 'at-once') return asked;
    let next = Math.floor((asked - quantised(firstTickNs)) / tick);
    while (quantised(firstTickNs) + next * tick <= asked) next++;
    return quantised(firstTickNs) + next * tick;
  }

  schedule(cpu: Cpu, t: number): void {
    const last = cpu.running;
    const turn = last ? cpu.threads.indexOf(last) + 1 : 0;
    const inTurn = [...cpu.threads.slice(turn), ...cpu.threads.slice(0, turn)];
    const at = (thread: Thread) => Math.max(t, thread.readyAt);
    const earliest = Math.min(...inTurn.map(at));
    const woken = cpu.woken && cpu.woken.readyAt <= t ? cpu.woken : undefined;
    cpu.woken = undefined;
    cpu.turn = Number.POSITIVE_INFINITY;
    if (earliest === Number.POSITIVE_INFINITY) {
      cpu.running = undefined;
      cpu.time = Number.POSITIVE_INFINITY;
      if (this.canPull && this.isOpen(cpu) && this.threads.some((thread) => this.waits(thread, t)))
        cpu.time = t + quantised(this.scheduling.pullNs);
      return;
    }
    cpu.running = woken ?? inTurn.find((thread) => at(thread) === earliest)!;
    const switched = last !== undefined && last !== cpu.running;
    cpu.time = at(cpu.running) + (switched ? quantised(this.run.times.contextSwitchNs) : 0);
    cpu.began = cpu.time;
    for (const other of cpu.threads) {
      if (other === cpu.running || other.readyAt === Number.POSITIVE_INFINITY) continue;
      cpu.turn = Math.min(cpu.turn, this.nextTurn(cpu.began, Math.max(cpu.began, other.readyAt)));
      if (other.readyAt - t < this.slice && this.isMovable(other)) this.letOthersPull(t);
    }
  }

  isOpen(cpu: Cpu): boolean {
    const { run } = this;
    return cpu.id !== run.workerCpu && !run.tasks.some((task) => task.background && task.cpu === cpu.id);
  }

  get workersMove(): boolean {
    const wakes = Object.values(this.kernel.queues).some((queue) => queue.wakes !== 'never');
    return this.run.workerCpu < 0 && wakes;
  }

  get canPull(): boolean {
    const { run } = this;
    const isShared = this.cpus.some((_, cpu) => {
      const own = run.tasks.filter((task) => task.cpu === cpu && !task.background).length;
      return own > 0 && own + run.hogs[cpu]! > 1;
    });
    return run.cpus > 1 && (this.workersMove || isShared);
  }

  isMovable(thread: Thread): boolean {
    if (thread.kind === 'task') return thread.background === undefined;
    if (thread.kind === 'hog' || this.run.workerCpu >= 0) return false;
    return Object.values(this.kernel.queues)[thread.queue]!.worker !== 'bound';
  }

  waits(thread: Thread, t: number): boolean {
    const isBetween = thread.now === undefined;
    const runs = thread.cpu.running === thread;
    return this.isMovable(thread) && isBetween && !thread.kept && !runs && thread.readyAt - t < this.slice;
  }

  idles(cpu: Cpu, t: number): boolean {
    const present = cpu.running;
    if (present?.naps && cpu.time > t) return true;
    return !present || (!present.now && present.readyAt - t >= quantised(this.run.times.sliceNs));
  }

  letOthersPull(t: number): void {
    if (!this.canPull) return;
    for (const cpu of this.cpus)
      if (this.isOpen(cpu) && !cpu.running && cpu.time === Number.POSITIVE_INFINITY)
        cpu.time = t + quantised(this.scheduling.pullNs);
  }

  pull(cpu: Cpu, t: number): void {
    cpu.time = Number.POSITIVE_INFINITY;
    const waiting = this.cpus.map(({ threads, running }) => {
      const turn = running ? threads.indexOf(running) + 1 : 0;
      return [...threads.slice(turn), ...threads.slice(0, turn)].filter((thread) => this.waits(thread, t));
    });
    const most = Math.max(...waiting.map((list) => list.length));
    if (most === 0) return;
    this.move(waiting.find((list) => list.length === most)![0]!, cpu);
    this.schedule(cpu, t);
  }

  makeReady(thread: Thread, t: number): void {
    const { cpu } = thread;
    if (this.idles(cpu, t)) {
      thread.readyAt = t + quantised(this.run.times.wakeNs);
      this.schedule(cpu, t);
      return;
    }
    thread.readyAt = t;
    cpu.woken = thread;
    cpu.turn = Math.min(cpu.turn, this.nextTurn(cpu.began, t));
    if (this.isMovable(thread)) this.letOthersPull(t);
  }

  wakeWorker(queue: number, by: number, t: number): void {
    const worker = this.threads.find((thread) => thread.kind === 'worker' && thread.queue === queue)!;
    if (!worker.asleep) return;
    worker.asleep = false;
    if (this.run.workerCpu < 0) {
      const room = [worker.cpu, ...this.cpus].find((cpu) => this.isOpen(cpu) && this.idles(cpu, t));
      this.move(worker, this.isMovable(worker) && room ? room : this.cpus[by]!);
    }
    this.makeReady(worker, t);
  }

  move(thread: Thread, cpu: Cpu): void {
    if (thread.cpu === cpu) return;
    thread.cpu.threads = thread.cpu.threads.filter((other) => other !== thread);
    if (thread.cpu.woken === thread) thread.cpu.woken = undefined;
    cpu.threads.push(thread);
    thread.cpu = cpu;
  }

  // ---------------------------------------------------------------- an operation

  *operation(thread: Thread, op: Operation): Generator<undefined, void> {
    const start = thread.t;
    const { run, result } = this;
    const isWorker = thread.kind === 'worker';
    thread.batch = op.folio;
    const path = isWorker ? Object.values(this.kernel.queues)[thread.queue]!.drain : op.path;
    yield* this.steps(thread, op, this.kernel.paths[path]!, new Map());
    yield;
    const { cpu, t } = thread;
    result.endNs = Math.max(result.endNs, t);
    if (isWorker) {
      thread.busy = !this.offersCpu(thread.queue);
      thread.readyAt = t;
    } else {
      result.durations[op.pathIndex]!.push(t - start);
      if (!thread.background) result.taskEndNs[thread.task] = t;
      if (thread.background === 'again' && thread.todo.length === 0) thread.todo = [...thread.all];
      const next = thread.todo[0];
      if (next) thread.readyAt = t + next.thinkNs;
      else if (thread.background) thread.readyAt = Number.POSITIVE_INFINITY;
      else {
        thread.readyAt = Number.POSITIVE_INFINITY;
        this.tasksLeft--;
        const { id } = thread.cpu;
        if (t > this.tasksEnd || (t === this.tasksEnd && id < this.lastCpu)) {
          this.tasksEnd = t;
          this.lastCpu = id;
        }
      }
    }
    if (!isWorker) thread.rows += op.folio.length;
    const isAtPoint = isWorker ? !thread.busy : thread.rows % this.scheduling.operationsAtOnce === 0;
    const stays =
      thread.readyAt !== Number.POSITIVE_INFINITY &&
      (cpu.threads.length === 1 ||
        thread.kept !== undefined ||
        (thread.readyAt - t < quantised(run.times.sliceNs) && (t < cpu.turn || !isAtPoint)));
    if (stays) cpu.time = thread.readyAt;
    else {
      thread.now = undefined;
      this.schedule(cpu, t);
    }
  }

  *steps(
    thread: Thread,
    op: Operation,
    steps: readonly Step[],
    drawn: Map<string, number>,
  ): Generator<undefined, boolean> {
    for (const step of steps) if (yield* this.step(thread, op, step, drawn)) return true;
    return false;
  }

  /** One step; true when the path is left early. */
  *step(
    thread: Thread,
    op: Operation,
    step: Step,
    drawn: Map<string, number>,
  ): Generator<undefined, boolean> {
    const { run, result } = this;
    const { pool, times } = run;
    const hit = quantised(times.lineHitNs);
    const transfer = quantised(times.lineTransferNs);
    switch (step.do) {
      case 'work': {
        const count = drawn.get(step.cost) ?? 0;
        drawn.set(step.cost, count + 1);
        const luck = mix(op.id, 0, run.seed);
        const values = run.costs[run.program.costs.indexOf(step.cost)]!;
        const ns = quantised(values[quantileIndex(luck, drawKey(step.cost, count))]!);
        thread.t += step.perPage ? ns * thread.pages : step.perObject ? ns * thread.objects : ns;
        return false;
      }
      case 'atomic': {
        if (step.cost) {
          const work: Step = { do: 'work', what: step.what, cost: step.cost };
          yield* this.step(thread, op, work, drawn);
        }
        yield;
        const index = this.kernel.lines.indexOf(step.line);
        const line = this.lines[index]!;
        const begin = Math.max(thread.t, line.free);
        result.lineWaitNs[index]! += begin - thread.t;
        thread.t = begin + (line.cpu === thread.cpu.id ? hit : transfer);
        line.free = thread.t;
        line.cpu = thread.cpu.id;
        return false;
      }
      case 'lock':
      case 'lock-run': {
        const { lock, declaration, use } = this.lockOf(step.lock, thread, op);
        yield;
        const keeps = step.do === 'lock-run' && thread.kind === 'worker';
        if (keeps && thread.kept === lock) return false;
        if (keeps) thread.kept = lock;
        if (lock.held || lock.queue.length > 0) {
          if (declaration.kind === 'mutex') yield* this.sleepFor(lock, use, thread);
          else yield* this.spinFor(step.lock, lock, declaration, use, thread, op);
        } else {
          thread.t += lock.lastCpu === thread.cpu.id ? hit : transfer * (1 + (declaration.dataLines ?? 0));
          use.acquisitions++;
          lock.held = true;
          lock.since = thread.t;
        }
        lock.lastCpu = thread.cpu.id;
        return false;
      }
      case 'unlock':
      case 'unlock-run': {
        const { lock, declaration, use, name } = this.lockOf(step.lock, thread, op);
        if (step.do === 'unlock-run' && thread.kind === 'worker') {
          yield;
          const queue = this.queues[thread.queue]!;
          const longest = Object.values(this.kernel.queues)[thread.queue]!.classRun ?? 1;
          if (++queue.run < longest && queue.waiting[0]?.sizeClass === op.sizeClass) return false;
          queue.run = 0;
          thread.kept = undefined;
        }
        if (declaration.kind !== 'mutex') thread.t += hit;
        thread.releases = declaration.kind !== 'mutex';
        yield;
        thread.releases = false;
        use.holdNs += thread.t - lock.since;
        result.holds.push({ lock: name, from: lock.since, to: thread.t, reads: false });
        const head = lock.queue[0];
        if (declaration.kind === 'mutex') {
          if (head) this.makeReady(head.thread, thread.t);
          else lock.held = false;
          thread.t += hit;
        } else {
          lock.held = false;
          if (head) head.thread.cpu.time = thread.t;
        }
        return false;
      }
      case 'try-lock': {
        const { lock, use } = this.lockOf(step.lock, thread, op);
        yield;
        const isFree = !lock.held && lock.queue.length === 0;
        thread.t += lock.lastCpu === thread.cpu.id ? hit : transfer;
        if (!isFree) {
          yield* this.steps(thread, op, step.failed, new Map(drawn));
          return true;
        }
        lock.held = true;
        lock.lastCpu = thread.cpu.id;
        lock.since = thread.t;
        use.acquisitions++;
        return false;
      }
      case 'try-read-lock': {
        const { lock, use } = this.lockOf(step.lock, thread, op);
        yield;
        this.passLine(lock, thread);
        if (lock.writer || lock.queue.length > 0) {
          yield* this.steps(thread, op, step.failed, new Map(drawn));
          return true;
        }
        use.acquisitions++;
        lock.readers++;
        return false;
      }
      case 'lock-pages': {
        const count = drawn.get('pages locked') ?? 0;
        drawn.set('pages locked', count + 1);
        const luck = mix(op.id, 0, run.seed);
        if (!happens(luck, drawKey('pages locked', count), Math.round(step.fails * 2 ** 30))) return false;
        thread.empty = false;
        return yield* this.steps(thread, op, step.failed, new Map(drawn));
      }
      case 'look': {
        const { lock } = this.lockOf(step.lock, thread, op);
        yield;
        if (lock.queue.length > 0) thread.letsGo = true;
        return false;
      }
      case 'repeat':
        do {
          if (yield* this.steps(thread, op, step.steps, new Map(drawn))) return true;
        } while (this.holds(thread, step.condition));
        return false;
      case 'each-queued': {
        const q = Object.keys(this.kernel.queues).indexOf(step.queue);
        const buffer = this.queues[q]!.buffers[thread.cpu.id]!;
        for (let queued = buffer.shift(); queued; queued = buffer.shift())
          yield* this.steps(thread, queued, step.steps, new Map(drawn));
        return false;
      }
      case 'submit': {
        const count = drawn.get(step.cost) ?? 0;
        drawn.set(step.cost, count + 1);
        const values = run.costs[run.program.costs.indexOf(step.cost)]!;
        const index = quantileIndex(mix(op.id, 0, run.seed), drawKey(step.cost, count));
        yield;
        const { submittedNs, doneNs } = this.submit(thread.cpu.id, thread.t, quantised(values[index]!));
        thread.t = submittedNs;
        thread.inFlight.push(doneNs);
        return false;
      }
      case 'collect': {
        yield;
        const done = thread.inFlight.shift()!;
        const { completion } = run.devices!;
        if (done > thread.t && completion.kind === 'interrupt') {
          thread.readyAt = done + quantised(completion.wakeNs);
          thread.naps = true;
          this.schedule(thread.cpu, thread.t);
          yield;
          thread.naps = false;
        } else thread.t = Math.max(thread.t, done);
        return false;
      }
      case 'each-page':
        for (const page of step.order ? twoLargestFirst(thread.batch) : thread.batch) {
          if (!isMeant(page, step.only)) continue;
          if (yield* this.steps(thread, page, step.steps, new Map(drawn))) return true;
        }
        return false;
      case 'each-batch': {
        const meant = op.folio.filter((page) => isMeant(page, step.only));
        for (let from = 0; from < meant.length; from += step.size) {
          thread.batch = meant.slice(from, from + step.size);
          if (yield* this.steps(thread, thread.batch[0]!, step.steps, new Map(drawn))) return true;
        }
        thread.batch = op.folio;
        return false;
      }
      case 'read-lock':
      case 'write-lock': {
        const { lock, use } = this.lockOf(step.lock, thread, op);
        const writes = step.do === 'write-lock';
        yield;
        this.passLine(lock, thread);
        if (lock.writer || lock.queue.length > 0 || (writes && lock.readers > 0)) {
          if (!writes) result.readersBehind[lock.writer ? 'holder' : 'queue']++;
          lock.queue.push({ thread, since: thread.t, writes });
          thread.cpu.time = Number.POSITIVE_INFINITY;
          yield;
          return false;
        }
        use.acquisitions++;
        if (writes) {
          lock.writer = true;
          lock.since = thread.t;
        } else lock.readers++;
        return false;
      }
      case 'read-unlock':
      case 'write-unlock': {
        const { lock, use, name } = this.lockOf(step.lock, thread, op);
        yield;
        this.passLine(lock, thread);
        if (step.do === 'write-unlock') {
          lock.writer = false;
          use.holdNs += thread.t - lock.since;
          result.holds.push({ lock: name, from: lock.since, to: thread.t, reads: false });
        } else lock.readers--;
        let granted = thread.t;
        while (lock.queue.length > 0 && !lock.writer) {
          const head = lock.queue[0]!;
          if (head.writes && lock.readers > 0) break;
          granted += quantised(times.handOffOneNs);
          lock.queue.shift();
          use.waitNs += granted - head.since;
          use.contended++;
          use.acquisitions++;
          if (head.writes) {
            lock.writer = true;
            lock.since = granted;
          } else lock.readers++;
          head.thread.cpu.time = granted;
        }
        return false;
      }
      case 'pool': {
        if (op.zspagePages >= 0) {
          if (step.action !== 'put-object' && step.action !== 'take-object') return false;
          thread.pages = op.zspagePages;
          thread.empty = step.action === 'put-object' && op.zspagePages > 0;
          thread.noRoom = step.action === 'take-object' && op.zspagePages > 0;
          return false;
        }
        const pages = pool.classes[op.sizeClass]!.pagesPerZspage;
        if (step.action === 'compact-zspage') this.compactZspage(thread, op.sizeClass);
        else if (step.action === 'put-back-destination') this.putBackDestination();
        else if (step.action === 'take-empty') {
          thread.zspage = pool.firstEmpty(op.sizeClass);
          thread.empty = thread.zspage >= 0;
          thread.pages = thread.empty ? pages : 0;
          thread.noRoom = false;
          thread.moreToMove = false;
          thread.letsGo = false;
          if (thread.empty) pool.detach(thread.zspage);
        } else if (step.action === 'put-object') {
          thread.zspage = pool.free(op.handle);
          thread.empty = thread.zspage >= 0;
          thread.noRoom = false;
          thread.pages = thread.empty ? pages : 0;
        } else if (step.action === 'take-object') {
          thread.noRoom = pool.allocateFromExisting(op.sizeClass, op.handle) < 0;
          thread.empty = false;
          thread.pages = thread.noRoom ? pages : 0;
        } else if (step.action === 'add-zspage') pool.allocateFromNew(op.sizeClass, op.handle);
        else if (step.action === 'detach-zspage') pool.detach(thread.zspage);
        else if (step.action === 'bulk-free') {
          result.bulkFrees++;
          this.addToList(thread, -this.kernel.pageLists!.batch);
        } else {
          const released = pool.release(thread.zspage);
          result.returned.push([thread.t, released]);
          if (this.kernel.pageLists) this.addToList(thread, released);
        }
        return false;
      }
      case 'when': {
        return this.holds(thread, step.condition)
          ? yield* this.steps(thread, op, step.steps, new Map(drawn))
          : false;
      }
      case 'enqueue': {
        const q = Object.keys(this.kernel.queues).indexOf(step.queue);
        yield;
        if (this.enqueue(q, op, thread)) return false;
        return yield* this.steps(thread, op, step.full, new Map(drawn));
      }
      case 'call':
        yield* this.steps(thread, op, this.kernel.paths[step.path]!, drawn);
        return false;
    }
  }

  /** Engines are tried one by one; a full queue has an entry again when the first of its pages is done. */
  submit(cpu: number, t: number, serviceNs: number): { submittedNs: number; doneNs: number } {
    const { setup } = this.run.devices!;
    const pack = Math.floor(cpu / setup.cpusPerPackage);
    const ofPackage =
      setup.spread === 'cpu'
        ? Math.floor((cpu % setup.cpusPerPackage) / Math.ceil(setup.cpusPerPackage / setup.devicesPerPackage))
        : (this.turn[pack] ?? 0);
    this.turn[pack] = ((this.turn[pack] ?? 0) + 1) % setup.devicesPerPackage;
    const device = pack * setup.devicesPerPackage + ofPackage;
    this.engines[device] ??= new Array<number>(setup.enginesPerDevice).fill(0);
    this.ends[device] ??= [];
    const ends = this.ends[device];
    let submittedNs = t;
    while (ends.filter((end) => end > submittedNs).length >= setup.queueEntries)
      submittedNs = Math.min(...ends.filter((end) => end > submittedNs));
    const engines = this.engines[device];
    const engine = engines.indexOf(Math.min(...engines));
    const doneNs = Math.max(submittedNs, engines[engine]!) + serviceNs;
    engines[engine] = doneNs;
    ends.push(doneNs);
    return { submittedNs, doneNs };
  }

  holds(thread: Thread, condition: Condition): boolean {
    return {
      'no-room': thread.noRoom,
      'zspage-empty': thread.empty,
      'more-to-move': thread.moreToMove,
      'lets-go': thread.letsGo,
      'page-list-full': thread.listFull,
    }[condition];
  }

  addToList(thread: Thread, pages: number): void {
    const { high, start, startElsewhere } = this.kernel.pageLists!;
    const { id } = thread.cpu;
    const listed = (this.listed.get(id) ?? start[id] ?? startElsewhere) + pages;
    this.listed.set(id, listed);
    thread.listFull = listed >= high;
  }

  /** Object by object, as the structural replay of recorded compactions does it. */
  compactZspage(thread: Thread, sizeClass: number): void {
    const { pool } = this.run;
    thread.objects = 0;
    thread.pages = 0;
    thread.empty = false;
    thread.noRoom = false;
    thread.letsGo = false;
    thread.moreToMove = false;
    if (pool.compactablePages(sizeClass) > 0) {
      if (this.destination < 0) this.destination = pool.isolate(sizeClass, 'destination');
      const source = this.destination < 0 ? -1 : pool.isolate(sizeClass, 'source');
      thread.moreToMove = source >= 0;
      if (source >= 0) {
        while (pool.inUse(source) > 0 && !pool.isFull(this.destination)) {
          pool.moveObject(source, pool.allocatedObject(source, 0), this.destination);
          thread.objects++;
        }
        thread.empty = pool.putBack(source) === 0;
        if (thread.empty) {
          thread.zspage = source;
          thread.pages = pool.classes[sizeClass]!.pagesPerZspage;
        }
        thread.letsGo = pool.isFull(this.destination);
      }
    }
    if (!thread.moreToMove) this.putBackDestination();
  }

  putBackDestination(): void {
    if (this.destination >= 0) this.run.pool.putBack(this.destination);
    this.destination = -1;
  }

  passLine(lock: Lock, thread: Thread): void {
    const { lineHitNs, lineTransferNs } = this.run.times;
    const begin = Math.max(thread.t, lock.lineFree);
    thread.t = begin + quantised(lock.lastCpu === thread.cpu.id ? lineHitNs : lineTransferNs);
    lock.lineFree = thread.t;
    lock.lastCpu = thread.cpu.id;
  }

  *spinFor(
    name: string,
    lock: Lock,
    declaration: LockDeclaration,
    use: { acquisitions: number; contended: number; waitNs: number },
    thread: Thread,
    op: Operation,
  ): Generator<undefined, void> {
    const { times, seed } = this.run;
    const me = { thread, since: thread.t, writes: false };
    lock.queue.push(me);
    thread.cpu.time = Number.POSITIVE_INFINITY;
    for (;;) {
      yield;
      if (thread.granted) break;
      // The lock was released just now, and this is the head of its queue.
      const many = lock.queue.length > 1;
      const at =
        thread.t +
        quantised(many ? times.handOffManyNs : times.handOffOneNs) +
        quantised(times.lineTransferNs) * (declaration.dataLines ?? 0);
      let winner = me;
      if (declaration.kind === 'bit-spinlock' && many)
        winner = lock.queue[mix(this.memberOf(name, thread, op), use.contended, seed) % lock.queue.length]!;
      lock.queue.splice(lock.queue.indexOf(winner), 1);
      use.waitNs += at - winner.since;
      use.contended++;
      use.acquisitions++;
      lock.held = true;
      lock.since = at;
      lock.lastCpu = winner.thread.cpu.id;
      if (winner === me) {
        thread.t = at;
        return;
      }
      winner.thread.granted = true;
      winner.thread.cpu.time = at;
      thread.cpu.time = Number.POSITIVE_INFINITY;
    }
    thread.granted = false;
  }

  *sleepFor(
    lock: Lock,
    use: { acquisitions: number; contended: number; waitNs: number },
    thread: Thread,
  ): Generator<undefined, void> {
    const me = { thread, since: thread.t, writes: false };
    lock.queue.push(me);
    thread.readyAt = Number.POSITIVE_INFINITY;
    this.schedule(thread.cpu, thread.t);
    yield;
    lock.queue.splice(lock.queue.indexOf(me), 1);
    use.waitNs += thread.t - me.since;
    use.contended++;
    use.acquisitions++;
    lock.since = thread.t;
  }

  enqueue(q: number, op: Operation, thread: Thread): boolean {
    const declaration = Object.values(this.kernel.queues)[q]!;
    const queue = this.queues[q]!;
    const use = this.result.queues[q]!;
    if (this.isFull(q, thread.cpu) && queue.full < declaration.buffers) this.takeBuffer(q, thread.cpu);
    const list = declaration.per === 'cpu' ? queue.buffers[thread.cpu.id]! : queue.waiting;
    if (list.length >= declaration.entries) {
      use.overflowed++;
      return false;
    }
    list.push(op);
    use.queued++;
    const held = queue.waiting.length + queue.buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    use.most = Math.max(use.most, held);
    const isFull = this.isFull(q, thread.cpu);
    if (isFull && queue.full < declaration.buffers) this.takeBuffer(q, thread.cpu);
    if (isFull || declaration.per !== 'cpu') this.wakeWorker(q, thread.cpu.id, thread.t);
    return true;
  }

  isFull(q: number, cpu: Cpu): boolean {
    const { per, wakes, entries } = Object.values(this.kernel.queues)[q]!;
    return per === 'cpu' && wakes !== 'never' && this.queues[q]!.buffers[cpu.id]!.length === entries;
  }

  takeBuffer(q: number, cpu: Cpu): void {
    const queue = this.queues[q]!;
    const full = queue.buffers[cpu.id]!;
    if (Object.values(this.kernel.queues)[q]!.sortsByClass) full.sort((a, b) => a.sizeClass - b.sizeClass);
    queue.waiting.push(...full);
    queue.buffers[cpu.id] = [];
    queue.full++;
  }

  /** What a worker does next: what waits, else a full buffer, looked for from CPU to CPU. */
  takeQueued(q: number): Operation | undefined {
    const queue = this.queues[q]!;
    if (queue.waiting.length === 0) {
      const isFull = (cpu: Cpu) => this.isFull(q, cpu);
      const full = this.cpus.filter(isFull).find((cpu) => cpu.id >= queue.lookAt) ?? this.cpus.find(isFull);
      queue.lookAt = full ? full.id + 1 : 0;
      if (full) this.takeBuffer(q, full);
    }
    return queue.waiting.shift();
  }

  /** Its worker has done one handle. */
  offersCpu(q: number): boolean {
    const queue = this.queues[q]!;
    const declaration = Object.values(this.kernel.queues)[q]!;
    const { drain } = this.scheduling.preemption;
    let isBufferDone = queue.waiting.length === 0;
    if (declaration.per === 'cpu' && ++queue.done === declaration.entries) {
      queue.done = 0;
      queue.full--;
      isBufferDone = true;
    }
    if (declaration.offersCpu || drain === 'handle') return true;
    if (drain === 'buffer' && isBufferDone) return true;
    const isMore = this.cpus.some((cpu) => cpu.id >= queue.lookAt && this.isFull(q, cpu));
    return queue.waiting.length === 0 && !isMore;
  }

  memberOf(name: string, thread: Thread, op: Operation): number {
    const own = -1 - op.taskIndex;
    switch (this.kernel.locks[name]!.per) {
      case 'class':
        return op.sizeClass;
      case 'slot':
        return op.slot >= 0 ? op.slot : own;
      case 'cluster':
        return op.slot >= 0 ? Math.floor(op.slot / (this.kernel.clusterSlots ?? 512)) : own;
      case 'cpu':
        return thread.cpu.id;
      default:
        return 0;
    }
  }

  lockOf(name: string, thread: Thread, op: Operation) {
    const key = `${name} ${this.memberOf(name, thread, op)}`;
    let lock = this.locks.get(key);
    if (!lock) {
      lock = { held: false, writer: false, readers: 0, lastCpu: -1, lineFree: 0, since: 0, queue: [] };
      this.locks.set(key, lock);
    }
    return { lock, declaration: this.kernel.locks[name]!, use: this.result.locks[name]!, name: key };
  }
}
