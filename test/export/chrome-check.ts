/** A complete event of a Chrome trace, times in whole ns. */
export interface Slice {
  readonly name: string;
  readonly category: string;
  readonly track: string;
  readonly beginNs: number;
  readonly endNs: number;
  readonly args: Readonly<Record<string, unknown>>;
}

interface ChromeEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface ChromeFile {
  readonly slices: Slice[];
  readonly instants: ChromeEvent[];
  readonly processNames: Map<number, string>;
  readonly threadNames: Map<string, string>;
}

/** Reads a whole export; every event must have what its phase demands. */
export function readChrome(json: string): ChromeFile {
  const { traceEvents } = JSON.parse(json) as { traceEvents: ChromeEvent[] };
  const file: ChromeFile = { slices: [], instants: [], processNames: new Map(), threadNames: new Map() };
  for (const event of traceEvents) {
    const { ph, name, cat = '', ts, dur, pid, tid, args = {} } = event;
    const track = `${pid}/${tid}`;
    if (!Number.isInteger(pid) || !Number.isInteger(tid))
      throw new Error(`no track: ${JSON.stringify(event)}`);
    if (ph === 'M') {
      const text = String(args['name']);
      if (name === 'process_name') file.processNames.set(pid, text);
      else file.threadNames.set(track, text);
      continue;
    }
    if (typeof ts !== 'number') throw new Error(`no time: ${JSON.stringify(event)}`);
    if (ph === 'i') {
      file.instants.push(event);
      continue;
    }
    if (ph !== 'X' || typeof dur !== 'number' || dur < 0) throw new Error(`bad: ${JSON.stringify(event)}`);
    const beginNs = Math.round(ts * 1000);
    file.slices.push({ name, category: cat, track, beginNs, endNs: beginNs + Math.round(dur * 1000), args });
  }
  return file;
}

/**
 * Slices that a viewer would refuse: sorted by begin (as they stand where begins are equal), each
 * must lie within the one that is open or behind it.
 */
export function nestingErrors(slices: readonly Slice[]): string[] {
  const errors: string[] = [];
  const byTrack = new Map<string, Slice[]>();
  for (const slice of slices) {
    const ofTrack = byTrack.get(slice.track);
    if (ofTrack) ofTrack.push(slice);
    else byTrack.set(slice.track, [slice]);
  }
  for (const [track, ofTrack] of byTrack) {
    const open: Slice[] = [];
    for (const slice of ofTrack.toSorted((a, b) => a.beginNs - b.beginNs)) {
      while (open.length > 0 && open.at(-1)!.endNs <= slice.beginNs) open.pop();
      const outer = open.at(-1);
      if (outer && slice.endNs > outer.endNs)
        errors.push(
          `${track}: ${slice.name} ${slice.beginNs}-${slice.endNs} leaves ${outer.name} ${outer.endNs}`,
        );
      open.push(slice);
    }
  }
  return errors;
}

/** Duration as recorded: the one drawn, unless the event says another. */
export function recordedNs(slice: Slice): number {
  const told = slice.args['duration_ns'];
  return typeof told === 'number' ? told : slice.endNs - slice.beginNs;
}
