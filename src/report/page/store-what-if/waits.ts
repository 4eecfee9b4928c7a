import type { StoreWhatIfResult } from '../../../replay/stores/result.ts';
import type { StorePrediction } from '../../../replay/stores/store-summary.ts';
import { shareCell, usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading } from '../figure.ts';
import { formatCount } from '../quantity.ts';
import { renderTable } from '../tables.ts';
import { countCell, threeColumns } from './designs.ts';
import { STORE_PARTS } from './parts.ts';

/** Waits for locks, and what the engines of IAA did. */
export function renderStoreWaits({ baseline, designs, iaa }: StoreWhatIfResult): Html {
  const all = [baseline, ...designs];
  // A lock that nobody waits for may still be taken less often.
  const rows = all.flatMap((design) =>
    Object.keys(design.acquisitions).map((lock) => ({ id: design.id, lock, design })),
  );
  type Row = (typeof rows)[number];
  return html`<section aria-labelledby="${STORE_PARTS.device}">
${heading(2, STORE_PARTS.device, iaa ? 'Lock waits and IAA' : 'Lock waits')}
<p class="note">Waits of all tasks together in us; how often somebody waited, and how often the lock was taken in all. The context is a mutex: whoever waits for it sleeps.</p>
${renderTable<Row>(
  rows,
  [
    { title: 'Lock', kind: 'name', cell: ({ lock }) => lock },
    { title: 'Design', kind: 'text', cell: ({ id }) => id },
    ...threeColumns<Row>('Waited', ({ design, lock }) => design.lockWaitNs[lock] ?? null, usCell),
    ...threeColumns<Row>('Waits', ({ design, lock }) => design.contended[lock] ?? null, countCell),
    ...threeColumns<Row>('Taken', ({ design, lock }) => design.acquisitions[lock] ?? null, countCell),
  ],
  { caption: 'Waits for locks', group: 'store-waits', file: 'lock-waits' },
)}
${iaa ? devices(all) : NOTHING}
</section>`;
}

function devices(all: readonly StorePrediction[]): Html {
  return html`<p class="note">A descriptor is one page. Queued: mean wait for an engine. Queue full: CPUs tried again. Waited: CPUs polled, or tasks slept, until pages were done. Times in us.</p>
${renderTable<StorePrediction>(
  all,
  [
    { title: 'Design', kind: 'name', cell: ({ id }) => id },
    { title: 'Descriptors', kind: 'number', cell: ({ iaa }) => formatCount(iaa?.descriptors ?? 0) },
    { title: 'Devices used', kind: 'number', cell: ({ iaa }) => formatCount(iaa?.devicesUsed ?? 0) },
    ...threeColumns<StorePrediction>('Engines busy', ({ iaa }) => iaa?.utilisation ?? null, shareCell),
    ...threeColumns<StorePrediction>('Queued', ({ iaa }) => iaa?.waitNs ?? null, usCell),
    ...threeColumns<StorePrediction>('Queue full', ({ iaa }) => iaa?.queueFullNs ?? null, usCell),
    ...threeColumns<StorePrediction>('Waited', ({ iaa }) => iaa?.collectNs ?? null, usCell),
  ],
  { caption: 'IAA', group: 'store-iaa', file: 'iaa' },
)}`;
}
