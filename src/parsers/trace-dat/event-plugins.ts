import { latin1 } from '../../trace/records.ts';
import { writeBinaryPrintk } from './binary-printk.ts';
import type { EventFormat, Field } from './event-format.ts';
import type { EventRecord } from './event-record.ts';
import type { Printer } from './print-text.ts';
import type { Symbols } from './symbols.ts';
import type { TextWriter } from './text-writer.ts';

/** Told of the names that scheduler events carry. */
export type CommSink = (pid: number, comm: () => string) => void;

/** Events that trace-cmd's plugins print otherwise than the print format says. */
export interface Plugin {
  readonly print: Printer;
  /** True when the text of the print format follows. */
  readonly isPrefix: boolean;
}

/** Bits of a task's state in the order of trace-cmd's letters. */
const STATE_LETTERS = Array.from('SDTtZXxW', (letter) => letter.charCodeAt(0));
const BAR = 124;
const COLON = 58;
const LETTER_R = 82;
const NEWLINE = 10;
const SPACE = 32;

/**
 * How trace-cmd 3.1 prints an event for which libtraceevent 1.7 has a plugin, or trace-cmd itself a
 * handler; null for all others, and where the event lacks the fields.
 */
export function pluginFor(format: EventFormat, symbols: Symbols, onComm: CommSink): Plugin | null {
  const field = (name: string) => format.fields.find((candidate) => candidate.name === name);
  switch (format.name) {
    case 'sched_switch':
      return whole(schedSwitch(field, onComm));
    case 'sched_wakeup':
    case 'sched_wakeup_new':
      return whole(schedWakeup(field, onComm));
    case 'kmalloc':
    case 'kmalloc_node':
    case 'kfree':
    case 'kmem_cache_alloc':
    case 'kmem_cache_alloc_node':
    case 'kmem_cache_free': {
      const site = field('call_site');
      return site ? { print: callSite(site, symbols), isPrefix: true } : null;
    }
    case 'print':
    case 'bputs':
    case 'bprint':
      return whole(printEvent(format.name, field, symbols));
    default:
      return null;
  }
}

type FieldFinder = (name: string) => Field | undefined;

function whole(print: Printer | null): Plugin | null {
  return print && { print, isPrefix: false };
}

/** `comm:pid [prio] STATE ==> comm:pid [prio]`. */
function schedSwitch(field: FieldFinder, onComm: CommSink): Printer | null {
  const [prevComm, prevPid, prevPrio] = [field('prev_comm'), field('prev_pid'), field('prev_prio')];
  const [nextComm, nextPid, nextPrio] = [field('next_comm'), field('next_pid'), field('next_prio')];
  const state = field('prev_state');
  if (!prevComm || !prevPid || !prevPrio || !nextComm || !nextPid || !nextPrio || !state) return null;
  return (r, out) => {
    writeTask(r, prevComm, prevPid, prevPrio, out, onComm);
    out.byte(SPACE);
    writeState(r.lowNumber(state), out);
    out.text(' ==> ');
    writeTask(r, nextComm, nextPid, nextPrio, out, onComm);
  };
}

function writeTask(
  r: EventRecord,
  comm: Field,
  pid: Field,
  prio: Field,
  out: TextWriter,
  onComm: CommSink,
): void {
  const start = r.arrayStart(comm);
  const end = r.arrayEnd(comm);
  out.copyString(r.bytes, start, end);
  out.byte(COLON);
  const number = r.number(pid.offset, pid.size, pid.signed);
  onComm(number, () => latin1(r.bytes, start, end).replace(/\0[\s\S]*$/, ''));
  out.decimal(number);
  out.text(' [');
  out.decimal(r.number(prio.offset, prio.size, prio.signed));
  out.byte(93);
}

function writeState(state: number, out: TextWriter): void {
  let some = false;
  for (let i = 0; i < STATE_LETTERS.length; i++) {
    if (!(state & (1 << i))) continue;
    if (some) out.byte(BAR);
    out.byte(STATE_LETTERS[i]!);
    some = true;
  }
  if (!some) out.byte(LETTER_R);
}

/** `comm:pid [prio] success=1 CPU:002`, the last two where the event has them. */
function schedWakeup(field: FieldFinder, onComm: CommSink): Printer | null {
  const [comm, pid, prio] = [field('comm'), field('pid'), field('prio')];
  const success = field('success');
  const cpu = field('target_cpu');
  if (!comm || !pid || !prio) return null;
  return (r, out) => {
    writeTask(r, comm, pid, prio, out, onComm);
    if (success) {
      out.text(' success=');
      out.decimal(r.number(success.offset, success.size, success.signed));
    }
    if (cpu) {
      out.text(' CPU:');
      const from = out.length;
      out.decimal(r.number(cpu.offset, cpu.size, cpu.signed));
      out.pad(from, 3, false, 48);
    }
  };
}

/** `(function+0x12) ` in front of what the print format says. */
function callSite(site: Field, symbols: Symbols): Printer {
  return (r, out) => {
    const high = r.addressHigh(site);
    const low = r.addressLow(site);
    const { symbol } = symbols.function(high, low);
    if (!symbol) return;
    out.text(`(${symbol.name}+0x${symbol.offset.toString(16)}) `);
  };
}

/** trace_marker and trace_printk: `function: text` on one line. */
function printEvent(name: string, field: FieldFinder, symbols: Symbols): Printer | null {
  const ip = field('ip');
  const text = field({ print: 'buf', bputs: 'str', bprint: 'fmt' }[name] ?? '');
  const values = field('buf');
  if (!ip || !text) return null;
  return (r, out) => {
    symbols.write(out, r.addressHigh(ip), r.addressLow(ip), false);
    out.text(': ');
    const from = out.length;
    if (name === 'print') out.copyString(r.bytes, r.arrayStart(text), r.arrayEnd(text));
    else {
      const address = r.big(text.offset, text.size, false);
      const known = symbols.printk(address);
      if (known === undefined) out.text(`0x${address.toString(16)}`);
      else if (name === 'bputs' || !values) out.text(known);
      else writeBinaryPrintk(known, r, values.offset, symbols, out);
    }
    for (let i = from; i < out.length; i++) if (out.bytes[i] === NEWLINE) out.bytes[i] = SPACE;
  };
}
