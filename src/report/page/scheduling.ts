import type { AnalysisResult } from '../../analysis/result.ts';
import { durationText } from '../quantities.ts';
import { SECTIONS } from './anchors.ts';
import { shareCell, usCell } from './cells.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { LIMITS } from './limits.ts';
import { formatCount } from './quantity.ts';
import { moreNote, renderTable, shareBar } from './tables.ts';

/** Tasks on and off their CPU, and how idle each CPU was. */
export function renderScheduling({ scheduling }: AnalysisResult): Html {
  if (scheduling === null) return NOTHING;
  const { tasks, cpus } = scheduling;
  const shownTasks = tasks.slice(0, LIMITS.schedTasks);
  const shownCpus = cpus.slice(0, LIMITS.schedCpus);
  return html`<section aria-labelledby="${SECTIONS.scheduling}">
${heading(2, SECTIONS.scheduling, 'Scheduling')}
<p class="note">Times in us. A CPU counts from its first to its last switch, a task off the CPU between two switches of it. Preempted: off the CPU though it wanted to run.</p>
${
  shownCpus.length === 0
    ? NOTHING
    : renderTable(
        shownCpus,
        [
          { title: 'CPU', kind: 'name', cell: (row) => String(row.cpu) },
          { title: 'Seen', kind: 'number', cell: (row) => usCell(row.seenNs) },
          { title: 'Idle', kind: 'number', cell: (row) => usCell(row.idleNs) },
          { title: 'Share', kind: 'number', cell: (row) => shareCell(row.idleShare) },
          { title: '', kind: 'bar', cell: (row) => shareBar(row.idleShare) },
          { title: 'Switches', kind: 'number', cell: (row) => formatCount(row.switches) },
        ],
        { caption: 'Idle time of the CPUs', file: 'idle-cpus', all: cpus },
      )
}
${moreNote(cpus.length, shownCpus.length, 'CPUs')}
${
  shownTasks.length === 0
    ? NOTHING
    : renderTable(
        shownTasks,
        [
          { title: 'Task', kind: 'name', cell: (row) => row.task },
          { title: 'On CPU', kind: 'number', cell: (row) => usCell(row.onCpuNs) },
          { title: 'Preempted', kind: 'number', cell: (row) => usCell(row.preemptedNs) },
          { title: 'Asleep', kind: 'number', cell: (row) => usCell(row.sleepingNs) },
          { title: 'Blocked (D)', kind: 'number', cell: (row) => usCell(row.blockedNs) },
          { title: 'Switched out', kind: 'number', cell: (row) => formatCount(row.switches) },
          { title: 'Preemptions', kind: 'number', cell: (row) => formatCount(row.preemptions) },
          {
            title: 'Wake-up p50',
            kind: 'number',
            hint: 'From being woken to running',
            cell: (row) => ({ ...usCell(row.wakeLatency.p50Ns), shown: durationText(row.wakeLatency.p50Ns) }),
          },
          {
            title: 'max',
            name: 'Wake-up max',
            kind: 'number',
            cell: (row) => ({ ...usCell(row.wakeLatency.maxNs), shown: durationText(row.wakeLatency.maxNs) }),
          },
        ],
        { caption: 'Tasks on and off the CPU', group: 'scheduling', file: 'scheduling', all: tasks },
      )
}
${moreNote(tasks.length, shownTasks.length, 'tasks')}
</section>`;
}
