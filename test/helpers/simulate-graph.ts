/**
 * A small kernel that records calls and prints them as function_graph does, so that a test knows
 * what really happened: each call has a name of its own (`f17`) and a duration of its own (17 us).
 * Printing follows kernel/trace/trace_functions_graph.c: banners come from the surviving records,
 * and a return is named when the printer's memory of that CPU and depth does not know the call.
 */

/** What one step does on one CPU. */
export type Action = 'enter' | 'leave' | 'leaf' | 'switch';

export type Naming = 'column' | 'banners' | 'late banners';

export interface Step {
  readonly cpu: number;
  readonly action: Action;
  /** Which of the idle tasks comes next, modulo their number. */
  readonly choice: number;
}

/** A run of one CPU's records that the ring buffer lost. */
export interface Loss {
  readonly cpu: number;
  readonly from: number;
  readonly count: number;
}

export interface Scenario {
  readonly cpus: number;
  readonly tasks: number;
  /** True: a task can go on on any CPU; false: it stays on the CPU `task % cpus`. */
  readonly migrates: boolean;
  /**
   * How the text names tasks: in a column, by banners from the start on, or by banners as a trace
   * has them, which never announce the first task of a CPU.
   */
  readonly naming: Naming;
  readonly steps: readonly Step[];
  readonly losses: readonly Loss[];
}

export interface SimulatedCall {
  readonly id: number;
  readonly task: string;
  /** -1 for a root. */
  readonly parent: number;
  hasEntry: boolean;
  hasReturn: boolean;
}

export interface Simulation {
  readonly text: string;
  /** By number: call 17 is `f17`. */
  readonly calls: readonly SimulatedCall[];
}

interface SimulatedRecord {
  readonly cpu: number;
  readonly task: number;
  readonly kind: 'enter' | 'leave' | 'leaf';
  readonly id: number;
  readonly depth: number;
  /** Set when the record before it on its CPU was lost: how many were. */
  lostBefore: number;
}

const FIRST_PID = 100;

export function simulate(scenario: Scenario): Simulation {
  const { records, calls } = record(scenario);
  const survivors = lose(records, scenario.losses);
  for (const { id, kind } of survivors) {
    if (kind !== 'leave') calls[id]!.hasEntry = true;
    if (kind !== 'enter') calls[id]!.hasReturn = true;
  }
  return { text: print(survivors, scenario), calls };
}

function record({ cpus, tasks, migrates, steps }: Scenario) {
  const running = Array.from({ length: cpus }, (_, cpu) => cpu);
  const open: number[][] = Array.from({ length: tasks }, () => []);
  const records: SimulatedRecord[] = [];
  const calls: SimulatedCall[] = [];
  for (const { cpu, action, choice } of steps) {
    const task = running[cpu]!;
    const stack = open[task]!;
    if (action === 'switch') {
      const idle = open
        .map((_, candidate) => candidate)
        .filter((candidate) => !running.includes(candidate) && (migrates || candidate % cpus === cpu));
      if (idle.length > 0) running[cpu] = idle[choice % idle.length]!;
      continue;
    }
    if (action === 'leave') {
      const id = stack.pop();
      if (id === undefined) continue;
      records.push({ cpu, task, kind: 'leave', id, depth: stack.length, lostBefore: 0 });
      continue;
    }
    const id = calls.length;
    const parent = stack.at(-1) ?? -1;
    calls.push({ id, task: taskName(task).trim(), parent, hasEntry: false, hasReturn: false });
    records.push({ cpu, task, kind: action, id, depth: stack.length, lostBefore: 0 });
    if (action === 'enter') stack.push(id);
  }
  return { records, calls };
}

/** Takes the lost runs out; what is lost at a CPU's end is never told, as nothing comes after it. */
function lose(records: SimulatedRecord[], losses: readonly Loss[]): SimulatedRecord[] {
  const onCpu = new Map<number, number>();
  const lost = new Map<number, number>();
  const survivors: SimulatedRecord[] = [];
  for (const entry of records) {
    const index = onCpu.get(entry.cpu) ?? 0;
    onCpu.set(entry.cpu, index + 1);
    const isLost = losses.some(
      (loss) => loss.cpu === entry.cpu && loss.from <= index && index < loss.from + loss.count,
    );
    if (isLost) lost.set(entry.cpu, (lost.get(entry.cpu) ?? 0) + 1);
    else {
      entry.lostBefore = lost.get(entry.cpu) ?? 0;
      lost.set(entry.cpu, 0);
      survivors.push(entry);
    }
  }
  return survivors;
}

function print(records: SimulatedRecord[], { cpus, tasks, naming }: Scenario): string {
  const proc = naming === 'column';
  const lines = [
    '# tracer: function_graph',
    '#',
    `# CPU${proc ? '  TASK/PID       ' : ''}  DURATION                  FUNCTION CALLS`,
    '# |     |   |                     |   |   |   |',
  ];
  const lastTask = new Map<number, number>();
  if (naming === 'banners') for (let cpu = 0; cpu < cpus; cpu++) lastTask.set(cpu, tasks + cpu);
  const entered = new Map<string, number>();
  for (const { cpu, task, kind, id, depth, lostBefore } of records) {
    if (lostBefore > 0) lines.push(`CPU:${cpu} [LOST ${lostBefore} EVENTS]`);
    const before = lastTask.get(cpu);
    if (before !== undefined && before !== task) lines.push(...banner(cpu, before, task));
    lastTask.set(cpu, task);
    const place = `${cpu} ${depth}`;
    const isKnown = entered.get(place) === id;
    if (kind === 'enter') entered.set(place, id);
    else if (kind === 'leave') entered.delete(place);
    const prologue = ` ${cpu}) ${proc ? `${taskName(task)} | ` : ''}`;
    lines.push(prologue + body(kind, id, depth, isKnown));
  }
  return `${lines.join('\n')}\n`;
}

function body(kind: SimulatedRecord['kind'], id: number, depth: number, isKnown: boolean): string {
  const indent = '  '.repeat(depth + 1);
  if (kind === 'enter') return `              |${indent}f${id}() {`;
  const duration = `  ${id}.000 us`.padEnd(14);
  if (kind === 'leaf') return `${duration}|${indent}f${id}();`;
  return `${duration}|${indent}}${isKnown ? '' : ` /* f${id} */`}`;
}

function banner(cpu: number, before: number, after: number): string[] {
  const rule = ` ${'-'.repeat(42)}`;
  return [rule, ` ${cpu}) ${taskName(before)} => ${taskName(after)}`, rule, ''];
}

/** Centred in 14, as the printer does it. */
function taskName(task: number): string {
  const name = `t${task}-${FIRST_PID + task}`;
  const left = Math.floor((14 - name.length) / 2);
  return ' '.repeat(left) + name + ' '.repeat(14 - name.length - left);
}
