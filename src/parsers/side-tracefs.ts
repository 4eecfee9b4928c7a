import type { SideReader } from './side-data.ts';
import { type Cell, cellOf, type SideTableSet } from './side-table-set.ts';

const STATS_KEYS = [
  'entries',
  'overrun',
  'commit overrun',
  'bytes',
  'oldest event ts',
  'now ts',
  'dropped events',
  'read events',
] as const;
const STATS_COLUMNS = ['cpu', ...STATS_KEYS.map((key) => key.replaceAll(' ', '_').replace(/_ts$/, '_s'))];
const STATS_PART = new RegExp(`(?:^|\\s)(${STATS_KEYS.join('|')}): +([\\d.]+)`, 'g');

/**
 * per_cpu/cpuN/stats of tracefs (kernel/trace/trace.c, tracing_stats_read), as they are, joined to a line,
 * or below a line with their path. Stamps are in seconds of the trace's clock.
 */
export class RingBufferStatsReader implements SideReader {
  readonly #tables: SideTableSet;
  #cpu: Cell = null;
  #values = new Map<string, Cell>();

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const path = /^(?:\S*\/)?(?:per_cpu\/)?cpu(\d+)(?:\/stats)?:?$/.exec(text);
    if (path) {
      this.end();
      this.#cpu = Number(path[1]);
      return true;
    }
    const line = /^(?:cpu(\d+)\s+)?((?:[a-z][a-z ]*: +[\d.]+\s*)+)$/.exec(text);
    const parts = line ? [...line[2]!.matchAll(STATS_PART)] : [];
    if (parts.length === 0 || parts.map((part) => part[0].trim()).join(' ') !== line![2]!.trim())
      return false;
    if (line![1] !== undefined) {
      this.end();
      this.#cpu = Number(line![1]);
    }
    for (const [, key, value] of parts) {
      // The next CPU's begin where a key comes again.
      if (this.#values.has(key!)) {
        this.end();
      }
      this.#values.set(key!, cellOf(value!));
    }
    return true;
  }

  end(): void {
    if (this.#values.size > 0) {
      const cells = STATS_KEYS.map((key) => this.#values.get(key) ?? null);
      this.#tables.add('ring-buffer-stats', STATS_COLUMNS, [this.#cpu, ...cells]);
    }
    this.#cpu = null;
    this.#values = new Map();
  }
}

/** What zram's comp_algorithm lists (drivers/block/zram/zcomp.c), and names of crypto drivers. */
const COMPRESSORS = new Set('lzo lzo-rle lz4 lz4hc 842 zstd deflate deflate-iaa deflate-generic'.split(' '));

/** Lines of tracefs that stand for themselves: probes, their hits, clocks, tracers. */
export class TracefsLinesReader implements SideReader {
  readonly #tables: SideTableSet;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    return this.#definition(text) || this.#profile(text) || this.#choice(text);
  }

  /** kprobe_events (Documentation/trace/kprobetrace.rst): `r10:GROUP/EVENT PLACE ARGUMENTS`. */
  #definition(text: string): boolean {
    const m = /^([pref])(\d*):(?:(\w+)\/)?(\w+) (\S+)((?: \S+=\S+)*)$/.exec(text);
    if (!m) return false;
    const columns = ['type', 'max_active', 'group', 'event', 'place', 'arguments'];
    const active = m[2] === '' ? null : Number(m[2]);
    this.#tables.add('kprobe-events', columns, [m[1]!, active, m[3] ?? null, m[4]!, m[5]!, m[6]!.trim()]);
    return true;
  }

  /** kprobe_profile: event, hits, misses. */
  #profile(text: string): boolean {
    const m = /^ +(\w+) +(\d+) +(\d+)$/.exec(text);
    if (!m || /^\d+$/.test(m[1]!)) return false;
    this.#tables.add('kprobe-profile', ['event', 'hits', 'misses'], [m[1]!, Number(m[2]), Number(m[3])]);
    return true;
  }

  /** trace_clock, comp_algorithm: all choices, the one that holds in brackets; available_tracers has none. */
  #choice(text: string): boolean {
    if (!/^\[?[\w-]+\]?(?: \[?[\w-]+\]?)* ?$/.test(text)) return false;
    const words = text.trim().split(' ');
    const plain = words.map((word) => word.replace(/^\[|\]$/g, ''));
    const chosen = words.filter((word) => /^\[.*\]$/.test(word)).map((word) => word.slice(1, -1));
    const has = (word: string) => plain.includes(word);
    if (chosen.length === 0 && has('nop') && words.length > 1) {
      for (const word of plain) this.#tables.add('available-tracers', ['tracer'], [word]);
      return true;
    }
    if (chosen.length !== 1) return false;
    const isClock = has('local') && has('global');
    if (!isClock && !plain.every((word) => COMPRESSORS.has(word))) return false;
    const kind = isClock ? 'trace-clock' : 'zram-comp-algorithm';
    this.#tables.add(kind, ['chosen', 'available'], [chosen[0]!, plain.join(' ')]);
    return true;
  }

  end(): void {}
}

/** trace_options: words that begin with `no` where the option is off. */
export class TraceOptionsReader implements SideReader {
  readonly #tables: SideTableSet;
  #isBegun = false;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    this.#isBegun ||= /^(?:no)?print-parent$/.test(text);
    if (!this.#isBegun || !/^[a-z][\w-]+$/.test(text)) return false;
    const isOff = /^no/.test(text);
    this.#tables.add('trace-options', ['option', 'on'], [isOff ? text.slice(2) : text, isOff ? 0 : 1]);
    return true;
  }

  end(): void {}
}

/** set_ftrace_filter and other lists of functions: a name on each line, perhaps with its module. */
export class FunctionListReader implements SideReader {
  readonly #tables: SideTableSet;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const m = /^([A-Za-z_][\w.]*)(?: \[(\w+)\])?(?::\w+)*$/.exec(text);
    if (!m) return /^#### all functions (?:enabled|disabled) ####$/.test(text);
    this.#tables.add('function-list', ['function', 'module'], [m[1]!, m[2] ?? null]);
    return true;
  }

  end(): void {}
}
