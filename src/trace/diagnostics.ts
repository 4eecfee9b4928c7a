/** How much a finding should worry the reader. `loss`: correct reading of input that lacks something. */
export type Severity = 'info' | 'loss' | 'warning' | 'error';

/** One kind of finding, with how often and where it was met. */
export interface Diagnostic {
  readonly id: string;
  readonly severity: Severity;
  readonly count: number;
  /** One sentence for the reader, with the first places. */
  readonly text: string;
}

interface Counter {
  severity: Severity;
  sentence: string;
  count: number;
  places: string[];
}

const PLACES_KEPT = 3;

/**
 * Counts findings by kind instead of throwing: a damaged line must not end the reading, and must
 * not be forgotten either.
 */
export class Diagnostics {
  #counters = new Map<string, Counter>();

  /** Counts `count` findings of a kind; `place` (`file:line`) is kept for the first few. */
  add(id: string, severity: Severity, sentence: string, place?: string, count = 1): void {
    let counter = this.#counters.get(id);
    if (!counter) {
      counter = { severity, sentence, count: 0, places: [] };
      this.#counters.set(id, counter);
    }
    counter.count += count;
    if (place !== undefined && counter.places.length < PLACES_KEPT) counter.places.push(place);
  }

  /** How often a kind was met. */
  count(id: string): number {
    return this.#counters.get(id)?.count ?? 0;
  }

  /** All kinds met, the worst first, then by name. */
  list(): Diagnostic[] {
    const order: Severity[] = ['error', 'warning', 'loss', 'info'];
    return [...this.#counters.entries()]
      .map(([id, c]) => ({
        id,
        severity: c.severity,
        count: c.count,
        text: c.places.length > 0 ? `${c.sentence} (${placesText(c)})` : c.sentence,
      }))
      .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || (a.id < b.id ? -1 : 1));
  }
}

function placesText(counter: Counter): string {
  const more = counter.count > counter.places.length ? ', ...' : '';
  return `at ${counter.places.join(', ')}${more}`;
}

/** The input cannot be used at all: told to the user, exit status 2. */
export class InputError extends Error {}

/** The command line cannot be used: told to the user, exit status 2. */
export class UsageError extends Error {}
