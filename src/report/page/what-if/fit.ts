import type { Comparison, WhatIfResult } from '../../../replay/result.ts';
import { shareText } from '../../quantities.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { changeCell, shareCell, usCell } from '../cells.ts';
import { type Html, html, NOTHING, prose } from '../escape.ts';
import { heading } from '../figure.ts';
import { formatCount, plural } from '../quantity.ts';
import { exact, moreNote, renderTable } from '../tables.ts';
import { PARTS } from './plan.ts';

/** Differences of the structure that the page shows. */
const SHOWN = 20;

/** The replayed base beside the recording. */
export function renderFit({ validation, kernel }: WhatIfResult): Html {
  const { reasons, verdict, ksDistance } = validation;
  const distance =
    ksDistance === null
      ? ''
      : ` Greatest distance of the distributions of zs_free, recorded and modelled: ${shareText(ksDistance)}.`;
  return html`<section aria-labelledby="${PARTS.fit}">
${heading(2, PARTS.fit, `Does the model fit the recording? ${VERDICTS[verdict]}`)}
${reasons.length > 0 ? html`<p>${prose(reasons.join('; '))}.</p>` : NOTHING}
<p class="note">The base is replayed without any design, and laid beside the recording. Kernel: era ${kernel.era} (${prose(kernel.basis)}).${prose(distance)}</p>
${validation.comparisons.length > 0 ? comparisons(validation.comparisons) : NOTHING}
${structure(validation)}
</section>`;
}

const VERDICTS = {
  fits: 'Yes',
  'does-not-fit': 'No: do not trust the predictions',
  'cannot-be-judged': 'It cannot be judged',
} as const;

function comparisons(rows: readonly Comparison[]): Html {
  const text = (unit: Comparison['unit'], value: number) =>
    unit === 'ns' ? usCell(value) : unit === 'share' ? shareCell(value) : exact(formatCount(value), value);
  return renderTable(
    rows,
    [
      { title: 'Times in us', kind: 'name', cell: (c) => c.name },
      { title: `${SIGNS.measured} recorded`, kind: 'number', cell: (c) => text(c.unit, c.recorded) },
      { title: `${SIGNS.modelled} modelled`, kind: 'number', cell: (c) => text(c.unit, c.modelled.value) },
      { title: 'from', kind: 'number', cell: (c) => text(c.unit, c.modelled.lo) },
      { title: 'to', kind: 'number', cell: (c) => text(c.unit, c.modelled.hi) },
      {
        title: 'difference',
        kind: 'number',
        cell: (c) => (c.recorded === 0 ? '-' : changeCell(c.modelled.value / c.recorded - 1)),
      },
    ],
    { caption: 'Recorded beside modelled', file: 'recorded-and-modelled' },
  );
}

function structure({ structure: s }: WhatIfResult['validation']): Html {
  const rows: readonly (readonly [string, number, number])[] = [
    ['zs_malloc: new zspage or not, its pages', s.mallocsAgree, s.mallocsJudged],
    ['zs_malloc: which zspage', s.zspageAgree, s.zspageJudged],
    ['zs_malloc: object index', s.objectIndexAgree, s.objectIndexJudged],
    ['zs_free: zspage released or not', s.freesAgree, s.freesJudged],
    ['compaction: which object moved', s.movesAgree, s.moves],
  ];
  const judged = rows.filter(([, , of]) => of > 0);
  const reconstructed =
    s.freesReconstructed === 0
      ? NOTHING
      : html`<p class="note">${SIGNS.assumed} The objects of ${formatCount(s.freesReconstructed)} of ${plural(s.frees, 'free')} are reconstructed: they judge nothing${s.releasesShown > 0 ? ` (${formatCount(s.releasesReproduced)} of ${plural(s.releasesShown, 'release')} that the trace shows come out by construction)` : ''}.</p>`;
  if (judged.length === 0)
    return html`<p class="note">Structure of zsmalloc: these recordings do not show its outcome, so it is not judged.</p>${reconstructed}`;
  const table = renderTable(
    judged,
    [
      { title: 'Structure of zsmalloc', kind: 'name', cell: ([name]) => name },
      { title: 'judged', kind: 'number', cell: ([, , judged]) => formatCount(judged) },
      { title: 'agree', kind: 'number', cell: ([, agree]) => formatCount(agree) },
      {
        title: 'share',
        kind: 'number',
        cell: ([, agree, judged]) => shareCell(agree / judged),
      },
    ],
    { caption: 'Agreement of the structure', file: 'structure' },
  );
  const shown = s.differences.slice(0, SHOWN);
  const differences =
    shown.length === 0
      ? NOTHING
      : html`<details class="item"><summary>${plural(s.differences.length, 'difference')}</summary>
<ul>${shown.map(({ line, what }) => html`<li>line ${line}: ${what}</li>`)}</ul>${moreNote(s.differences.length, shown.length, 'differences')}</details>`;
  return html`<p class="note">The structural replay reads sizes, handles and their order (${plural(s.mallocs, 'zs_malloc', 'zs_malloc')}, ${plural(s.frees, 'zs_free', 'zs_free')}); probes of the outcome, where the recording has them, judge it.</p>
${table}${reconstructed}${differences}`;
}
