import type { AnalysisResult, LockMoment, MomentInterval } from '../../analysis/result.ts';
import { MOMENT_SLOTS, momentLane, momentSpec } from '../charts/moment.ts';
import { durationText } from '../quantities.ts';
import { CHARTS } from './anchors.ts';
import { usCell } from './cells.ts';
import { type Html, html, joinHtml, NOTHING } from './escape.ts';
import { heading, renderFigure } from './figure.ts';
import { LIMITS } from './limits.ts';
import { plural } from './quantity.ts';
import { moreNote, renderTable } from './tables.ts';

const WORDS: Readonly<Record<MomentInterval['kind'], string>> = {
  wait: 'waits',
  hold: 'holds',
  'held-until': 'holds at most until here: no unlock is in the trace',
};

/** The longest waits, each as a time line of who waited and who held. */
export async function renderMoments({ lockMoments }: AnalysisResult): Promise<Html> {
  const shown = chosen(lockMoments);
  if (shown.length === 0) return NOTHING;
  const figures: Html[] = [];
  for (const [k, moment] of shown.entries()) figures.push(await timeLine(moment, k));
  return html`${heading(3, CHARTS.moments, 'The worst moments')}
<p class="note">The longest waits, each with the waits and holds of that lock on all CPUs about then. A class lock has many instances, and not every hold that is shown needs to be of the one that was waited for. Contention events show waits alone.</p>
${joinHtml(figures, '\n')}
${moreNote(lockMoments.length, shown.length, 'moments')}`;
}

/** The longest waits of lock calls, which show holds too, and the longest that only events tell. */
function chosen(moments: readonly LockMoment[]): LockMoment[] {
  const byCall = moments.filter(({ waitWitness }) => waitWitness === 'slowpath');
  const byEvent = moments.filter(({ waitWitness }) => waitWitness === 'contention-events');
  const calls = byCall.slice(0, LIMITS.moments - Math.min(1, byEvent.length));
  const picked = [...calls, ...byEvent.slice(0, LIMITS.moments - calls.length)];
  return moments.filter((moment) => picked.includes(moment));
}

function describe({ kind, site, task, cpu, startNs, endNs }: MomentInterval): string {
  const where = cpu < 0 ? '' : ` on CPU ${cpu}`;
  return `${task}${where} ${WORDS[kind]}${site === '' ? '' : `, in ${site}`}: ${durationText(endNs - startNs)}`;
}

function timeLine(moment: LockMoment, position: number): Promise<Html> {
  const { lock, site, task, cpu, startNs, waitNs, intervals, intervalsHidden, fromNs } = moment;
  const where = cpu < 0 ? '' : ` on CPU ${cpu}`;
  const hidden = intervalsHidden > 0 ? ` ${plural(intervalsHidden, 'shorter one')} left out.` : '';
  const kinds = (['wait', 'hold', 'held-until'] as const).filter((kind) =>
    intervals.some((interval) => interval.kind === kind),
  );
  return renderFigure({
    id: `${CHARTS.moments}-${position + 1}`,
    level: 4,
    title: `${task}${where} waits ${durationText(waitNs)} for ${lock}${site === '' ? '' : ` in ${site}`}, at ${(startNs / 1e9).toFixed(6)} s`,
    text: `Waits and holds of ${lock}, a lane for the waits and one for the holds of each CPU. The dashed lines are the begin and the end of this wait.${hidden}`,
    spec: momentSpec(moment, describe),
    legend: kinds.map((kind) => ({ slot: MOMENT_SLOTS[kind], label: WORDS[kind], line: false })),
    table: renderTable(
      intervals,
      [
        { title: 'Lane', kind: 'name', cell: momentLane },
        { title: 'Task', kind: 'text', cell: (one) => one.task },
        { title: 'What', kind: 'text', cell: ({ kind }) => kind.replace('-', ' ') },
        { title: 'In', kind: 'text', cell: (one) => one.site },
        {
          title: 'From, us',
          name: 'Begins, us',
          kind: 'number',
          cell: (one) => usCell(one.startNs - fromNs),
        },
        { title: 'Lasts, us', kind: 'number', cell: (one) => usCell(one.endNs - one.startNs) },
      ],
      { caption: `Waits and holds of ${lock} about this wait` },
    ),
  });
}
