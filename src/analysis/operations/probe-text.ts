/** Where a kprobe or kretprobe event was taken, as its text begins. */
export interface ProbePlace {
  readonly kind: 'entry' | 'return';
  /** Function probed, without module and suffix; '' where only its address is printed. */
  readonly function: string;
  /** Address of the probe, as hexadecimal digits; '' where its symbol alone is printed. */
  readonly address: string;
}

const SYMBOL = String.raw`([^()\s<]+?)(?:\+0x([0-9a-f]+)(?:\/0x[0-9a-f]+)?)?(?: \[[^\]]+\])?(?: <([0-9a-f]+)>)?`;
const IN_PARENTHESES = new RegExp(String.raw`^\(${SYMBOL}(?: <- ${SYMBOL})?\)`);
/** Bytes from a function's symbol to where a probe on its entry may be. */
const LAST_ENTRY_OFFSET = 16;
/** The fields themselves: trace-cmd's `-R`, ftrace's `fields` option. */
const RAW_ENTRY = /^__probe_ip=(?:0x)?([0-9a-f]+)/;
const RAW_RETURN = /^__probe_func=(?:0x)?([0-9a-f]+)/;

/**
 * `(zs_free+0x4/0xf0)`: a probe on zs_free; `(caller+0xb8/0x120 [zram] <- zs_free)`: its return. With
 * addresses alone (perf, trace-cmd) the probed function stands first in both. Null for other events.
 */
export function probePlace(text: string): ProbePlace | null {
  const raw = RAW_ENTRY.exec(text);
  if (raw) return { kind: 'entry', function: '', address: raw[1]! };
  const rawReturn = RAW_RETURN.exec(text);
  if (rawReturn) return { kind: 'return', function: '', address: rawReturn[1]! };
  const m = IN_PARENTHESES.exec(text);
  if (!m) return null;
  const [, first, offset, firstAddress, second, , secondAddress] = m;
  const isAddress = /^(?:0x)?[0-9a-f]{8,16}$/.test(first!);
  const kind = second === undefined ? 'entry' : 'return';
  // Behind the entry's landing pad and call to ftrace a probe is one of a place within the function.
  if (second === undefined && !isAddress && Number.parseInt(offset ?? '0', 16) > LAST_ENTRY_OFFSET)
    return null;
  if (isAddress) return { kind, function: '', address: first!.replace(/^0x/, '') };
  return kind === 'entry'
    ? { kind, function: bareName(first!), address: firstAddress ?? '' }
    : { kind, function: bareName(second!), address: secondAddress ?? '' };
}

/** A function's name without what the compiler appends to copies and pieces of it. */
export function bareName(name: string): string {
  return name.replace(/(?:\.(?:isra|constprop|part|cold|llvm|lto_priv)(?:\.\d+)*)+$/, '');
}

/** The `name=value` pairs of a probe's text. */
export function probeArguments(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const m of text.matchAll(/ (\w+)=(\S+)/g)) values.set(m[1]!, m[2]!);
  values.delete('__probe_ret_ip');
  return values;
}

/** Words that people and tools put around the function's name in the name of a probe. */
const AROUND =
  /^(?:kret|kprobes?|kretprobes?|fentry|fexit|probes?|my|kr|kp|krp|k|p|r|f|e|on|at|in|out|entry|enter|exit|return|returns|ret|end|begin|start|x|\d+)$/;

/**
 * The function that an event was named after: `p_zs_free_0`, `probe:zs_free__return`, `k_zs_malloc_ret`;
 * null when the name holds none of `functions`, or other words as well.
 */
export function functionOfEventName(event: string, functions: readonly string[]): string | null {
  const name = event.slice(event.lastIndexOf(':') + 1);
  let best: string | null = null;
  for (const candidate of functions) {
    const at = name.indexOf(candidate);
    if (at < 0 || (best !== null && candidate.length <= best.length)) continue;
    const around = `${name.slice(0, at)}_${name.slice(at + candidate.length)}`;
    const isBounded =
      (at === 0 || name[at - 1] === '_') && /^(?:_|$)/.test(name.slice(at + candidate.length));
    if (isBounded && around.split('_').every((word) => word === '' || AROUND.test(word))) best = candidate;
  }
  return best;
}
