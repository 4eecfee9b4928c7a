import type { InputFile } from '../../analysis/result.ts';
import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { Interval } from '../interval.ts';
import { STORE_WHAT_IF_SCHEMA_VERSION } from '../stores/result.ts';

/** A file that is no what-if, or not one that can be laid beside recordings: told to the user. */
export class PredictionError extends Error {}

/** Durations of one call, as a what-if says them. */
export interface PredictedLatency {
  readonly mean: Interval;
  readonly p50: Interval;
  readonly p99: Interval;
}

/** One design, or the base, of a what-if. */
export interface DesignFigures {
  readonly id: string;
  readonly title: string;
  /** From the first call of all tasks to the last; null where that is not told. */
  readonly totalNs: Interval | null;
  /** Null where calls of several kinds are told apart by what no recording of calls shows. */
  readonly latency: PredictedLatency | null;
  readonly lockWaitNs: Readonly<Record<string, Interval>>;
  readonly contended: Readonly<Record<string, Interval>>;
}

/** A what-if, read from its JSON. */
export interface Prediction {
  readonly command: string;
  readonly world: 'traced' | 'untraced';
  readonly inputs: readonly InputFile[];
  readonly kernelTitle: string;
  readonly verdict: string;
  readonly cpus: number;
  /** Calls replayed; null where that is not told. */
  readonly calls: number | null;
  /** What the model times. */
  readonly times: 'zs_free' | 'notification' | 'zswap_store';
  /** Figures of the recording that it was made of, by the names of its validation. */
  readonly recorded: Readonly<Record<string, number>>;
  readonly base: DesignFigures;
  readonly designs: readonly DesignFigures[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the JSON of `what-if --json`. @throws {PredictionError} when it is something else or damaged. */
export function readPrediction(name: string, text: string): Prediction {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PredictionError(`${name}: is no JSON (what-if --json writes what is wanted)`);
  }
  const file = fieldsOf(value);
  const wrong = (what: string) =>
    new PredictionError(`${name}: is no what-if of this version (${what}); what-if --json writes one`);
  const tool = fieldsOf(file?.tool);
  if (!file || typeof tool?.command !== 'string') throw wrong('tool.command');
  const ofStores = file.path === 'store';
  if (file.schemaVersion !== (ofStores ? STORE_WHAT_IF_SCHEMA_VERSION : 1)) throw wrong('schemaVersion');
  const designs = file.designs;
  if (!Array.isArray(designs) || !file.baseline) throw wrong('designs');
  const validation = fieldsOf(file.validation);
  if (!validation) throw wrong('validation');
  const comparisons = ofStores ? validation.comparisons : fieldsOf(validation.latency)?.comparisons;
  const recorded = recordedFigures(comparisons);
  const design = (fields: unknown) => {
    const found = ofStores ? storeFigures(fields) : freeFigures(fields);
    if (found === null) throw wrong('designs[]');
    return found;
  };
  const notified = Object.keys(recorded).some((figure) => figure.startsWith('notification'));
  return {
    command: tool.command,
    world: file.world === 'untraced' ? 'untraced' : 'traced',
    inputs: Array.isArray(file.inputs) ? (file.inputs as InputFile[]) : [],
    kernelTitle: String(fieldsOf(file.kernel)?.title ?? ''),
    verdict: String(validation.verdict ?? ''),
    cpus: Number(file.cpus),
    calls: typeof file.frees === 'number' ? file.frees : null,
    times: ofStores ? 'zswap_store' : notified ? 'notification' : 'zs_free',
    recorded,
    base: design(file.baseline),
    designs: designs.map(design),
  };
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function intervalOf(value: unknown): Interval | null {
  const fields = fieldsOf(value);
  const isInterval = ['value', 'lo', 'hi'].every((part) => typeof fields?.[part] === 'number');
  return isInterval ? (fields as unknown as Interval) : null;
}

function intervalsOf(value: unknown): Record<string, Interval> | null {
  const fields = fieldsOf(value);
  if (!fields) return null;
  const found = Object.entries(fields).map(([name, part]) => [name, intervalOf(part)] as const);
  return found.some(([, part]) => part === null)
    ? null
    : (Object.fromEntries(found) as Record<string, Interval>);
}

function latencyOf(mean: unknown, p50: unknown, p99: unknown): PredictedLatency | null {
  const found = { mean: intervalOf(mean), p50: intervalOf(p50), p99: intervalOf(p99) };
  return found.mean && found.p50 && found.p99 ? (found as PredictedLatency) : null;
}

function freeFigures(value: unknown): DesignFigures | null {
  const fields = fieldsOf(value);
  const latency = fieldsOf(fields?.latencyIntervalNs);
  const found = latency && latencyOf(latency.mean, latency.p50, latency.p99);
  const lockWaitNs = intervalsOf(fields?.lockWaitIntervalNs);
  const contended = intervalsOf(fields?.contendedInterval);
  const totalNs = intervalOf(fields?.totalIntervalNs);
  if (!fields || !found || !lockWaitNs || !contended || !totalNs || typeof fields.id !== 'string')
    return null;
  return { id: fields.id, title: String(fields.title ?? ''), totalNs, latency: found, lockWaitNs, contended };
}

/** Stores by path and folio size: only where all stores are of one size a recording of calls shows the same. */
function storeFigures(value: unknown): DesignFigures | null {
  const fields = fieldsOf(value);
  const lockWaitNs = intervalsOf(fields?.lockWaitNs);
  const contended = intervalsOf(fields?.contended);
  if (!fields || !Array.isArray(fields.groups) || !lockWaitNs || !contended || typeof fields.id !== 'string')
    return null;
  const stores = fields.groups.map(fieldsOf).filter((group) => group?.path === ZSWAP_PATHS.store);
  const only = stores.length === 1 ? stores[0]! : null;
  return {
    id: fields.id,
    title: String(fields.title ?? ''),
    totalNs: null,
    latency: only && latencyOf(only.meanNs, only.p50Ns, only.p99Ns),
    lockWaitNs,
    contended,
  };
}

function recordedFigures(comparisons: unknown): Record<string, number> {
  if (!Array.isArray(comparisons)) return {};
  const found = comparisons.flatMap((row): [string, number][] => {
    const fields = fieldsOf(row);
    const recorded = fields?.recorded ?? fields?.recordedNs;
    return typeof fields?.name === 'string' && typeof recorded === 'number' ? [[fields.name, recorded]] : [];
  });
  return Object.fromEntries(found);
}
