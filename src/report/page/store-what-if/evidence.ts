import type { StoreWhatIfResult } from '../../../replay/stores/result.ts';
import {
  FATE_COLUMNS,
  FATE_NOTE,
  type FateRow,
  fateBasis,
  fateRows,
  nodesText,
  refusedText,
} from '../../store-fates-text.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { usCell } from '../cells.ts';
import { type Html, html, NOTHING, prose } from '../escape.ts';
import { heading } from '../figure.ts';
import { ABSENT, formatCount, formatUs } from '../quantity.ts';
import { renderTable } from '../tables.ts';
import { STORE_PARTS } from './parts.ts';

/** The replayed base beside the recording. */
export function renderStoreFit({ validation, codec }: StoreWhatIfResult): Html {
  const { verdict, reasons, comparisons, recordedWaitsNs } = validation;
  const waits = Object.entries(recordedWaitsNs).map(([name, ns]) => `${name} ${formatUs(ns)} us`);
  const answer = verdict === 'fits' ? 'Yes' : 'No: compare designs by what their steps take, not by waiting';
  return html`<section aria-labelledby="${STORE_PARTS.fit}">
${heading(2, STORE_PARTS.fit, `Does the model fit the recording? ${answer}`)}
${reasons.length > 0 ? html`<p>${prose(reasons.join('; '))}.</p>` : NOTHING}
<p class="note">The base is replayed without any design${codec ? ' and with the recorded codec' : ''}, and laid beside the recording. Recorded waits for locks: ${waits.join(', ')}.</p>
${renderTable(
  comparisons,
  [
    { title: 'Times in us', kind: 'name', cell: ({ name }) => name },
    { title: `${SIGNS.measured} recorded`, kind: 'number', cell: ({ recordedNs }) => usCell(recordedNs) },
    {
      title: `${SIGNS.modelled} modelled`,
      kind: 'number',
      cell: ({ modelledNs }) => usCell(modelledNs.value),
    },
    { title: 'from', kind: 'number', cell: ({ modelledNs }) => usCell(modelledNs.lo) },
    { title: 'to', kind: 'number', cell: ({ modelledNs }) => usCell(modelledNs.hi) },
    { title: 'Beyond 5 %', kind: 'text', cell: ({ isOff }) => (isOff ? 'yes' : 'no') },
  ],
  { caption: 'Recorded beside modelled', file: 'recorded-and-modelled' },
)}
</section>`;
}

/** Which entries exist: what was stored, refused and why, written back, stale. */
export function renderStoreEntries(result: StoreWhatIfResult): Html {
  const { structure } = result.validation;
  const rows = fateRows(result);
  const agreement = structure
    ? Object.entries({
        stores: structure.stores,
        loads: structure.loads,
        invalidates: structure.invalidates,
        writebacks: structure.writebacks,
        'entries freed': structure.entryFrees,
      })
    : [];
  return html`<section aria-labelledby="${STORE_PARTS.entries}">
${heading(2, STORE_PARTS.entries, 'Which entries exist')}
<p class="note">${result.baseline.fates.basis === 'recorded' ? SIGNS.measured : SIGNS.modelled} ${prose(fateBasis(result))}</p>
${renderTable(
  rows,
  [
    { title: 'Pages', kind: 'name', cell: ({ name }) => name },
    ...FATE_COLUMNS.map(({ title, cell }) => ({
      title,
      kind: 'number' as const,
      cell: ({ fates }: FateRow) => {
        const count = cell(fates);
        return count === null ? ABSENT : formatCount(count);
      },
    })),
    { title: 'refused for', kind: 'text', cell: ({ fates }) => refusedText(fates) },
  ],
  { caption: 'What becomes of pages', file: 'fates' },
)}
<p class="note">${prose(FATE_NOTE)}</p>
<ul>${rows.flatMap(({ name, fates }) => {
    const text = nodesText(name, fates);
    return text === null ? [] : [html`<li>${prose(text)}</li>`];
  })}</ul>
${renderTable(
  agreement,
  [
    { title: 'Structural replay', kind: 'name', cell: ([what]) => what },
    { title: 'Judged', kind: 'number', cell: ([, { judged }]) => formatCount(judged) },
    { title: 'Agree', kind: 'number', cell: ([, { agree }]) => formatCount(agree) },
  ],
  { caption: 'Structural replay beside the recording', file: 'structure' },
)}
</section>`;
}

/** What the recording does not tell. */
export function renderStoreUnknowns({ notIdentifiable }: StoreWhatIfResult): Html {
  return html`<section aria-labelledby="${STORE_PARTS.unknown}">
${heading(2, STORE_PARTS.unknown, 'What this recording cannot tell')}
<ul>${notIdentifiable.map(({ what, shownBy }) => html`<li>${prose(`${what}; would be shown by ${shownBy}`)}</li>`)}</ul>
</section>`;
}
