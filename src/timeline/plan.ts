import type { Diagnostics } from '../trace/diagnostics.ts';
import { type ClockOffset, clockOffset } from './clock-offset.ts';
import type { InputSurvey } from './input-survey.ts';

/** Inputs that are read as one stream, or one input. */
export interface TimeLine {
  /** Indices of the inputs, in the order given. */
  readonly inputs: readonly number[];
  /** Added to each input's stamps to give those of the first one's clock, ns. */
  readonly shiftNs: readonly number[];
  /** What the times of a merged stream are relative to: the first input's origin, ns. */
  readonly originNs: number;
  /** The same events stand in several of the inputs. */
  readonly hasDoubles: boolean;
}

/** Tells the readers of a report what they have to know about the plan. */
export type PlanNote = (diagnostics: Diagnostics) => void;

export interface TimeLinePlan {
  readonly timeLines: readonly TimeLine[];
  readonly notes: readonly PlanNote[];
}

/** An input to plan for. */
export interface PlanInput {
  readonly name: string;
  /** Parts of one recording by their names (`per_cpu/cpu0/trace`) have the same family; null: none. */
  readonly family: string | null;
  /** Null when it cannot be read: that is told elsewhere. */
  readonly survey: InputSurvey | null;
}

/** Finding: inputs are of different runs. */
const DIFFERENT_RUNS = 'different-runs';

/** Fewer moments at which both inputs name a running task prove nothing. */
const ENOUGH_MOMENTS = 8;
const MAX_DIFFERENT_SHARE = 0.1;
/** As many records may lack a stamp: they go with the next one that has it. */
const MAX_UNSTAMPED_SHARE = 0.01;
/** Tasks that every boot has under the same pids. */
const EVERYWHERE = /^(?:kworker|ksoftir|migrati|rcu_|swapper|kswapd|kcompac|kthread|cpuhp|idle)/;

type Verdict =
  | { readonly same: true; readonly shiftNs: number; readonly offset: ClockOffset | null }
  | {
      readonly same: false;
      readonly reason: string;
      readonly clocks?: boolean;
      /** They cannot be parts of one recording: other tasks, another time, another thing on the same CPU. */
      readonly otherRun?: boolean;
    };

/**
 * Which inputs are of one recording and one clock, and go on one time line; the others are read one after
 * the other. Automatically only inputs that share tasks and overlap in time, do not contradict each other
 * about who ran where, and do not both hold calls of the same CPU at the same time.
 * @param always Put all inputs with time stamps together.
 */
export function planTimeLines(inputs: readonly PlanInput[], always: boolean): TimeLinePlan {
  const lines: { inputs: number[]; shiftNs: number[]; hasDoubles: boolean }[] = [];
  const notes: PlanNote[] = [];
  const usable = inputs.map((input) => unfit(input) === null);
  inputs.forEach((input, i) => {
    let reason = unfit(input);
    let clocks = false;
    let otherRun = false;
    if (reason === null) {
      const others = lines.filter((line) => usable[line.inputs[0]!]);
      for (const line of others) {
        const verdict = join(inputs, line.inputs, line.shiftNs, i, always);
        if (verdict.same) {
          line.inputs.push(i);
          line.shiftNs.push(verdict.shiftNs);
          line.hasDoubles ||= verdict.offset !== null;
          notes.push(...alignmentNotes(input.name, verdict));
          return;
        }
        reason ??= verdict.reason;
        clocks ||= verdict.clocks ?? false;
        otherRun ||= verdict.otherRun ?? false;
      }
    }
    lines.push({ inputs: [i], shiftNs: [0], hasDoubles: false });
    if (reason === null || reason === NOTHING) return;
    notes.push(notTogether(`${input.name}: ${reason}`, clocks));
    if (otherRun) notes.push(differentRuns(`${input.name}: ${reason}`));
  });
  for (const line of lines) {
    if (line.inputs.length < 2) continue;
    const names = line.inputs.map((i) => inputs[i]!.name);
    notes.push(together(names));
  }
  const originNs = (i: number) => inputs[i]!.survey?.originNs ?? 0;
  return { timeLines: lines.map((line) => ({ ...line, originNs: originNs(line.inputs[0]!) })), notes };
}

/** Side data and inputs that cannot be read: nobody expects them on a time line. */
const NOTHING = '';

/** Why an input cannot be on a time line with any other; null when it can. */
function unfit({ survey }: PlanInput): string | null {
  if (survey === null || survey.stamped + survey.unstamped === 0) return NOTHING;
  if (survey.stamped === 0) return 'it has no time stamps';
  if (survey.unstamped > survey.stamped * MAX_UNSTAMPED_SHARE)
    return 'part of its records have no time stamps';
  return survey.sections > 1 ? `it holds ${survey.sections} traces` : null;
}

