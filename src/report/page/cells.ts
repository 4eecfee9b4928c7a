import { shareText } from '../quantities.ts';
import { factorText } from '../what-if-summary.ts';
import { ABSENT, formatUs } from './quantity.ts';
import { type Exact, exact } from './tables.ts';

/** A share: shown in percent, exported from 0 to 1. */
export function shareCell(share: number | null): Exact {
  return exact(shareText(share), finite(share));
}

/** A ratio of two times. */
export function factorCell(factor: number): Exact {
  return exact(factorText(factor), finite(factor));
}

/** A time: shown and exported in us. */
export function usCell(ns: number | null): Exact {
  const known = finite(ns);
  const shown = known === null ? ABSENT : formatUs(known);
  return { shown, value: known === null ? null : known / 1000, unit: 'us' };
}

/** A time that is shown with a sign before it: `~` an estimate, `<=` and `>=` bounds. */
export function signedUsCell(sign: '' | '~' | '<=' | '>=', ns: number | null): Exact {
  const cell = usCell(ns);
  return { ...cell, shown: cell.value === null ? ABSENT : `${sign}${cell.shown}` };
}

/** A change as a share: `+2.8 %`. */
export function changeCell(change: number): Exact {
  return exact(`${change > 0 ? '+' : ''}${(change * 100).toFixed(1)} %`, finite(change));
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
