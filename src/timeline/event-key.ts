import type { NameTable } from '../trace/names.ts';
import { latin1, type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';

/** Two tracers stamp the same event one after the other: so much apart is still the same moment. */
export const SAME_MOMENT_NS = 20_000;
/** Numbers further behind in a text are not looked at. */
const MAX_TEXT = 512;

/** True for records of moments that two tools may both have recorded: events, samples, function hits. */
export function isMoment(kind: number): boolean {
  return kind === RecordKind.Event || kind === RecordKind.Sample || kind === RecordKind.Function;
}

/**
 * What two prints of one event have in common: its name, its task and the numbers in its text. The kernel,
 * perf and trace-cmd print names, marks and the probe's own address (in parentheses, first) each in their
 * way. A hit of the function tracer is told by its caller.
 */
export function eventKey(names: NameTable, pid: number, batch: RecordBatch, i: number): string {
  const name = names.text(batch.name[i]!);
  if ((batch.bits[i]! & RecordBits.Text) === 0) return `${name} ${pid}`;
  const text = latin1(batch.bytes, batch.textStart[i]!, batch.textEnd[i]!);
  if (batch.kind[i] === RecordKind.Function) return `${name} ${pid} ${text}`;
  const at = text.startsWith('(') ? text.indexOf(')') + 1 : 0;
  const numbers = text.slice(at, at + MAX_TEXT).match(/\b(?:0x[0-9a-f]+|\d+)\b/g) ?? [];
  return `${name} ${pid} ${numbers.join(' ')}`;
}
