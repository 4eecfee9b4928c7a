import { type NameId, NameTable } from '../../trace/names.ts';
import type { HitRow } from '../event-rows.ts';

/** Pairs of function and caller kept apart; further callers share one row. */
const MAX_PAIRS = 1 << 18;

/** Hits of the function tracer: how often each function was called, and from where. */
export class FunctionHits {
  readonly #names: NameTable;
  #calls: number[] = [];
  readonly #callers = new Map<NameId, Map<NameId, number>>();
  #pairs = 0;

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** Counts a hit; the caller's name stands in `bytes[start, end)`, empty when it is not printed. */
  add(name: NameId, bytes: Uint8Array, start: number, end: number): void {
    this.#calls[name] = (this.#calls[name] ?? 0) + 1;
    if (end <= start) return;
    const caller = this.#names.intern(bytes, start, end, NameTable.hash(bytes, start, end));
    let callers = this.#callers.get(name);
    if (!callers) {
      callers = new Map();
      this.#callers.set(name, callers);
    }
    const known = callers.get(caller);
    if (known !== undefined) callers.set(caller, known + 1);
    else if (this.#pairs < MAX_PAIRS) {
      this.#pairs++;
      callers.set(caller, 1);
    } else callers.set(-1, (callers.get(-1) ?? 0) + 1);
  }

  /** Functions by hits, callers by hits. */
  rows(accepts: (name: NameId) => boolean): HitRow[] {
    const rows: HitRow[] = [];
    this.#calls.forEach((calls, name) => {
      if (!accepts(name)) return;
      const callers = [...(this.#callers.get(name) ?? [])]
        .map(([caller, count]) => ({
          name: caller < 0 ? '(other callers)' : this.#names.text(caller),
          calls: count,
        }))
        .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
      rows.push({
        name: this.#names.functionName(name),
        module: this.#names.moduleName(name),
        calls,
        callers,
      });
    });
    return rows.sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
  }
}
