import type { AnalysisResult, FunctionRow, LockRow, TailRow } from '../../analysis/result.ts';
import { Ids, slugify } from './ids.ts';
import { LIMITS } from './limits.ts';

/** Ids of the sections, in the order of the page. */
export const SECTIONS = {
  answer: 'answer',
  trust: 'trust',
  latency: 'latency',
  profile: 'profile',
  hits: 'hits',
  locks: 'locks',
  scheduling: 'scheduling',
  tails: 'tails',
  callTree: 'call-tree',
  events: 'events',
  side: 'other-tools',
  method: 'method',
} as const;

/** Ids of the charts and tables of the sections. */
export const CHARTS = {
  histogram: 'latency-histogram',
  cumulative: 'latency-cumulative',
  functions: 'functions',
  lockWait: 'lock-wait',
  lockTable: 'lock-table',
  flame: 'call-tree-chart',
  moments: 'lock-moments',
} as const;

/** What can be linked to: `#zs_free-latency`, `#class-lock-zs_free-lock`, `#zs_free-tail`. */
export class Anchors {
  readonly ids = new Ids([
    ...Object.values(SECTIONS),
    ...Object.values(CHARTS),
    ...Array.from({ length: LIMITS.moments }, (_, k) => `${CHARTS.moments}-${k + 1}`),
    'content',
  ]);
  readonly #functions = new Map<FunctionRow, string>();
  readonly #locks = new Map<LockRow, string>();
  readonly #tails = new Map<TailRow, string>();
  readonly #functionByName = new Map<string, string>();
  readonly #tailByName = new Map<string, string>();

  constructor(result: AnalysisResult) {
    const seen = new Set<string>();
    for (const row of result.functions.slice(0, LIMITS.functions)) {
      // The same name in two modules: the second has its module in the id, whatever the order of others.
      const slug = slugify(seen.has(row.name) ? `${row.name}-${row.module || 'kernel'}` : row.name);
      seen.add(row.name);
      const id = this.ids.take(`${slug}-latency`);
      this.#functions.set(row, id);
      if (!this.#functionByName.has(row.name)) this.#functionByName.set(row.name, id);
    }
    for (const row of detailedLocks(result.locks)) {
      this.#locks.set(row, this.ids.take(`${slugify(row.lock)}-${slugify(row.site)}-lock`));
    }
    for (const row of result.tails.slice(0, LIMITS.tails)) {
      const id = this.ids.take(`${slugify(row.function)}-tail`);
      this.#tails.set(row, id);
      if (!this.#tailByName.has(row.function)) this.#tailByName.set(row.function, id);
    }
  }

  function(row: FunctionRow): string | null {
    return this.#functions.get(row) ?? null;
  }
  functionNamed(name: string): string | null {
    return this.#functionByName.get(name) ?? null;
  }
  lock(row: LockRow): string | null {
    return this.#locks.get(row) ?? null;
  }
  tail(row: TailRow): string | null {
    return this.#tails.get(row) ?? null;
  }
  tailNamed(name: string): string | null {
    return this.#tailByName.get(name) ?? null;
  }
}

/** The locks that have their details on the page, in the order of the result. */
export function detailedLocks(locks: readonly LockRow[]): LockRow[] {
  let waited = 0;
  let quiet = 0;
  return locks.filter((lock) =>
    lock.wait.totalNs > 0 ? ++waited <= LIMITS.lockDetails : ++quiet <= LIMITS.quietLockDetails,
  );
}
