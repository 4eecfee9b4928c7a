import { ContextLevel, packContext } from '../../src/trace/context.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import type { ReferenceRecord, ReferenceResult } from '../reference/function-graph-reference.ts';
import type { FastRecord, ParsedRecords } from './parse-records.ts';

const FIELDS = [
  'kind',
  'name',
  'cpu',
  'other',
  'timeUs',
  'durationNs',
  'depth',
  'text',
  'note',
  'task',
] as const;
/** One difference, for people; `line` is 0 for what concerns the whole text. */
export interface Difference {
  readonly line: number;
  readonly text: string;
}

/** All differences between the two parsers; none when they agree. */
export function differences(fast: ParsedRecords, reference: ReferenceResult): Difference[] {
  const found = countDifferences(fast, reference);
  const late = fast.records.find((record, i) => i > 0 && record.line < fast.records[i - 1]!.line);
  if (late) found.push({ line: late.line, text: 'comes from the fast parser after a later line' });
  for (const [a, b] of alignByLine(fast.records, withTableNames(reference.records))) {
    if (a && b) found.push(...fieldDifferences(a, b));
    else if (a) found.push({ line: a.line, text: `only fast has ${a.kind}` });
    else if (b) found.push({ line: b.line, text: `only reference has ${b.kind}` });
  }
  return found;
}

function countDifferences(fast: ParsedRecords, reference: ReferenceResult): Difference[] {
  const { unknown, around, between } = reference;
  const counts = [
    ['lines', fast.lines, reference.lines, ''],
    ['not understood', fast.lines - fast.understoodLines, unknown.length, unknown.slice(0, 5)],
    ['text around', fast.diagnostics.count('text-around'), around.length, around.slice(0, 5)],
    ['text between', fast.diagnostics.count('text-between'), between.length, between.slice(0, 5)],
  ] as const;
  return counts
    .filter(([, a, b]) => a !== b)
    .map(([what, a, b, where]) => ({ line: 0, text: `${what}: fast ${a}, reference ${b} (${where})` }));
}

function fieldDifferences(a: FastRecord, b: ReferenceRecord): Difference[] {
  const found: Difference[] = [];
  for (const field of FIELDS) {
    if (a[field] === b[field]) continue;
    const values = `fast ${JSON.stringify(a[field])}, reference ${JSON.stringify(b[field])}`;
    found.push({ line: b.line, text: `${field}: ${values}` });
  }
  const context = contextDifference(a, b);
  if (context !== '') found.push({ line: b.line, text: `context: ${context}` });
  return found;
}

/**
 * Two records can stand on one line only when a parser errs; then, and when one parser has a line
 * that the other has not, the records still have to be compared with their own line's.
 */
function alignByLine(fastRecords: FastRecord[], reference: ReferenceRecord[]) {
  const fast = fastRecords.toSorted((a, b) => a.line - b.line);
  const pairs: [FastRecord | null, ReferenceRecord | null][] = [];
  let i = 0;
  let j = 0;
  while (i < fast.length || j < reference.length) {
    const a = fast[i] ?? null;
    const b = reference[j] ?? null;
    if (b === null || (a !== null && a.line < b.line)) {
      pairs.push([a, null]);
      i++;
    } else if (a === null || b.line < a.line) {
      pairs.push([null, b]);
      j++;
    } else {
      pairs.push([a, b]);
      i++;
      j++;
    }
  }
  return pairs;
}

/** The fast parser packs the flag characters, so only what the packing keeps can be compared. */
function contextDifference(a: FastRecord, b: ReferenceRecord): string {
  if (a.context === null) return b.flags !== '' ? `fast none, reference ${b.flags}` : '';
  const expected = b.flags === '' ? null : packContext(Buffer.from(b.flags, 'latin1'), 0);
  if (expected === null) return `fast ${a.context}, reference none`;
  const level = levelOfFlags(b.flags);
  if (a.context === expected && (a.context & 7) === level) return '';
  return `fast ${a.context}, reference ${expected} (level ${level}) from ${b.flags}`;
}

/** Written again, from the kernel's table (trace_print_lat_fmt), so that packContext is tested too. */
function levelOfFlags(flags: string): number {
  const level: Record<string, number> = {
    '.': ContextLevel.Task,
    s: ContextLevel.Softirq,
    h: ContextLevel.Hardirq,
    H: ContextLevel.Hardirq,
    z: ContextLevel.Nmi,
    Z: ContextLevel.Nmi,
  };
  return level[flags[2]!] ?? ContextLevel.Task;
}

/**
 * The reference's records with tasks named as a TaskTable names them in the end: one comm for each
 * pid, the first one or a longer one that begins like it.
 */
function withTableNames(records: ReferenceRecord[]): ReferenceRecord[] {
  const tasks = new TaskTable();
  const intern = (task: string, cpu: number): number => {
    const dash = task.lastIndexOf('-');
    return task === '' ? -1 : tasks.intern(Number(task.slice(dash + 1)), task.slice(0, dash), cpu);
  };
  const ids = records.map((record) => {
    const other = record.kind === 'switch' ? intern(String(record.other), record.cpu) : -1;
    return { other, task: intern(record.task, record.cpu) };
  });
  const text = (id: number) => (id < 0 ? '' : tasks.text(id));
  return records.map((record, i) => ({
    ...record,
    task: text(ids[i]!.task),
    other: record.kind === 'switch' ? text(ids[i]!.other) : record.other,
  }));
}
