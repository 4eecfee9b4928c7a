/**
 * Makes a large `perf script` text from recorded ones: repeats them whole, each time with later stamps, so
 * that tasks, events, texts and callchains keep their mix and times go on.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const fixture = (name) =>
  gunzipSync(readFileSync(new URL(`../fixtures/perf/${name}.gz`, import.meta.url))).toString('latin1');

/** Recordings by kind: kprobes and contention events; samples with callchains; both. */
export const PERF_SETS = {
  probes: ['ops.script.txt'],
  stacks: ['clock.script.txt'],
  mixed: ['ops.script.txt', 'clock.script.txt', 'cont.script.txt', 'sched.script.txt'],
};

/** Writes at least `megabytes` of text made of a set to `path`. */
export function makePerfScript(path, megabytes, set) {
  const file = openSync(path, 'w');
  const texts = set.map(fixture);
  let written = 0;
  for (let round = 0; written < megabytes * 1e6; round++) {
    for (const text of texts) {
      const shifted = text.replace(
        /^([ \S]*? )( *)(\d+)(\.\d{6}: )/gm,
        (_, before, blanks, seconds, rest) =>
          before + String(Number(seconds) + round * 30).padStart(blanks.length + seconds.length) + rest,
      );
      written += writeSync(file, shifted, null, 'latin1');
    }
  }
  closeSync(file);
}
