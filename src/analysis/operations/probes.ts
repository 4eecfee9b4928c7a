import { bareName, functionOfEventName, type ProbePlace, probePlace } from './probe-text.ts';

/** How it is known what a probe probes. */
export type ProbeBasis = 'its text' | 'its definition' | 'its name' | 'its address';

/** What a probe of the trace was taken for. */
export interface Probe {
  readonly event: string;
  readonly kind: 'entry' | 'return';
  readonly function: string;
  readonly basis: ProbeBasis;
  /** Arguments as its definition names them; '' where there is none. */
  readonly definition: string;
  /** Events of it. */
  count: number;
  /** Its arguments that were used: `handle` (the argument) is the `handle` (what it means). */
  readonly used: Map<string, string>;
}

/** A line of kprobe_events: `p:kprobes/NAME PLACE ARGUMENTS`. */
export interface ProbeDefinition {
  readonly event: string;
  /** Function, perhaps with module, offset: `zsmalloc:zs_free+0`. */
  readonly place: string;
  readonly arguments: string;
}

/** Names that people give probes of functions with longer names. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  zram_notify: 'zram_slot_free_notify',
  zram_slot_free_notify: 'zram_slot_free_notify',
  slot_free_notify: 'zram_slot_free_notify',
  zswap_inv: 'zswap_invalidate',
  zswap_wb: 'zswap_writeback_entry',
  free_swap: 'free_swap_and_cache_nr',
};

/** Probes of one address that cannot be told now are asked for again; so many at most. */
const MAX_EVENTS = 4096;

/**
 * Tells by probe events what they probe: by the symbol in their text; where only an address is printed, by
 * their definition (kprobe_events), by their name, or because a probe with the same address is known.
 */
export class Probes {
  readonly #functions: readonly string[];
  readonly #byName = new Map<number, Probe | ProbePlace | null>();
  readonly #functionAt = new Map<string, string>();
  readonly #definitions = new Map<string, ProbeDefinition>();
  readonly found: Probe[] = [];

  /** @param functions Functions that matter; probes of others are none. */
  constructor(functions: readonly string[]) {
    this.#functions = functions;
  }

  /** Definitions of probes, known before their events. */
  define(definitions: readonly ProbeDefinition[]): void {
    for (const definition of definitions) this.#definitions.set(definition.event, definition);
  }

  /** True when events of this name were seen and are none of ours. */
  isOther(nameId: number): boolean {
    return this.#byName.get(nameId) === null;
  }

  /** The probe behind an event; null when it is no probe, or of a function that does not matter. */
  of(nameId: number, event: string, text: string): Probe | null {
    let known = this.#byName.get(nameId);
    if (known === undefined) {
      known = this.#byName.size < MAX_EVENTS ? probePlace(text) : null;
      this.#byName.set(nameId, known);
    }
    if (known === null) return null;
    if (!('basis' in known)) {
      const probe = this.#resolve(event, known);
      if (probe === null) return null;
      known = probe;
      this.#byName.set(nameId, this.#matters(probe) ? probe : null);
      if (!this.#matters(probe)) return null;
      this.found.push(probe);
    }
    known.count++;
    return known;
  }

  #matters(probe: Probe): boolean {
    return this.#functions.includes(probe.function);
  }

  #resolve(event: string, place: ProbePlace): Probe | null {
    const short = event.slice(event.lastIndexOf(':') + 1);
    const definition = this.#definitions.get(short);
    const make = (function_: string, basis: ProbeBasis): Probe => {
      if (place.address !== '') this.#functionAt.set(place.address, function_);
      return {
        event,
        kind: place.kind,
        function: function_,
        basis,
        definition: definition?.arguments ?? '',
        count: 0,
        used: new Map(),
      };
    };
    if (place.function !== '') return make(place.function, 'its text');
    const symbol = definition && /^(?:\w+:)?([^+%]+)/.exec(definition.place)?.[1];
    // perf probe writes places as distances from the beginning of the kernel's text.
    if (symbol && !/^_s?text$/.test(symbol)) return make(bareName(symbol), 'its definition');
    const named = functionOfEventName(short, [...this.#functions, ...Object.keys(SHORT_NAMES)]);
    if (named !== null) return make(SHORT_NAMES[named] ?? named, 'its name');
    const at = this.#functionAt.get(place.address);
    return at === undefined ? null : make(at, 'its address');
  }
}