/** Whether an input goes on a time line, by the first input on it with which it does. */
function join(
  inputs: readonly PlanInput[],
  members: readonly number[],
  shifts: readonly number[],
  candidate: number,
  always: boolean,
): Verdict {
  const own = inputs[candidate]!;
  let refused: Verdict | null = null;
  for (const [at, member] of members.entries()) {
    const other = inputs[member]!;
    const sameFamily = own.family !== null && own.family === other.family;
    const verdict = judge(other.survey!, own.survey!, sameFamily, always);
    if (!verdict.same) {
      refused ??= verdict;
      continue;
    }
    const shiftNs = verdict.shiftNs + shifts[at]!;
    const clash = members.some((m, k) => {
      const { callsOverlap } = inputs[m]!.survey!.runs.agreement(own.survey!.runs, shiftNs - shifts[k]!);
      return callsOverlap > 0;
    });
    if (clash && !always) return { same: false, reason: CALLS_TWICE, otherRun: true };
    return { ...verdict, shiftNs };
  }
  return refused ?? { same: false, reason: 'there is nothing to compare it with' };
}

const CALLS_TWICE = 'it has calls of the same CPU at the same time as another input';

function judge(a: InputSurvey, b: InputSurvey, sameFamily: boolean, always: boolean): Verdict {
  if (sameFamily && disjoint(a.cpus, b.cpus)) return { same: true, shiftNs: 0, offset: null };
  const shared = sharesTask(a, b);
  if (!shared && !always)
    return { same: false, reason: 'it shares no task with the inputs before it', otherRun: true };
  const offset = clockOffset(a.events, b.events);
  if (offset?.consistent) {
    const least = Math.max(a.quantumNs, b.quantumNs, offset.spreadNs);
    return { same: true, shiftNs: Math.abs(offset.offsetNs) > least ? offset.offsetNs : 0, offset };
  }
  if (always) return { same: true, shiftNs: 0, offset: null };
  if (a.clockName !== '' && b.clockName !== '' && a.clockName !== b.clockName) {
    const reason = `its clock is ${b.clockName}, another input's is ${a.clockName}`;
    return { same: false, reason, clocks: true };
  }
  if (!overlap(a, b))
    return {
      same: false,
      reason: 'its time stamps do not overlap those of the inputs before it',
      otherRun: true,
    };
  const moments = a.runs.agreement(b.runs, 0);
  if (moments.callsOverlap > 0) return { same: false, reason: CALLS_TWICE, otherRun: true };
  const all = moments.same + moments.different;
  if (all >= ENOUGH_MOMENTS && moments.different > all * MAX_DIFFERENT_SHARE) {
    const share = Math.round((moments.different / all) * 100);
    const reason = `its CPUs run other tasks than in another input at ${share} % of ${all} records`;
    return { same: false, reason, otherRun: true };
  }
  if (offset !== null && all < ENOUGH_MOMENTS) {
    const reason = `${offset.events} events stand in another input too, at differing distances`;
    return { same: false, reason, clocks: true };
  }
  return { same: true, shiftNs: 0, offset: null };
}

function together(names: readonly string[]): PlanNote {
  const sentence =
    'inputs are parts of one recording and were merged by time (--merge never keeps them apart)';
  return (diagnostics) => {
    for (const name of names) diagnostics.add('inputs-merged', 'info', sentence, name);
  };
}

function notTogether(place: string, clocks: boolean): PlanNote {
  if (clocks) {
    const text = 'inputs share tasks, but their clocks cannot be aligned: they are read one after the other';
    return (diagnostics) => diagnostics.add('clocks-not-aligned', 'warning', text, place);
  }
  const text = 'inputs are read one after the other, each on a time line of its own';
  return (diagnostics) => diagnostics.add('inputs-in-turn', 'info', text, place);
}

function differentRuns(place: string): PlanNote {
  const text = 'inputs look like recordings of different runs: what is printed is of all of them together';
  return (diagnostics) => diagnostics.add(DIFFERENT_RUNS, 'warning', text, place);
}

function alignmentNotes(name: string, { shiftNs, offset }: Verdict & { readonly same: true }): PlanNote[] {
  if (offset === null) return [];
  const us = (ns: number) => `${(ns / 1000).toFixed(3)} us`;
  const basis = `${offset.events} common events, spread ${us(offset.spreadNs)}`;
  if (shiftNs !== 0) {
    const text = 'time stamps were shifted to those of the first input, by the events in both';
    const place = `${name}: ${shiftNs > 0 ? '+' : ''}${us(shiftNs)}, ${basis}`;
    return [(diagnostics) => diagnostics.add('clocks-aligned', 'info', text, place)];
  }
  const text = 'the same events have the same time stamps in several inputs';
  return [(diagnostics) => diagnostics.add('clocks-agree', 'info', text, `${name}: ${basis}`)];
}

function overlap(a: InputSurvey, b: InputSurvey): boolean {
  return a.originNs + a.firstNs <= b.originNs + b.lastNs && b.originNs + b.firstNs <= a.originNs + a.lastNs;
}

function disjoint(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  for (const cpu of a) if (b.has(cpu)) return false;
  return true;
}

/** A task of the same pid and name in both; names may be cut (function_graph prints 7 characters). */
function sharesTask(a: InputSurvey, b: InputSurvey): boolean {
  for (const [pid, comm] of a.tasks) {
    const other = b.tasks.get(pid);
    if (other === undefined || pid <= 2 || EVERYWHERE.test(comm)) continue;
    if (comm.startsWith(other) || other.startsWith(comm)) return true;
  }
  return false;
}
