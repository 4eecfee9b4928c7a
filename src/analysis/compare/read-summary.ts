import { SUMMARY_FORMAT, SUMMARY_SCHEMA_VERSION, type Summary } from './summary.ts';

/** A saved summary that cannot be used: told to the user. */
export class SummaryError extends Error {}

/** Whether a text begins like a saved summary. */
export function looksLikeSummary(head: string): boolean {
  return head.trimStart().startsWith(`{"format":"${SUMMARY_FORMAT}"`);
}

/** A summary as text, on one line: it is read by programs. */
export function summaryText(summary: Summary): string {
  return `${JSON.stringify(summary)}\n`;
}

/** Reads a saved summary. @throws {SummaryError} when it is none, damaged, or of a later version. */
export function readSummary(name: string, text: string): Summary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SummaryError(`${name}: is no JSON`);
  }
  const file = asObject(value);
  if (file?.format !== SUMMARY_FORMAT)
    throw new SummaryError(`${name}: is no summary (compare --save and trace-replay summarize write them)`);
  if (typeof file.schemaVersion !== 'number' || file.schemaVersion > SUMMARY_SCHEMA_VERSION)
    throw new SummaryError(`${name}: was written by a later version of trace-replay`);
  const damaged = (what: string) => new SummaryError(`${name}: is a damaged summary (${what})`);
  if (typeof file.filters !== 'string') throw damaged('filters');
  if (!isListOf(file.excluded, (part) => typeof part === 'string')) throw damaged('excluded');
  if (!isListOf(file.recordings, isRecording) || file.recordings.length === 0) throw damaged('recordings');
  const histograms = asObject(file.histograms);
  for (const part of ['functions', 'waits', 'holds'])
    if (!areCounts(histograms?.[part])) throw damaged(`histograms.${part}`);
  if (!isListOf(file.callTree, isPath)) throw damaged('callTree');
  return file as unknown as Summary;
}

type Fields = Readonly<Record<string, unknown>>;

function asObject(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function isListOf(value: unknown, is: (part: unknown, index: number) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(is);
}

const isAmount = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isAmountOrNull = (value: unknown) => value === null || isAmount(value);
const isText = (value: unknown) => typeof value === 'string';

function has(fields: Fields | null, names: readonly string[], is: (value: unknown) => boolean): boolean {
  return fields !== null && names.every((name) => is(fields[name]));
}

function isRecording(value: unknown): boolean {
  const fields = asObject(value);
  const functions = asObject(fields?.functions);
  const locks = asObject(fields?.locks);
  return (
    has(fields, ['id', 'kernelRelease'], isText) &&
    has(fields, ['cpus', 'lines', 'understoodLines', 'lostRecords'], isAmount) &&
    has(fields, ['durationNs', 'tracerNs', 'tracerShare'], isAmountOrNull) &&
    ['none', 'stamps', 'no-time'].includes(String(fields!.clock)) &&
    isListOf(fields!.layouts, isText) &&
    isListOf(fields!.inputs, (input) => {
      const file = asObject(input);
      return has(file, ['name', 'format', 'sha256'], isText) && has(file, ['bytes'], isAmount);
    }) &&
    functions !== null &&
    Object.values(functions).every(isFunction) &&
    locks !== null &&
    Object.values(locks).every(isLock)
  );
}

function isDurations(value: unknown): boolean {
  const fields = asObject(value);
  return (
    has(fields, ['count', 'totalNs'], isAmount) &&
    has(fields, ['meanNs', 'p50Ns', 'p90Ns', 'p99Ns', 'minNs', 'maxNs'], isAmountOrNull) &&
    has(asObject(fields!.noise), ['p50', 'p99', 'mean'], isAmountOrNull)
  );
}

function isFunction(value: unknown): boolean {
  return (
    isDurations(value) && has(asObject(value), ['calls', 'selfNs', 'tracedWithin', 'inInterrupt'], isAmount)
  );
}

function isLock(value: unknown): boolean {
  const fields = asObject(value);
  const sites = asObject(fields?.sites);
  return (
    has(fields, ['kind'], isText) &&
    has(fields, ['acquisitions', 'contended'], isAmount) &&
    isDurations(fields!.wait) &&
    (fields!.hold === null || isDurations(fields!.hold)) &&
    sites !== null &&
    Object.values(sites).every(isAmount) &&
    (fields!.blockedBy === undefined || isListOf(fields!.blockedBy, isBlocker))
  );
}

function isBlocker(value: unknown): boolean {
  const fields = asObject(value);
  return has(fields, ['waiter', 'holder'], isText) && has(fields, ['waits', 'waitNs'], isAmount);
}

function areCounts(value: unknown): boolean {
  const table = asObject(value);
  const isPair = (pair: unknown) => isListOf(pair, isAmount) && pair.length === 2;
  return table !== null && Object.values(table).every((counts) => isListOf(counts, isPair));
}

function isPath(value: unknown, index: number): boolean {
  const fields = asObject(value);
  return (
    has(fields, ['name'], isText) &&
    has(fields, ['parent', 'calls', 'totalNs', 'selfNs'], isAmount) &&
    Number.isInteger(fields!.parent) &&
    Number(fields!.parent) >= -1 &&
    Number(fields!.parent) < index
  );
}
