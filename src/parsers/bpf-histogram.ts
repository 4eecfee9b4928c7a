import { latin1 } from '../trace/records.ts';
import type { SideHistogram } from '../trace/side-tables.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';
import { WholeLines } from './whole-lines.ts';

/** bpftrace: `@usecs[swapbench]:` above its buckets. */
const MAP = /^(@\w*(?:\[.*\])?):$/;
/** `[8, 16)  12 |@@@  |`, `[1] 3 |@|`, `(..., 0) 1 |`, `[100, ...) 2 |`. */
const BPFTRACE_ROW =
  /^(?:\[(-?\d+[KMGTPE]?)\]|[[(](-?\d+[KMGTPE]?|\.{3}), *(-?\d+[KMGTPE]?|\.{3})[)\]]) +(\d+) \|[@ ]*\|$/;
/** bcc: `usecs : count distribution` above its buckets. */
const BCC_HEADER = / : count {1,16}distribution$/;
/** `8 -> 15 : 12 |****  |`, and `8 : 12 |**** |` of a linear one; `+` closes a bar that is too long. */
const BCC_ROW = /^ *(\d+)(?: -> (\d+))? +: (\d+) +\|[* ]*\+?\|?$/;

const SUFFIX = 'KMGTPE';
const MAX_LINE = 4096;
const MAX_BUCKETS = 4096;
const MAX_HISTOGRAMS = 1 << 14;

/** Time units by the last part of a map's name or of a bcc label. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/(?:^|_)(?:ns|nsecs?)$/, 1],
  [/(?:^|_)(?:us|usecs?)$/, 1e3],
  [/(?:^|_)(?:ms|msecs?)$/, 1e6],
  [/(?:^|_)(?:s|secs?)$/, 1e9],
];

interface Open {
  readonly name: string;
  /** ns for each unit of the buckets; null when the name does not tell. */
  readonly unitNs: number | null;
  readonly tool: 'bpftrace' | 'bcc';
  readonly buckets: { lo: number; hi: number; count: number }[];
}

/** True when a histogram of bpftrace or bcc begins within the first bytes: its title and a bucket. */
export function sniffBpfHistogram(head: Uint8Array): boolean {
  const lines = latin1(head, 0, head.length).split('\n');
  return lines.some((line, i) => {
    const next = lines[i + 1]?.trimEnd() ?? '';
    const title = line.trimEnd();
    return MAP.test(title) ? BPFTRACE_ROW.test(next) : bccLabel(title) !== null && BCC_ROW.test(next);
  });
}

/**
 * Histograms that bpftrace (`hist`, `lhist`) and bcc's tools print: the counts of a latency, without
 * single calls. The unit is taken from the name when that ends in one (`@usecs`, `@latency_ns`, bcc's
 * `usecs`); else it is `other`, because neither prints it. bpftrace's K, M, G are powers of 1,024.
 */
