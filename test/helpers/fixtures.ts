import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
/** All recordings, beside the checkout; most machines do not have them. */
export const SHARED_TRACES = fileURLToPath(new URL('../../../shared/traces', import.meta.url));

/** A text that tests read: where it is, and a name for the test's title. */
export interface TraceFile {
  readonly name: string;
  readonly path: string;
  /** Unpacked. */
  readonly bytes: number;
}

/** The bytes of a fixture, unpacked; `name` as in fixtures/README.md, with or without `.gz`. */
export function readFixture(name: string): Uint8Array {
  const path = join(FIXTURES, name);
  return readTrace(existsSync(path) ? path : `${path}.gz`);
}

/** The bytes of a file, unpacked when its name ends in `.gz`. */
export function readTrace(path: string): Uint8Array {
  const bytes = readFileSync(path);
  // A plain Uint8Array, as the parsers get it from a stream's point of view: no Buffer methods.
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

/** Names of the function_graph fixtures, e.g. `function-graph/7.3/k7.3-ftrace-dump-dmesg.txt`. */
export function listFunctionGraphFixtures(): string[] {
  return listFixtures('function-graph');
}

/** Names of the fixtures in one folder: `ftrace/6.12.117/fn-p2.txt`. */
export function listFixtures(folder: string): string[] {
  return listFiles(join(FIXTURES, folder))
    .map((path) => relative(FIXTURES, path).split(sep).join('/').replace(/\.gz$/, ''))
    .sort();
}

/** The function_graph recordings beside the checkout; none where there is no such folder. */
export function listSharedFunctionGraphTraces(): TraceFile[] {
  return listSharedTraces(isFunctionGraphName);
}

/** The recordings of the common printer beside the checkout: events and the function tracer. */
export function listSharedEventTraces(): TraceFile[] {
  return listSharedTraces((name) => /(?:^|\/)(?:ev|fn|ops)-[^/]*\.txt(?:\.gz)?$|ftrace-function/.test(name));
}

function listSharedTraces(isWanted: (name: string) => boolean): TraceFile[] {
  return listFiles(SHARED_TRACES)
    .map((path) => ({
      path,
      name: relative(SHARED_TRACES, path).split(sep).join('/'),
      bytes: unpackedSize(path),
    }))
    .filter(({ name }) => isWanted(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** gzip ends with the size of what it packed, so nothing has to be unpacked to know it. */
function unpackedSize(path: string): number {
  const size = statSync(path).size;
  if (!path.endsWith('.gz')) return size;
  const trailer = Buffer.alloc(4);
  const file = openSync(path, 'r');
  readSync(file, trailer, 0, 4, size - 4);
  closeSync(file);
  return trailer.readUInt32LE();
}

/** By name, so that listing does not have to read: the other texts there are events, logs and numbers. */
function isFunctionGraphName(name: string): boolean {
  if (/^(?:\d[^/]*)\/(?:perf|trace-cmd)\//.test(name)) return false;
  const file = name.slice(name.lastIndexOf('/') + 1);
  return /^(?:fg-|combo-|full-|abi?-|zswap-|zram-|mthp|k\d).*\.txt(?:\.gz)?$/.test(file);
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
