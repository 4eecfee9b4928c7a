import type { SchedulingSummary } from '../../analysis/result.ts';
import { countText, durationText, shareText } from '../quantities.ts';
import { clip, WIDTH, wrap } from './layout.ts';

/** CPUs with their idle share, tasks with their time on and off the CPU. */
export function schedulingLines(scheduling: SchedulingSummary | null, entries: number): string[] {
  if (scheduling === null) return [];
  const lines: string[] = [];
  const seen = scheduling.cpus.filter((cpu) => cpu.idleShare !== null);
  for (const cpu of seen.slice(0, entries)) {
    const what = `${durationText(cpu.seenNs)} seen, idle ${shareText(cpu.idleShare)}, ${countText(cpu.switches, 'switch', 'switches')}`;
    lines.push(`CPU ${String(cpu.cpu).padStart(3)}  ${what}`);
  }
  if (seen.length > entries) lines.push(`... and ${seen.length - entries} more (--entries, --json)`);
  const { tasks } = scheduling;
  if (tasks.length === 0) return lines;
  const cells = (values: readonly string[]) => values.map((value) => value.padStart(9)).join('');
  lines.push(`${cells(['on CPU', 'preempt', 'asleep', 'switches', 'wake p50', 'max']).slice(1)}  task`);
  for (const row of tasks.slice(0, entries)) {
    const { wakeLatency: wake } = row;
    const values = [
      durationText(row.onCpuNs),
      durationText(row.preemptedNs),
      durationText(row.sleepingNs + row.blockedNs),
      String(row.switches),
      durationText(wake.p50Ns),
      durationText(wake.maxNs),
    ];
    lines.push(clip(`${cells(values).slice(1)}  ${row.task}`, WIDTH));
  }
  if (tasks.length > entries)
    lines.push(`... and ${countText(tasks.length - entries, 'task')} more (--entries, --json)`);
  return [
    ...lines,
    ...wrap(
      'Preempt: off the CPU though it wanted to run. Wake: from being woken to running. A task counts ' +
        'from its first switch on, a CPU from its first to its last.',
      '',
    ),
  ];
}
