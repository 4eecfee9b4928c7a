import { type NameId, NameTable } from '../trace/names.ts';

/** What a letter behind an event's colon may mean instead of a tracepoint: `cycles:ukpp` (man perf-list). */
const MODIFIERS = /^[ukhIGHpPSDWeb]+$/;

/** Systems whose events people name themselves, with one letter if they like. */
const PROBES = /^(?:[kuef]probes|probe(?:_.*)?|sdt_.*|synthetic)$/;

/** An event's name without its system, and whether its samples are records of a tracepoint or a probe. */
export function splitEvent(event: string): { name: string; isTracepoint: boolean } {
  const m = /^([A-Za-z_][\w-]*):([^/:]+)(?::([^:]+))?$/.exec(event);
  if (!m || (MODIFIERS.test(m[2]!) && !PROBES.test(m[1]!))) return { name: event, isTracepoint: false };
  if (m[3] !== undefined && !MODIFIERS.test(m[3])) return { name: event, isTracepoint: false };
  return { name: m[2]!, isTracepoint: true };
}

/** Events as perf prints them, each with the name that it has in all formats. */
export class PerfEvents {
  /** Printed names; hot loops may compare against it directly. */
  readonly printed = new NameTable();
  /** For each printed name the one in the shared table. */
  name = new Int32Array(64);
  /** For each printed name: 1 for tracepoints and probes, 0 for counters and clocks. */
  tracepoint = new Uint8Array(64);
  readonly #names: NameTable;
  #known = 0;

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** The id of a printed name, added when new; `hash` is {@link NameTable.hash} of it. */
  intern(bytes: Uint8Array, start: number, end: number, hash: number): NameId {
    const id = this.printed.intern(bytes, start, end, hash);
    if (id === this.#known) this.#add(id);
    return id;
  }

  #add(id: NameId): void {
    this.#known++;
    if (id === this.name.length) {
      const name = new Int32Array(id * 2);
      name.set(this.name);
      this.name = name;
      const tracepoint = new Uint8Array(id * 2);
      tracepoint.set(this.tracepoint);
      this.tracepoint = tracepoint;
    }
    const { name, isTracepoint } = splitEvent(this.printed.text(id));
    this.name[id] = this.#names.internText(name);
    this.tracepoint[id] = isTracepoint ? 1 : 0;
  }
}
