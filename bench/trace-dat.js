/**
 * trace.dat to records, against `trace-cmd report` that prints it: user + system time of both in one
 * run, interleaved. The files are the fixtures with their pages repeated, later each time; given files
 * are measured as they are.
 *
 * usage: npm run build && node bench/trace-dat.js [--mb 64] [--rounds 5] [file.dat ...]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const args = process.argv.slice(2);
const option = (name, otherwise) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(args.splice(at, 2)[1]);
};
const megabytes = option('mb', 64);
const rounds = option('rounds', 5);
const here = (path) => new URL(path, import.meta.url).pathname;
const PAGE = 4096;

/** A version 6 file with the pages of each CPU `times` over; each turn begins where the last one ended. */
function repeated(bytes, times) {
  const cpus = 2;
  const at = bytes.lastIndexOf('flyrecord\0') + 10;
  const ranges = Array.from({ length: cpus }, (_, cpu) => ({
    offset: Number(bytes.readBigUInt64LE(at + cpu * 16)),
    size: Number(bytes.readBigUInt64LE(at + cpu * 16 + 8)),
  }));
  const stamps = ranges.flatMap(({ offset, size }) => [
    bytes.readBigUInt64LE(offset),
    bytes.readBigUInt64LE(offset + size - PAGE),
  ]);
  const first = stamps.reduce((a, b) => (a < b ? a : b));
  const turn = stamps.reduce((a, b) => (a > b ? a : b)) - first + 100_000_000n;
  const head = Buffer.from(bytes.subarray(0, ranges[0].offset));
  let offset = ranges[0].offset;
  const parts = [head];
  ranges.forEach((range, cpu) => {
    head.writeBigUInt64LE(BigInt(offset), at + cpu * 16);
    head.writeBigUInt64LE(BigInt(range.size * times), at + cpu * 16 + 8);
    offset += range.size * times;
    for (let i = 0; i < times; i++) {
      const pages = Buffer.from(bytes.subarray(range.offset, range.offset + range.size));
      for (let page = 0; page < pages.length; page += PAGE) {
        pages.writeBigUInt64LE(pages.readBigUInt64LE(page) + turn * BigInt(i), page);
      }
      parts.push(pages);
    }
  });
  return Buffer.concat(parts);
}

/** CPU seconds and peak memory of a whole process; null when the program is not there. */
function measure(command, commandArgs) {
  const run = spawnSync('/usr/bin/time', ['-f', '%U %S %M', command, ...commandArgs], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (run.error) throw new Error('GNU time is needed at /usr/bin/time');
  if (run.status !== 0) return null;
  const [user, system, peakKb] = run.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { cpu: user + system, peakMb: peakKb / 1024 };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const folder = mkdtempSync(join(tmpdir(), 'trace-replay-bench-'));
try {
  const files = [...args];
  if (files.length === 0) {
    for (const name of ['graph', 'events']) {
      const bytes = gunzipSync(readFileSync(here(`../fixtures/trace-dat/${name}.v6.dat.gz`)));
      const path = join(folder, `${name}.dat`);
      writeFileSync(path, repeated(bytes, Math.ceil((megabytes * 1e6) / (48 * PAGE))));
      files.push(path);
    }
  }
  console.log('| file | MB | trace-replay, CPU s | peak MB | trace-cmd report, CPU s | ratio |');
  console.log('|---|---:|---:|---:|---:|---:|');
  for (const file of files) {
    const ours = [];
    const theirs = [];
    for (let round = 0; round <= rounds; round++) {
      const a = measure('node', [here('read-trace-dat.js'), file]);
      const b = measure('trace-cmd', ['report', '-i', file]);
      // The first round warms the page cache.
      if (round > 0 && a) ours.push(a);
      if (round > 0 && b) theirs.push(b);
    }
    const cpu = median(ours.map((run) => run.cpu));
    const peak = median(ours.map((run) => run.peakMb)).toFixed(0);
    const peer = theirs.length > 0 ? median(theirs.map((run) => run.cpu)) : Number.NaN;
    const mb = (statSync(file).size / 1e6).toFixed(1);
    const compared = theirs.length > 0 ? `${peer.toFixed(2)} | ${(cpu / peer).toFixed(2)}` : 'not run | ';
    console.log(`| ${basename(file)} | ${mb} | ${cpu.toFixed(2)} | ${peak} | ${compared} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
