/**
 * Makes a large function_graph trace by repeating real ones with shifted time stamps.
 *
 * usage: node bench/make-trace.js OUT MEGABYTES [FIXTURE...]
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Layouts may not be mixed in one file, so all of a set have the same columns. */
export const SETS = {
  // The kernel's default columns: CPU and duration.
  default: ['6.12.117/fg-A-default.txt.gz', '6.12.117/fg-contend-p2.txt.gz', '6.1.192/fg-A-default.txt.gz'],
  // With time stamps, tasks and events: the complete recording.
  stamped: ['6.12.117/full-combo-p2.txt.gz', '6.12.117/zswap-contend-p2.txt.gz'],
};

/** Reads a fixture as text, gunzipped. */
function fixture(name) {
  const bytes = readFileSync(new URL(`../fixtures/function-graph/${name}`, import.meta.url));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
}

/** Writes at least `megabytes` of trace to `path`; returns its size in bytes. */
export function makeTrace(path, megabytes, names) {
  const parts = names.map(fixture);
  const header = parts[0].split('\n').filter((line) => line.startsWith('#'));
  const body = parts.flatMap((part) =>
    part.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  );
  const stamped = /^ *\d+\.\d{6} \|/.test(body[0]);
  const fd = openSync(path, 'w');
  let bytes = writeSync(fd, `${header.join('\n')}\n`);
  for (let round = 0; bytes < megabytes * 1e6; round++) {
    const lines = stamped && round > 0 ? body.map((line) => shifted(line, round * 100)) : body;
    bytes += writeSync(fd, `${lines.join('\n')}\n`, null, 'latin1');
  }
  closeSync(fd);
  return bytes;
}

/** The same line `seconds` later. */
function shifted(line, seconds) {
  const m = /^ *(\d+)(\.\d{6} \|.*)$/s.exec(line);
  return m ? `${String(Number(m[1]) + seconds).padStart(5)}${m[2]}` : line;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [path, megabytes, ...names] = process.argv.slice(2);
  console.log(makeTrace(path, Number(megabytes), names.length > 0 ? names : SETS.default));
}
