import type { TableSink } from '../trace/side-tables.ts';

type Row = (string | number | null)[];

const PROFILE_COLUMNS = [
  'task',
  'event',
  'subject',
  'count',
  'total_ns',
  'average_ns',
  'max_ns',
  'max_at_ns',
  'min_ns',
  'min_at_ns',
];
const STAT_COLUMNS = [
  'cpu',
  'entries',
  'overrun',
  'commit_overrun',
  'bytes',
  'oldest_ns',
  'now_ns',
  'dropped',
  'read',
];
const WAKEUP_COLUMNS = ['tasks', 'what', 'latency_ns', 'at_ns'];

const STAT_KEYS: Readonly<Record<string, number>> = {
  entries: 1,
  overrun: 2,
  'commit overrun': 3,
  bytes: 4,
  'oldest event ts': 5,
  'now ts': 6,
  'dropped events': 7,
  'read events': 8,
};

const STAMP = String.raw`(?:\(ts:(\d+)\.(\d{6})\))?`;
const PROFILE_EVENT = new RegExp(
  String.raw`^ {2}(?:  )?Event: (.*?) \((\d+)\)(?: Total: (\d+) Avg: (\d+) Max: (\d+)${STAMP} Min: ?(\d+)${STAMP})?\s*$`,
);

/**
 * Tables that `trace-cmd report --profile` (`trace-cmd profile`) and `--stat` print instead of records.
 * Source: tracecmd/trace-profile.c and tracecmd_print_stats of trace-cmd 3.1 to 3.4. Stacks below an
 * event of a profile are understood and not kept: they are sums of the records' own stacks.
 */
export class TraceCmdTables {
  readonly #source: string;
  readonly #sink: TableSink | undefined;
  #profile: Row[] = [];
  #stat: Row[] = [];
  #wakeups: Row[] = [];
  #task = '';
  #inProfile = false;
  #inStat = false;
  #realTime = false;

  constructor(source: string, sink: TableSink | undefined) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Takes a line that is no record; false when it is of no table. */
  read(line: string): boolean {
    return this.#readProfile(line) || this.#readStat(line);
  }

  wakeup(what: string, ns: number, atNs: number): void {
    this.#wakeups.push([
      this.#realTime ? 'real-time' : 'all',
      what,
      ns,
      Number.isNaN(atNs) ? null : Math.round(atNs),
    ]);
  }

  beginRealTimeWakeups(): void {
    this.#realTime = true;
  }

  /** Hands the tables on; their kinds, for the reader. */
  finish(): string[] {
    const kinds: string[] = [];
    const give = (kind: string, columns: string[], rows: Row[]) => {
      if (rows.length === 0) return;
      kinds.push(kind);
      this.#sink?.table({ source: this.#source, kind, columns, rows });
    };
    give('trace-cmd-profile', PROFILE_COLUMNS, this.#profile);
    give('trace-cmd-stat', STAT_COLUMNS, this.#stat);
    give('trace-cmd-wakeup-latency', WAKEUP_COLUMNS, this.#wakeups);
    return kinds;
  }

  #readProfile(line: string): boolean {
    const task = /^(?:task|group): (.*?)\s*$/.exec(line);
    if (task) {
      this.#inProfile = true;
      this.#task = task[1]!;
      return true;
    }
    const event = PROFILE_EVENT.exec(line);
    if (event) {
      this.#inProfile = true;
      const subject = event[1]!;
      const colon = subject.indexOf(':');
      const number = (text: string | undefined) => (text === undefined ? null : Number(text));
      const stamp = (seconds: string | undefined, micros: string | undefined) =>
        seconds === undefined ? null : Number(seconds) * 1e9 + Number(micros) * 1000;
      this.#profile.push([
        this.#task,
        colon < 0 ? subject : subject.slice(0, colon),
        colon < 0 ? '' : subject.slice(colon + 1).trim(),
        Number(event[2]),
        number(event[3]),
        number(event[4]),
        number(event[5]),
        stamp(event[6], event[7]),
        number(event[8]),
        stamp(event[9], event[10]),
      ]);
      return true;
    }
    if (!this.#inProfile) return false;
    return (
      // The tree of stacks: bars, branches, shares, and functions with their addresses.
      /^[\s|+]+(?:\d+% \(\d+\).*|\S+ \(0x[0-9a-f]+\)|0x[0-9a-f]+|)\s*$/.test(line) ||
      /^ +<stack> \d+ total:\d+/.test(line) ||
      /^ +=> \S/.test(line)
    );
  }

  #readStat(line: string): boolean {
    if (/^Kernel buffer statistics:\s*$/.test(line)) {
      this.#inStat = true;
      return true;
    }
    if (!this.#inStat) return /^(?:CPU\d+ data recorded at offset=|No stats in this file)/.test(line.trim());
    const cpu = /^CPU: (\d+)\s*$/.exec(line);
    if (cpu) {
      this.#stat.push([Number(cpu[1]), null, null, null, null, null, null, null, null]);
      return true;
    }
    const value = /^([a-z ]+): +(\d+)(?:\.(\d{6}))?\s*$/.exec(line);
    const column = value ? STAT_KEYS[value[1]!] : undefined;
    const row = this.#stat.at(-1);
    if (value && column !== undefined && row) {
      row[column] =
        value[3] === undefined ? Number(value[2]) : Number(value[2]) * 1e9 + Number(value[3]) * 1000;
      return true;
    }
    return /^ +Note: "entries" are|^ +recorded in the trace data|^CPU\d+ data recorded at offset=|^ +\d+ bytes in size|^ ?No stats/.test(
      line,
    );
  }
}
