/**
 * Values out of the text of an event, in the forms in which kernels, trace-cmd and perf print them. Pure
 * functions over the text behind `name: `; null where the text does not have what is asked for.
 *
 * Forms: the event's own print format (`size=0x2af`), the `fields` option of ftrace (`size=0x2af (687)`;
 * kernel/trace/trace_output.c, print_event_fields), trace-cmd's plugins (`comm:pid [prio] S ==> ...`) and its
 * `-R` (`prev_state=256`).
 */

/** Where the next field begins: ` name=`, or the arrow in the middle of sched_switch. */
const NEXT_FIELD = /,? +(?:[[({]?[A-Za-z_][\w.]*(?:\[\d+\])?=|==> )/g;

const AFTER_QUOTE = /"(?=$|[)\]},]|,? +(?:[[({]?[A-Za-z_][\w.]*(?:\[\d+\])?=|==> ))/g;

/** Longer texts are damage: regular expressions would take their time over them. */
const MAX_SCHED_TEXT = 1024;

/**
 * The value of a field as printed: up to the next ` name=`, without quotes. Values may hold blanks
 * (`comm=my task`); a comm that itself holds ` x=` is cut there, so tasks are better read with
 * {@link schedSwitch} and {@link schedWakeup}.
 */
export function eventField(text: string, name: string): string | null {
  const at = valueStart(text, name);
  if (at < 0) return null;
  if (text[at] === '"') {
    const close = closingQuote(text, at + 1);
    if (close >= 0) return text.slice(at + 1, close);
  }
  const opener = at - name.length - 2 >= 0 ? text[at - name.length - 2]! : ' ';
  const closer = CLOSERS[opener];
  NEXT_FIELD.lastIndex = at;
  let end = NEXT_FIELD.exec(text)?.index ?? text.length;
  if (closer !== undefined) {
    const close = text.indexOf(closer, at);
    if (close >= 0 && close < end) end = close;
  }
  return text.slice(at, end).replace(/[ ,]+$/, '');
}

/**
 * A field as a number: decimal, `0x..`, or the decimal behind the hexadecimal of the `fields` option.
 * Words behind the number (`size=12 bytes`) are ignored. Null as well when a double cannot hold it exactly:
 * see {@link eventAddress}.
 */
export function eventNumber(text: string, name: string): number | null {
  const value = eventField(text, name);
  if (value === null) return null;
  const m = /^(?:0x[0-9a-f]+ \((-?\d+)\)|(0x[0-9a-f]+)|(-?\d+))(?![\w.])/i.exec(value);
  if (!m) return null;
  const number = Number(m[1] ?? m[2] ?? m[3]);
  return Number.isSafeInteger(number) ? number : null;
}

/** A field that is an address or a handle, as {@link canonicalAddress} writes it. */
export function eventAddress(text: string, name: string): string | null {
  const value = eventField(text, name);
  if (value === null) return null;
  const decimal = /^(-?\d{1,20})$/.exec(value);
  // Decimal addresses come from perf, which prints the return value of a kretprobe so.
  if (decimal) return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
  const m = /^(?:0x)?([0-9a-f]+)(?: \(-?\d+\))?$/i.exec(value);
  return m ? canonicalAddress(m[1]!) : null;
}

/** `0x` and the hexadecimal digits without leading zeros: equal addresses give equal strings. */
export function canonicalAddress(hexadecimal: string): string {
  const digits = hexadecimal
    .toLowerCase()
    .replace(/^0x/, '')
    .replace(/^0+(?=.)/, '');
  return `0x${digits}`;
}

/** Where a kprobe stood or a kretprobe returned to. */
export interface ProbePlace {
  readonly kind: 'entry' | 'return';
  /** The probed function, without offset and module; null when only its address is printed. */
  readonly function: string | null;
  /** Its module, '' for code that is built in (or not said). */
  readonly module: string;
  /** Return only: where it went back to, with its module and without offset; null when only an address is printed. */
  readonly caller: string | null;
}

const SYMBOL = String.raw`([^\s()<>]+?)(?:\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?)?(?: \[([^\]]+)\])?(?: <[0-9a-f]+>)?`;
const PLACE = new RegExp(String.raw`^\(${SYMBOL}(?: <- ${SYMBOL})?\)(?: |$)`);
const IS_ADDRESS = /^(?:0x)?[0-9a-f]{8,16}$/;

/**
 * The place that a kprobe event's text begins with: `(zs_free+0x4/0xf0)`, for a return
 * `(zram_free_page+0xb8/0x120 [zram] <- zs_free)`; kernel/trace/trace_kprobe.c, print_kprobe_event and
 * print_kretprobe_event. perf and trace-cmd print addresses, of a return the function first
 * (`(ffffffffa6637084 <- ffffffffc05676e8)`); names are null then. Null for other texts.
 */
export function probePlace(text: string): ProbePlace | null {
  if (text.startsWith('__probe_ip=')) return { kind: 'entry', function: null, module: '', caller: null };
  if (text.startsWith('__probe_func=')) return { kind: 'return', function: null, module: '', caller: null };
  if (text[0] !== '(') return null;
  const m = PLACE.exec(text);
  if (!m) return null;
  const [, first, firstModule, second, secondModule] = m;
  if (second === undefined) {
    return { kind: 'entry', function: symbolOrNull(first!), module: firstModule ?? '', caller: null };
  }
  const caller = symbolOrNull(first!);
  return {
    kind: 'return',
    function: symbolOrNull(second),
    module: secondModule ?? '',
    caller: caller !== null && firstModule !== undefined ? `${caller} [${firstModule}]` : caller,
  };
}

/** What contention_begin or contention_end says. */
export interface Contention {
  /** The lock, see {@link canonicalAddress}; a hash of the address in texts of ftrace without nohash-ptr. */
  readonly address: string;
  /** contention_begin: `SPIN`, `SPIN|READ`, `MUTEX`, ...; '' for none. */
  readonly flags: string;
  /** contention_end: 0 when the lock was taken, else a negative errno; null for contention_begin. */
  readonly result: number | null;
}

/** Bits of the `flags` field (include/trace/events/lock.h, LCB_F_*), lowest first. */
const CONTENTION_FLAGS = ['SPIN', 'READ', 'WRITE', 'RT', 'PERCPU', 'MUTEX'];

/** Reads `ADDRESS (flags=SPIN|READ)`, `ADDRESS (ret=0)`, or the raw fields `lock_addr=.. flags=1`. */
export function contention(text: string): Contention | null {
  const m = /^(?:lock_addr=)?(?:0x)?([0-9a-f]+) /i.exec(text);
  if (!m) return null;
  const address = canonicalAddress(m[1]!);
  const flags = eventField(text, 'flags');
  if (flags !== null) return { address, flags: flagNames(flags, eventNumber(text, 'flags')), result: null };
  const result = eventNumber(text, 'ret');
  return result === null ? null : { address, flags: '', result };
}

/** A switch between two tasks on one CPU. */
export interface SchedSwitch {
  readonly prevComm: string;
  readonly prevPid: number;
  /**
   * Why the task went: `R`, `R+` (preempted, still wants to run), `S`, `D`, `D|K`, `I`, ... trace-cmd's plugin
   * prints an older table (`W` for `I`) and no `+`.
   */
  readonly prevState: string;
  readonly nextComm: string;
  readonly nextPid: number;
}

const INTEGER = String.raw`(?:0x[0-9a-f]+ \((-?\d+)\)|(-?\d+))`;
const SWITCH_FIELDS = new RegExp(
  `^prev_comm=(.*) prev_pid=${INTEGER} prev_prio=.*? prev_state=(.+?) (?:==> )?next_comm=(.*) next_pid=${INTEGER} next_prio=`,
);
const SWITCH_PLUGIN = /^(.*):(\d+) \[-?\d+\] (\S+) ==> (.*):(\d+) \[-?\d+\]/;

/**
 * Reads sched_switch as the kernel and perf print it, as trace-cmd's plugin and its `-R` do, and with the
 * `fields` option. Comm may hold blanks, `=` and `==>`.
 */
export function schedSwitch(text: string): SchedSwitch | null {
  if (text.length > MAX_SCHED_TEXT) return null;
  const m = SWITCH_FIELDS.exec(text);
  if (m) {
    return {
      prevComm: unquoted(m[1]!),
      prevPid: Number(m[2] ?? m[3]),
      prevState: stateLetters(m[4]!),
      nextComm: unquoted(m[5]!),
      nextPid: Number(m[6] ?? m[7]),
    };
  }
  const p = SWITCH_PLUGIN.exec(text);
  if (!p) return null;
  return {
    prevComm: p[1]!,
    prevPid: Number(p[2]),
    prevState: p[3]!,
    nextComm: p[4]!,
    nextPid: Number(p[5]),
  };
}

/** A task that is woken. */
export interface SchedWakeup {
  readonly comm: string;
  readonly pid: number;
  /** CPU that it is to run on; null when the form does not say. */
  readonly targetCpu: number | null;
}

const WAKEUP_FIELDS = new RegExp(
  String.raw`^comm=(.*) pid=${INTEGER} prio=\S+(?: \(-?\d+\))?(?: success=\S+(?: \(\d+\))?)?(?: target_cpu=${INTEGER})?`,
);
const WAKEUP_PLUGIN = /^(.*):(\d+) \[-?\d+\](?: success=\d+)?(?: CPU:(\d+))?$/;

/** Reads sched_waking, sched_wakeup and sched_wakeup_new in the forms that {@link schedSwitch} knows. */
export function schedWakeup(text: string): SchedWakeup | null {
  if (text.length > MAX_SCHED_TEXT) return null;
  const m = WAKEUP_FIELDS.exec(text);
  if (m) {
    const cpu = m[4] ?? m[5];
    return {
      comm: unquoted(m[1]!),
      pid: Number(m[2] ?? m[3]),
      targetCpu: cpu === undefined ? null : Number(cpu),
    };
  }
  const p = WAKEUP_PLUGIN.exec(text);
  if (!p) return null;
  return { comm: p[1]!, pid: Number(p[2]), targetCpu: p[3] === undefined ? null : Number(p[3]) };
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Index behind `name=`, where the name is a whole word; -1 when the text has no such field. */
function valueStart(text: string, name: string): number {
  const needle = `${name}=`;
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
    if (at === 0 || ' ([{,'.includes(text[at - 1]!)) return at + needle.length;
  }
  return -1;
}

/**
 * The quote that ends a value: the first with another field, a closing bracket or nothing behind it. Quotes
 * within a value are printed as they are.
 */
function closingQuote(text: string, from: number): number {
  AFTER_QUOTE.lastIndex = from;
  return AFTER_QUOTE.exec(text)?.index ?? -1;
}

function symbolOrNull(word: string): string | null {
  return IS_ADDRESS.test(word) ? null : word;
}

function flagNames(printed: string, number: number | null): string {
  if (number === null) return printed;
  return CONTENTION_FLAGS.filter((_, bit) => number & (1 << bit)).join('|');
}

/** State bits below the one that says "preempted" (include/linux/sched.h, TASK_REPORT), lowest first. */
const STATE_LETTERS = ['S', 'D', 'T', 't', 'X', 'Z', 'P', 'I'];
const PREEMPTED = 0x100;

/** Letters of a state that is printed as a number; others come back as they are. */
function stateLetters(printed: string): string {
  const m = /^(?:0x[0-9a-f]+ \((\d+)\)|(\d+)|(0x[0-9a-f]+))$/.exec(printed);
  if (!m) return printed;
  const state = Number(m[1] ?? m[2] ?? m[3]);
  const letters = STATE_LETTERS.filter((_, bit) => state & (1 << bit)).join('|') || 'R';
  return state & PREEMPTED ? `${letters}+` : letters;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
