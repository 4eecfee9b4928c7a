import { describe, expect, it } from 'vitest';
import { type InputSurvey, Surveyor } from '../../src/timeline/input-survey.ts';
import { type PlanInput, planTimeLines } from '../../src/timeline/plan.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordBatch, RecordBits, RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';

type Line = readonly [
  cpu: number,
  comm: string,
  pid: number,
  us: number,
  what: string,
  text?: string | undefined,
];

/** Surveys records given as lines: `call` is a leaf call, anything else an event of that name. */
function survey(
  name: string,
  lines: readonly Line[],
  facts: { readonly clockName?: string } = {},
): InputSurvey {
  const names = new NameTable();
  const tasks = new TaskTable();
  const surveyor = new Surveyor(names, tasks, () => 0);
  const batch = new RecordBatch(lines.length);
  const bytes: string[] = [];
  let at = 0;
  lines.forEach(([cpu, comm, pid, us, what, text = ''], i) => {
    batch.kind[i] = what === 'call' ? RecordKind.Leaf : RecordKind.Event;
    batch.bits[i] = RecordBits.Text;
    batch.cpu[i] = cpu;
    batch.task[i] = pid < 0 ? -1 : tasks.intern(pid, comm, cpu);
    batch.timeNs[i] = us * 1000;
    batch.name[i] = names.internText(what);
    batch.textStart[i] = at;
    bytes.push(text);
    at += text.length;
    batch.textEnd[i] = at;
  });
  batch.length = lines.length;
  batch.bytes = new Uint8Array(Buffer.from(bytes.join(''), 'latin1'));
  surveyor.add(batch);
  const times = lines.map((line) => line[3] * 1000).filter((ns) => !Number.isNaN(ns));
  return surveyor.finish(name, {
    originNs: 0,
    firstNs: Math.min(...times),
    lastNs: Math.max(...times),
    ...facts,
  });
}

