/** Where a kprobe or kretprobe event was taken, as its text begins. */
export interface ProbePlace {
  readonly kind: 'entry' | 'return';
  /** Function probed, without module. */
  readonly function: string;
}

/**
 * `(zs_free+0x4/0xf0)`: a probe on zs_free; `(caller+0xb8/0x120 [zram] <- zs_free)`: its return. Null for
 * other events.
 */
export function probePlace(text: string): ProbePlace | null {
  const m =
    /^\(([^()\s<]+?)(?:\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?)?(?: \[[^\]]+\])?(?: <- ([^()\s]+?)(?:\+0x[0-9a-f/x]+)?(?: \[[^\]]+\])?)?\)/.exec(
      text,
    );
  if (!m) return null;
  return m[2] === undefined ? { kind: 'entry', function: m[1]! } : { kind: 'return', function: m[2] };
}

/** The `name=value` pairs of a probe's text. */
export function probeArguments(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const m of text.matchAll(/ (\w+)=(\S+)/g)) values.set(m[1]!, m[2]!);
  return values;
}
