import { PLACES, type Place } from '../../../replay/places.ts';
import { durationText, shareText } from '../../quantities.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading } from '../figure.ts';
import { renderTable } from '../tables.ts';
import { PARTS, type Plan } from './plan.ts';

/** What a free takes by place under each design, and the floor; nothing where the notification is not recorded. */
export function renderPlaces({ result: { places } }: Plan): Html {
  if (places === null) return NOTHING;
  const { designs, floor, betweenNs } = places;
  const rows: readonly (Place | 'a free')[] = [
    ...PLACES.filter((place) => designs.some(({ placesNs }) => placesNs[place] > 0)),
    'a free',
  ];
  const table = renderTable(
    rows,
    [
      { title: 'Place', kind: 'name', cell: (place) => place },
      ...designs.map(({ id, placesNs, freeNs }) => ({
        title: `${id}, us`,
        kind: 'number' as const,
        cell: (place: Place | 'a free') => usCell(place === 'a free' ? freeNs : placesNs[place]),
      })),
    ],
    { caption: 'What a free takes, by place: caller only, first run', file: 'places' },
  );
  return html`<section aria-labelledby="${PARTS.places}">
${heading(2, PARTS.places, 'What a free takes, by place')}
<p>Floor: ${durationText(floor.freeNs)} a free, ${shareText(floor.freeNs / designs[0]!.freeNs)} of the base. That is ${floor.design} when nobody waits: the notification, the slot, and a queue. Between two frees of a task lie ${durationText(betweenNs)} (median): swap, page tables, and what else ran; no design here changes that.</p>
${table}
<p class="note">${SIGNS.modelled} Means of the shortest 95 % of each part, so that a stalled machine does not hide them; waits are means of all.</p>
</section>`;
}
