import type { Interval } from '../replay/result.ts';
import type {
  BreakEvenResult,
  ScaledDesign,
  ScaleOfRun,
  ScalingResult,
  ScenarioResults,
  SpeedupResult,
  StarvedWorkerResult,
} from '../replay/scenario/result.ts';
import { bytesText, countText, durationText, shareText } from './quantities.ts';
import { wrap } from './text/layout.ts';

/** The sections of scenarios, each a heading and its lines; none for what was not asked. */
export function scenarioBlocks(result: ScenarioResults): string[][] {
  return [
    ...(result.scaling ? [['Scaled from the recording [~]', ...scalingLines(result.scaling)]] : []),
    ...(result.speedups ?? []).map((speedup) => [
      `If ${speedup.what.join(' and ')} took less time [~]`,
      ...speedupLines(speedup),
    ]),
    ...(result.breakEven
      ? [['From how many processes it pays [~]', ...breakEvenLines(result.breakEven)]]
      : []),
    ...(result.starvedWorker
      ? [['When the worker gets less of a CPU [~]', ...starvedLines(result.starvedWorker)]]
      : []),
  ];
}

/** `2 processes, 4006 pages each, 2 CPUs: as recorded`. */
function scaleText({ processes, pagesPerProcess, classSpread, cpus, scaled }: ScaleOfRun): string {
  const { least, most } = pagesPerProcess;
  const pages = least === most ? `${most}` : `${least} to ${most}`;
  const spread = classSpread > 0 ? `, class spread ${classSpread}` : '';
  return `${countText(processes, 'process', 'processes')}, ${pages} pages each, ${countText(cpus, 'CPU')}${spread}: ${scaled ? 'scaled' : 'as recorded'}`;
}

function factorText({ value, lo, hi }: Interval): string {
  const text = (factor: number) => factor.toFixed(hi < 10 ? 3 : 1);
  return `${text(value)}x (${text(lo)} to ${text(hi)})`;
}

function scalingLines({ rows, notes }: ScalingResult): string[] {
  return [
    ...rows.flatMap((row) => [
      ...wrap(scaleText(row), '  '),
      ...row.designs.flatMap((design, k) => [
        ...wrap(design.id, '    '),
        ...scaledDesignLines(design, k === 0),
      ]),
    ]),
    ...wrap(
      'whole: until the last process is done; process: mean of when each is done; speed-ups against the base beside it; faster: share of runs, by the whole.',
      '',
    ),
    ...notes.flatMap((note) => wrap(note, '  ', '- ')),
  ];
}

function scaledDesignLines(design: ScaledDesign, isBase: boolean): string[] {
  const { totalNs, processNs, speedup, processSpeedup, pFaster, lockWaitNs } = design;
  const line = (name: string, ns: number, factor: string) =>
    `      ${name.padEnd(8)} ${durationText(ns).padStart(8)}  ${factor}`.trimEnd();
  const faster = `${factorText(speedup)}, faster: ${shareText(pFaster)}`;
  const waited = Object.entries(lockWaitNs).filter(([, wait]) => wait.value > 0);
  return [
    line('whole', totalNs.value, isBase ? '' : faster),
    line('process', processNs.value, isBase ? '' : factorText(processSpeedup)),
    ...(waited.length === 0
      ? []
      : wrap(
          waited.map(([lock, wait]) => `${lock} ${durationText(wait.value)}`).join(', '),
          '               ',
          '      waits    ',
        )),
  ];
}

function speedupLines({ costs, of, designs }: SpeedupResult): string[] {
  return [
    ...wrap(scaleText(of), '  '),
    '       less      whole      saved (90 % of runs)          CPU work saved',
    ...designs.flatMap(({ id, points, slope }) => [
      `  ${id}`,
      ...points.map(
        ({ speedup, totalNs, savedNs, cpuWorkSavedNs }) =>
          `  ${shareText(speedup).padStart(9)} ${durationText(totalNs.value).padStart(10)}  ${savedText(savedNs).padEnd(32)} ${signed(cpuWorkSavedNs).padStart(8)}`,
      ),
      ...(slope === null
        ? []
        : [`    slope: 10 % less of it saves ${(slope * 10).toFixed(2)} % of the whole`]),
    ]),
    ...wrap(`Its own work is made smaller, nothing else; waiting follows. Costs: ${costs.join('; ')}.`, ''),
  ];
}

function savedText({ value, lo, hi }: Interval): string {
  return lo === hi ? signed(value) : `${signed(value)} (${signed(lo)} to ${signed(hi)})`;
}

function signed(ns: number): string {
  return ns < 0 ? `-${durationText(-ns)}` : durationText(ns);
}

function breakEvenLines({ criterion, cpus, recordedProcesses, designs }: BreakEvenResult): string[] {
  return [
    ...designs.flatMap(({ id, paysFrom, stopsAt, points }) => [
      ...wrap(`${id}: ${breakEvenText(paysFrom, stopsAt, points.at(-1)!.processes)}`, '  '),
      ...points.map(
        (point) =>
          `    ${countText(point.processes, 'process', 'processes').padEnd(14)} ${factorText(point.speedup).padEnd(24)} faster in ${shareText(point.pFaster).padStart(7)}  ${point.pays ? 'pays' : '-'}`,
      ),
    ]),
    ...wrap(
      `Pays: ${criterion}. CPUs: ${cpus}. Recorded: ${countText(recordedProcesses, 'process', 'processes')}; other numbers are scaled.`,
      '',
    ),
  ];
}

function breakEvenText(from: number | null, stopsAt: number | null, most: number): string {
  if (from === null) return `never, up to ${countText(most, 'process', 'processes')}`;
  const begin = `from ${countText(from, 'process', 'processes')} on`;
  return stopsAt === null ? `${begin}, up to the ${most} tried` : `${begin}; no more with ${stopsAt}`;
}

function starvedLines({ of, sliceNs, designs }: StarvedWorkerResult): string[] {
  return [
    ...wrap(scaleText(of), '  '),
    ...designs.flatMap(({ id, points }) => [
      `  ${id}`,
      '    share    whole  speed-up  free p99       max  overflow     held',
      ...points.map(
        (p) =>
          `   ${`${p.share * 100} %`.padStart(6)} ${durationText(p.totalNs.value).padStart(8)}  ${`${p.speedup.value.toFixed(3)}x`.padStart(8)} ${durationText(p.p99Ns).padStart(9)} ${durationText(p.maxNs).padStart(9)}  ${shareText(p.overflowShare).padStart(8)} ${bytesText(p.heldBytes).padStart(8)}`,
      ),
      ...wrap(
        `90 % of the pages back: ${points.map((p) => `${p.share * 100} % ${p.t90Ns === null ? 'never' : durationText(p.t90Ns)}`).join(', ')}`,
        '    ',
      ),
    ]),
    ...wrap(
      `The worker has one more CPU than these and shares it with threads that never sleep, in turns of ${durationText(sliceNs)} and up to the next tick; 0 %: it gets none before the last process is done. overflow: frees that found the queue full. held: memory of the pool not yet given back when the last process is done.`,
      '',
    ),
  ];
}