export class BpfHistogramParser implements TraceParser {
  readonly originNs = 0;
  readonly #context: ParseContext;
  readonly #chunks: WholeLines;
  #open: Open | null = null;
  /** The last line of text, which names the histogram that follows in bcc's output. */
  #section = '';
  #bytes = 0;
  #lines = 0;
  #unread = 0;
  #histograms = 0;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#chunks = new WholeLines({
      lines: (bytes, from, end) => {
        for (let at = from; at < end; ) {
          const newline = bytes.indexOf(10, at);
          this.#line(latin1(bytes, at, Math.min(newline, at + MAX_LINE)).trimEnd());
          at = newline + 1;
        }
      },
      overlong: () => {
        this.#lines++;
        this.#unknown('lines are too long');
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  finish(): TraceFacts {
    this.#chunks.finish();
    this.#close();
    return {
      bytes: this.#bytes,
      lines: this.#lines,
      understoodLines: this.#lines - this.#unread,
      cpus: 0,
      clock: 'none',
      originNs: 0,
      firstNs: Number.NaN,
      lastNs: Number.NaN,
      kernelRelease: '',
      layouts: [],
    };
  }

  #line(text: string): void {
    this.#lines++;
    if (text === '') {
      this.#close();
      return;
    }
    const map = MAP.exec(text);
    const label = map ? null : bccLabel(text);
    if (map || label !== null) this.#begin(map?.[1] ?? '', label ?? '');
    else if (!this.#bucket(text)) this.#other(text);
  }

  #begin(map: string, label: string): void {
    this.#close();
    const isMap = map !== '';
    const unitName = isMap ? map.slice(1).replace(/\[.*$/, '') : label;
    const unit = UNITS.find(([pattern]) => pattern.test(unitName));
    const name = isMap ? map : this.#section === '' ? label : `${this.#section} (${label})`;
    this.#open = { name, unitNs: unit?.[1] ?? null, tool: isMap ? 'bpftrace' : 'bcc', buckets: [] };
    this.#section = '';
  }

  #bucket(text: string): boolean {
    const open = this.#open;
    if (open === null) return false;
    let bucket: { lo: number; hi: number; count: number } | null;
    if (open.tool === 'bpftrace') {
      const m = BPFTRACE_ROW.exec(text);
      if (!m) return false;
      const lo = m[1] === undefined ? numberOf(m[2]!, Number.NEGATIVE_INFINITY) : numberOf(m[1], 0);
      const hi = m[1] === undefined ? numberOf(m[3]!, Number.POSITIVE_INFINITY) : lo + 1;
      bucket = { lo, hi, count: Number(m[4]) };
    } else {
      const m = BCC_ROW.exec(text);
      if (!m) return false;
      // Its last bound belongs to the bucket: 8 -> 15 holds 15.99 as well.
      bucket = { lo: Number(m[1]), hi: Number(m[2] ?? m[1]) + 1, count: Number(m[3]) };
    }
    if (open.buckets.length < MAX_BUCKETS) open.buckets.push(bucket);
    return true;
  }

  #other(text: string): void {
    // A bar that was cut, or a bucket without its title, is damage; sentences around are not.
    const isDamage = this.#open !== null || /^[[(]-?\d.*\|/.test(text) || / : \d+ +\|/.test(text);
    this.#close();
    if (isDamage) {
      this.#unknown('lines among the buckets were not understood');
      return;
    }
    this.#section = text.trim().replace(/:$/, '');
    const { diagnostics, inputName } = this.#context;
    diagnostics.add(
      'text-around',
      'info',
      'lines of text stand around the histograms',
      `${inputName}:${this.#lines}`,
    );
  }

  #unknown(sentence: string): void {
    this.#unread++;
    const { diagnostics, inputName } = this.#context;
    diagnostics.add('unknown-line', 'warning', sentence, `${inputName}:${this.#lines}`);
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    if (open === null || open.buckets.length === 0 || this.#histograms++ >= MAX_HISTOGRAMS) return;
    const { tables, inputName: source } = this.#context;
    const factor = open.unitNs ?? 1;
    const histogram: SideHistogram = {
      source,
      name: open.name,
      unit: open.unitNs === null ? 'other' : 'ns',
      buckets: open.buckets.map(({ lo, hi, count }) => ({ lo: lo * factor, hi: hi * factor, count })),
    };
    tables?.histogram(histogram);
  }
}

/** What bcc's title says the buckets are of; null for other lines. */
function bccLabel(text: string): string | null {
  const m = BCC_HEADER.exec(text);
  if (!m || text[0] !== ' ') return null;
  const label = text.slice(0, m.index).trim();
  return /^[\w() ./-]+$/.test(label) ? label : null;
}

/** `2K` is 2,048; `...` is open. */
function numberOf(text: string, open: number): number {
  if (text === '...') return open;
  const power = SUFFIX.indexOf(text.at(-1)!) + 1;
  return Number(power > 0 ? text.slice(0, -1) : text) * 1024 ** power;
}
