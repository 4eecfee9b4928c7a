import { eventAddress, probePlace } from '../../trace/event-fields.ts';
import type { NameId, NameTable } from '../../trace/names.ts';
import { latin1, type RecordBatch, RecordBits } from '../../trace/records.ts';

/**
 * Bytes into a function at which its entry may be probed: behind `endbr64` (x86), or behind `bti` and
 * the nops of the function tracer (arm64). Further in, a probe is not an entry.
 */
const MAX_ENTRY_OFFSET = 8;

/** A probe event as far as pairs need it. */
export interface Probe {
  readonly isReturn: boolean;
  /** The function with its module; the first entry event's name where only addresses are printed. */
  readonly name: NameId;
  /** Bytes into the text where the arguments begin. */
  readonly argumentsAt: number;
}

interface Cached {
  readonly text: Uint8Array;
  readonly probe: Probe | null;
}

/**
 * Finds out which events are kprobes and kretprobes, and of which function. The place (`(zs_free+0x4/0xf0)`)
 * is the same again and again, so it is read once for each event and compared as bytes afterwards.
 */
export class ProbeEvents {
  readonly #names: NameTable;
  #last: (Cached | undefined)[] = [];
  /** Name by address, where the trace has no symbols. */
  readonly #byAddress = new Map<string, NameId>();
  /** A function may have several probes: one of them stands for its entries, one for its returns. */
  readonly #entryEvent = new Map<NameId, NameId>();
  readonly #returnEvent = new Map<NameId, NameId>();

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** What the event of row `i` says; null when it is no probe of a function's entry or return. */
  read(records: RecordBatch, i: number): Probe | null {
    if ((records.bits[i]! & RecordBits.Text) === 0) return null;
    const { bytes } = records;
    const start = records.textStart[i]!;
    const first = bytes[start];
    if (first !== 0x28 /* ( */ && first !== 0x5f /* _ */) return null;
    const end = placeEnd(bytes, start, records.textEnd[i]!);
    const event = records.name[i]!;
    const last = this.#last[event];
    if (last !== undefined && sameBytes(last.text, bytes, start, end)) return last.probe;
    const probe = this.#parse(latin1(bytes, start, end), event);
    this.#last[event] = { text: bytes.slice(start, end), probe };
    return probe;
  }

  #parse(text: string, event: NameId): Probe | null {
    const place = probePlace(text);
    if (place === null) return null;
    const isReturn = place.kind === 'return';
    let name: NameId;
    if (place.function !== null) {
      if (!isReturn && entryOffset(text) > MAX_ENTRY_OFFSET) return null;
      name = this.#names.internText(
        place.module === '' ? place.function : `${place.function} [${place.module}]`,
      );
    } else {
      const address = probedAddress(text, isReturn);
      if (address === null) return null;
      name = this.#byAddress.get(address) ?? event;
      if (!this.#byAddress.has(address)) this.#byAddress.set(address, name);
    }
    const chosen = isReturn ? this.#returnEvent : this.#entryEvent;
    if (!chosen.has(name)) chosen.set(name, event);
    return chosen.get(name) === event ? { isReturn, name, argumentsAt: text.length + 1 } : null;
  }
}

/** Behind the closing bracket, or behind the fields of an address that is printed as one. */
function placeEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === 0x28) {
    const close = bytes.indexOf(0x29, start);
    return close < 0 || close >= end ? end : close + 1;
  }
  let at = start;
  while (at < end && bytes[at] !== 0x20) at++;
  return at;
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}

function entryOffset(text: string): number {
  const m = /\+0x([0-9a-f]+)/.exec(text);
  return m ? Number.parseInt(m[1]!, 16) : 0;
}

/** libtraceevent prints the function first, also of a return: `(FUNCTION <- RETURNED_TO)`. */
function probedAddress(text: string, isReturn: boolean): string | null {
  if (text.startsWith('__')) return eventAddress(text, isReturn ? '__probe_func' : '__probe_ip');
  return /^\((?:0x)?([0-9a-f]{8,16})/.exec(text)?.[1] ?? null;
}
