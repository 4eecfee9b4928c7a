import { COST_QUANTILES } from '../engine/machine.ts';
import { PARAMETERS, type ParameterName, type Unit } from './parameters.ts';

export const PLATFORM_SCHEMA_VERSION = 1;
export const PLATFORM_KIND = 'trace-replay platform';

/** How a number came about. */
export type Basis = 'measured' | 'fitted' | 'assumed';

/** Quantiles of a cost, {@link COST_QUANTILES} of rising size, ns. */
export interface CostOfPlatform {
  readonly basis: Basis;
  /** Calls that it was measured in. */
  readonly calls: number;
  readonly unit: 'call' | 'page';
  readonly tracedNs: readonly number[];
  /** With the tracer taken out: with the most, and with the least that it can have been; null: no tracer known. */
  readonly untracedNs: {
    readonly least: readonly number[];
    /** Absent in files of older versions. */
    readonly typical?: readonly number[];
    readonly most: readonly number[];
  } | null;
}

/** A parameter as far as the recording narrowed it. */
export interface ParameterOfPlatform {
  readonly name: ParameterName;
  readonly title: string;
  readonly unit: Unit;
  readonly basis: Basis;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
  readonly source: string;
}

/** Uncontended calls of a lock, with the tracer, ns. */
export interface LockCallOfPlatform {
  readonly step: 'read-lock' | 'read-unlock' | 'lock' | 'unlock';
  readonly calls: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
}

/** What `calibrate` writes and `what-if --platform` reads: docs/calibrate.md. */
export interface PlatformFile {
  readonly schemaVersion: typeof PLATFORM_SCHEMA_VERSION;
  readonly kind: typeof PLATFORM_KIND;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly sources: readonly { readonly name: string; readonly format: string; readonly sha256: string }[];
  readonly kernel: { readonly era: string; readonly release: string | null; readonly basis: string };
  /** Null: the recording does not name it. */
  readonly clock: string | null;
  readonly cpus: number;
  readonly tasks: number;
  readonly frees: number;
  readonly emptied: number;
  /**
   * What the recording did not show and was filled in: objects of so many frees, where their sizes come from, when
   * frees began; null: nothing. Absent in files of older versions.
   */
  readonly reconstructed?: {
    readonly frees: number;
    readonly sizes: string | null;
    readonly times: boolean;
  } | null;
  readonly probe: { readonly insideNs: number; readonly outsideNs: number; readonly basis: string } | null;
  readonly costs: Readonly<Record<string, CostOfPlatform>>;
  /** `free-page` by the pages of the zspage. */
  readonly freePageByPages: Readonly<Record<string, CostOfPlatform>>;
  /** Between the frees of a task, where no other task ran. */
  readonly betweenFrees: { readonly calls: number; readonly tracedNs: readonly number[] };
  /** Share of calls whose line came from another CPU. */
  readonly lineMoves: Readonly<Record<string, number>>;
  readonly lockCalls: readonly LockCallOfPlatform[];
  readonly lineTransfer: {
    readonly valueNs: number;
    readonly loNs: number;
    readonly hiNs: number;
    readonly moved: number;
    readonly still: number;
  } | null;
  readonly parameters: readonly ParameterOfPlatform[];
  readonly fit: { readonly tried: number; readonly accepted: number };
}

/** A file that is no platform file, or a platform that is not known. */
export class PlatformError extends Error {}

/**
 * Reads a platform file.
 * @throws {PlatformError} that names the first field that is not as expected, and what is.
 */
export function parsePlatformFile(text: string, name: string): PlatformFile {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new PlatformError(`${name}: not a platform file: no JSON (trace-replay calibrate writes one)`);
  }
  const wrong = (field: string, expected: string): never => {
    throw new PlatformError(`${name}: not a platform file: ${field}: expected ${expected}`);
  };
  const root = object(file) ?? wrong('the whole', 'an object as trace-replay calibrate writes it');
  if (root.kind !== PLATFORM_KIND) wrong('kind', JSON.stringify(PLATFORM_KIND));
  if (root.schemaVersion !== PLATFORM_SCHEMA_VERSION) wrong('schemaVersion', String(PLATFORM_SCHEMA_VERSION));
  for (const field of ['cpus', 'tasks', 'frees']) {
    if (!(number(root[field]) >= 1)) wrong(field, 'a number from 1 up');
  }
  const quantiles = (value: unknown, field: string) => {
    const list = Array.isArray(value) ? (value as unknown[]) : [];
    const rises = list.every((ns, k) => number(ns) >= (k === 0 ? 0 : number(list[k - 1])));
    if (list.length !== COST_QUANTILES || !rises)
      wrong(field, `${COST_QUANTILES} times of rising size, ns, from 0 up`);
  };
  const costs = (value: unknown, field: string) => {
    for (const [key, entry] of Object.entries(object(value) ?? wrong(field, 'costs by name'))) {
      const at = `${field}["${key}"]`;
      const cost = object(entry) ?? wrong(at, 'an object with tracedNs');
      quantiles(cost.tracedNs, `${at}.tracedNs`);
      if (cost.untracedNs === null) continue;
      const untraced = object(cost.untracedNs) ?? wrong(`${at}.untracedNs`, 'null, or least and most');
      quantiles(untraced.least, `${at}.untracedNs.least`);
      if (untraced.typical !== undefined) quantiles(untraced.typical, `${at}.untracedNs.typical`);
      quantiles(untraced.most, `${at}.untracedNs.most`);
    }
  };
  costs(root.costs, 'costs');
  costs(root.freePageByPages, 'freePageByPages');
  quantiles(object(root.betweenFrees)?.tracedNs, 'betweenFrees.tracedNs');
  const moves = object(root.lineMoves) ?? wrong('lineMoves', 'shares by name');
  for (const [key, share] of Object.entries(moves)) {
    if (!(number(share) >= 0 && number(share) <= 1)) wrong(`lineMoves["${key}"]`, 'a share from 0 to 1');
  }
  const parameters = Array.isArray(root.parameters) ? (root.parameters as unknown[]) : [];
  for (const { name: wanted } of PARAMETERS) {
    const found = parameters.map(object).find((parameter) => parameter?.name === wanted);
    if (!found) wrong('parameters', `one of the name ${wanted}`);
    const { lo, value, hi } = found as Record<string, unknown>;
    if (!(number(lo) <= number(hi) && number(value) >= 0))
      wrong(`parameters ${wanted}`, 'value, lo and hi, lo not above hi');
  }
  return file as PlatformFile;
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** A finite number, else NaN, which no comparison holds for. */
function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN;
}
