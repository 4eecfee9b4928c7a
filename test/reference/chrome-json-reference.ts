/** A call or event of a Chrome trace. */
export interface ChromeRow {
  readonly kind: 'call' | 'event';
  readonly thread: string;
  readonly name: string;
  readonly timeNs: number;
  readonly durationNs: number | null;
  readonly depth: number | null;
}

interface RawEvent {
  readonly ph: string;
  readonly name?: string;
  readonly ts?: number | string;
  readonly dur?: number | string;
  readonly pid?: number;
  readonly tid?: number | string;
}

/**
 * The whole file at once, the slow and obvious way: a call is as deep as there are calls of its thread
 * that hold it. For files whose begins and ends are balanced.
 */
export function parseChromeReference(text: string): ChromeRow[] {
  const whole = text.trim();
  const json = JSON.parse(whole.startsWith('[') && !whole.endsWith(']') ? `${whole}]` : whole) as
    | RawEvent[]
    | { traceEvents: RawEvent[] };
  const events = Array.isArray(json) ? json : json.traceEvents;
  const ns = (us: number | string) => Math.round(Number(us) * 1000);
  const calls: { thread: string; name: string; beginNs: number; endNs: number }[] = [];
  const open = new Map<string, { name: string; beginNs: number }[]>();
  const rows: ChromeRow[] = [];
  for (const { ph, name = '', ts = Number.NaN, dur = 0, pid = '', tid = '' } of events) {
    const thread = `${pid}/${tid}`;
    const stack = open.get(thread) ?? [];
    open.set(thread, stack);
    if (ph === 'X') calls.push({ thread, name, beginNs: ns(ts), endNs: ns(ts) + ns(dur) });
    else if (ph === 'B') stack.push({ name, beginNs: ns(ts) });
    else if (ph === 'E') calls.push({ thread, ...stack.pop()!, endNs: ns(ts) });
    else if ('iIRC'.includes(ph))
      rows.push({ kind: 'event', thread, name, timeNs: ns(ts), durationNs: null, depth: null });
  }
  for (const [i, call] of calls.entries()) {
    const holds = (other: (typeof calls)[number], k: number) =>
      other.thread === call.thread &&
      other.beginNs <= call.beginNs &&
      other.endNs > call.beginNs &&
      other.endNs >= call.endNs &&
      (other.endNs - other.beginNs > call.endNs - call.beginNs || k < i);
    const depth = calls.filter((other, k) => k !== i && holds(other, k)).length;
    const { thread, name, beginNs, endNs } = call;
    rows.push({ kind: 'call', thread, name, timeNs: beginNs, durationNs: endNs - beginNs, depth });
  }
  return rows;
}
