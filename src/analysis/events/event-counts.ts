import type { NameId, NameTable } from '../../trace/names.ts';
import type { EventRow } from '../event-rows.ts';

/** Distinct stacks kept in all; further ones are counted without their frames. */
const MAX_STACKS = 4096;
/** Functions of a stack that tell it apart, from the innermost. */
const MAX_FRAMES = 32;
const STACKS_SHOWN = 8;

/** How often each event was recorded, and with which stacks. */
export class EventCounts {
  readonly #names: NameTable;
  #counts: number[] = [];
  readonly #stacks = new Map<NameId, Map<string, number>>();
  #kept = 0;

  constructor(names: NameTable) {
    this.#names = names;
  }

  add(name: NameId): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  /** The stack of an event that has been counted, innermost first. */
  addStack(name: NameId, frames: readonly NameId[]): void {
    let stacks = this.#stacks.get(name);
    if (!stacks) {
      stacks = new Map();
      this.#stacks.set(name, stacks);
    }
    const key = frames.slice(0, MAX_FRAMES).join(' ');
    const known = stacks.get(key);
    if (known !== undefined) stacks.set(key, known + 1);
    else if (this.#kept < MAX_STACKS) {
      this.#kept++;
      stacks.set(key, 1);
    } else stacks.set('', (stacks.get('') ?? 0) + 1);
  }

  rows(): EventRow[] {
    const rows: EventRow[] = [];
    this.#counts.forEach((count, name) => {
      const stacks = [...(this.#stacks.get(name) ?? [])]
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, STACKS_SHOWN)
        .map(([key, times]) => ({
          frames: key === '' ? [] : key.split(' ').map((id) => this.#names.text(Number(id))),
          count: times,
        }));
      rows.push({ name: this.#names.text(name), count, stacks });
    });
    return rows.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  }
}