function plan(surveys: readonly InputSurvey[], options: { always?: boolean; family?: string } = {}) {
  const inputs = surveys.map((s): PlanInput => ({ name: s.name, family: options.family ?? null, survey: s }));
  const { timeLines, notes } = planTimeLines(inputs, options.always ?? false);
  const diagnostics = new Diagnostics();
  for (const note of notes) note(diagnostics);
  return {
    inputs: timeLines.map((line) => line.inputs),
    shiftUs: timeLines.map((line) => line.shiftNs.map((ns) => ns / 1000)),
    said: Object.fromEntries(diagnostics.list().map((d) => [d.id, d.text])),
  };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
/** Calls of one task on a CPU, one every 10 us. */
const calls = (cpu: number, pid: number, fromUs = 0): Line[] =>
  range(40).map((i) => [cpu, 'swapben', pid, fromUs + i * 10, 'call']);
/** Events within the time of the calls, each told apart by a number. */
const events = (cpu: number, pid: number, fromUs = 0, what = 'k_zs_malloc'): Line[] =>
  range(20).map((i) => [cpu, 'swapbench', pid, fromUs + 5 + i * 13, what, `(zs_malloc+0x4) size=${i * 7}`]);

describe('which inputs go on one time line', () => {
  it('calls beside events of the same tasks, at the same time', () => {
    const { inputs, said } = plan([survey('graph', calls(0, 200)), survey('perf', events(0, 200))]);
    expect(inputs).toEqual([[0, 1]]);
    expect(Object.keys(said)).toEqual(['inputs-merged']);
  });

  it.each([
    ['other tasks', events(0, 201), /shares no task/],
    ['another time', events(0, 200, 9000), /do not overlap/],
    ['the same calls', calls(0, 200, 5), /calls of the same CPU/],
    ['no stamps', calls(0, 200).map((l): Line => [l[0], l[1], l[2], Number.NaN, l[4]]), /no time stamps/],
    [
      'the same task elsewhere, and another one here',
      [...calls(1, 200), ...range(40).map((i): Line => [0, 'dd', 300, i * 10 + 5, 'x'])],
      /run other tasks/,
    ],
  ])('not with %s', (_, lines, reason) => {
    const { inputs, said } = plan([survey('graph', calls(0, 200)), survey('other', lines)]);
    expect(inputs).toEqual([[0], [1]]);
    const isOther = !lines.every((line) => Number.isNaN(line[3]));
    expect(Object.keys(said)).toEqual([...(isOther ? ['different-runs'] : []), 'inputs-in-turn']);
    expect(said['inputs-in-turn']).toMatch(reason);
  });

  it('not by tasks that every boot has', () => {
    const of = (name: string, cpu: number) =>
      survey(
        name,
        range(9).map((i): Line => [cpu, 'rcu_preempt', 17, i * 10, name]),
      );
    expect(plan([of('a', 0), of('b', 1)]).inputs).toEqual([[0], [1]]);
  });

  it('all that have stamps, when asked', () => {
    const { inputs } = plan([survey('a', calls(0, 200)), survey('b', calls(0, 300))], { always: true });
    expect(inputs).toEqual([[0, 1]]);
  });

  it('files by CPU, even of different tasks', () => {
    const surveys = [survey('cpu0', calls(0, 200)), survey('cpu1', calls(1, 300, 5000))];
    expect(plan(surveys, { family: 'cpuN' }).inputs).toEqual([[0, 1]]);
    expect(plan(surveys).inputs).toEqual([[0], [1]]);
  });

  it('two recordings of files by CPU are two time lines', () => {
    const of = (cpu: number, pid: number, boot: number) =>
      survey(`boot${boot}/cpu${cpu}`, calls(cpu, pid, boot));
    const inputs = [of(0, 200, 1), of(1, 201, 1), of(0, 200, 2), of(1, 201, 2)].map(
      (s): PlanInput => ({ name: s.name, family: `${s.name.slice(0, 5)}/cpuN`, survey: s }),
    );
    expect(planTimeLines(inputs, false).timeLines.map((l) => l.inputs)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

describe('clocks', () => {
  const [a, b] = [calls(0, 200), events(0, 200)];

  it('that differ are aligned by the events in both inputs', () => {
    const late = events(0, 200, 123_456).map((line, i): Line => {
      // The kernel prints the probe's place, perf its address; and they are not stamped at once.
      const [cpu, comm, pid, us, what, text] = line;
      return [cpu, comm, pid, us + (i % 3), what, text!.replace('(zs_malloc+0x4)', '(ffffffffa4437834)')];
    });
    const { inputs, shiftUs, said } = plan([survey('graph', [...a, ...b]), survey('perf', late)]);
    expect(inputs).toEqual([[0, 1]]);
    expect(shiftUs).toEqual([[0, -123_457]]);
    expect(said['clocks-aligned']).toMatch(/perf: -123457\.000 us, 20 common events, spread 1\.000 us/);
  });

  it('that agree up to the spread are left alone', () => {
    const same = events(0, 200).map((l, i): Line => [l[0], l[1], l[2], l[3] + (i % 3), l[4], l[5] ?? '']);
    const { inputs, shiftUs, said } = plan([survey('graph', [...a, ...b]), survey('perf', same)]);
    expect([inputs, shiftUs]).toEqual([[[0, 1]], [[0, 0]]]);
    expect(said['clocks-agree']).toMatch(/20 common events/);
  });

  it('with different names and without common events cannot be aligned', () => {
    const { inputs, said } = plan([
      survey('graph', a, { clockName: 'local' }),
      survey('perf', b, { clockName: 'mono' }),
    ]);
    expect(inputs).toEqual([[0], [1]]);
    expect(said['clocks-not-aligned']).toMatch(/perf: its clock is mono, another input's is local/);
  });

  it('are not aligned by events at differing distances', () => {
    const stretched = events(0, 200).map((l): Line => [l[0], l[1], l[2], l[3] * 40, l[4], l[5] ?? '']);
    const { inputs, said } = plan([survey('a', b), survey('b', stretched)]);
    expect(inputs).toEqual([[0], [1]]);
    expect(said['clocks-not-aligned']).toMatch(/differing distances/);
  });
});
