import { PLACES, type PlacesResult, type TimeByPlace } from '../replay/places.ts';
import { durationText, shareText } from './quantities.ts';
import { wrap } from './text/layout.ts';

const NAME = 27;
const COLUMN = 15;
const COLUMNS = 3;

/** What a free takes, by place and design, and the floor. */
export function placesLines({ designs, floor, betweenNs }: PlacesResult): string[] {
  const base = designs[0]!;
  const blocks: string[] = [];
  for (let k = 1; k === 1 || k < designs.length; k += COLUMNS - 1) {
    blocks.push(...table([base, ...designs.slice(k, k + COLUMNS - 1)]));
  }
  return [
    'What a free takes, by place (caller only, first run)',
    ...blocks,
    ...wrap(
      'Means of the shortest 95 % of each part, so that a stalled machine does not hide them; waits are means of all.',
      '',
    ),
    ...wrap(
      `Floor: ${durationText(floor.freeNs)} a free, ${shareText(floor.freeNs / base.freeNs)} of the base. That is ${floor.design} when nobody waits: the notification, the slot, and a queue.`,
      '',
    ),
    ...wrap(
      `Between two frees of a task lie ${durationText(betweenNs)} (median): swap, page tables, and what else ran; no design here changes that.`,
      '',
    ),
  ];
}

function table(columns: readonly TimeByPlace[]): string[] {
  const cell = (text: string) =>
    (text.length < COLUMN ? text : `${text.slice(0, COLUMN - 3)}..`).padStart(COLUMN);
  const shown = PLACES.filter((place) => columns.some(({ placesNs }) => placesNs[place] > 0));
  return [
    `${''.padEnd(NAME)}${columns.map(({ id }) => cell(id)).join('')}`,
    ...shown.map(
      (place) =>
        `${place.padEnd(NAME)}${columns.map(({ placesNs }) => cell(placesNs[place] > 0 ? durationText(placesNs[place]) : '-')).join('')}`,
    ),
    `${'a free'.padEnd(NAME)}${columns.map(({ freeNs }) => cell(durationText(freeNs))).join('')}`,
  ];
}
