/**
 * Throughput of the parser of `trace-cmd report` text, to records, against mawk splitting the same
 * lines: interleaved, medians of CPU time (user + system) of whole processes. The texts are recordings
 * of the fixtures, repeated with shifted times. mawk counts events, and sums durations where the text
 * has a duration column (not with -R); it makes no records.
 *
 * usage: node bench/trace-cmd-report.js [--mb 120] [--rounds 5]     (after `npm run build`)
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const SETS = [
  ['graph', 'graph-default.txt.gz'],
  ['graph -R', 'graph-3.3.3-R.txt.gz'],
  ['events -t -l', 'events-tl.txt.gz'],
];

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const here = (path) => new URL(path, import.meta.url).pathname;
const parsed = option('parse', null);
if (parsed !== null) await parseFile(parsed);
else await compare();

/** The measured program: a file to records, which are counted. */
async function parseFile(path) {
  const { TraceCmdReportParser } = await import('../dist/parsers/trace-cmd-report.js');
  const { Diagnostics } = await import('../dist/trace/diagnostics.js');
  const { NameTable } = await import('../dist/trace/names.js');
  const { TaskTable } = await import('../dist/trace/tasks.js');
  let records = 0;
  const parser = new TraceCmdReportParser({
    inputName: path,
    names: new NameTable(),
    tasks: new TaskTable(),
    diagnostics: new Diagnostics(),
    sink: (batch) => {
      records += batch.length;
    },
  });
  const fd = openSync(path, 'r');
  const buffer = new Uint8Array(1 << 18);
  for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer)) {
    parser.push(buffer.subarray(0, length));
  }
  closeSync(fd);
  const facts = parser.finish();
  console.log(`${records} records, ${facts.lines - facts.understoodLines} lines not understood`);
}

async function compare() {
  const megabytes = Number(option('mb', 120));
  const rounds = Number(option('rounds', 5));
  const folder = mkdtempSync(join(tmpdir(), 'trace-replay-bench-'));
  try {
    const programs = SETS.flatMap(([set, fixture]) => {
      const path = join(folder, `${set.replaceAll(' ', '')}.txt`);
      makeReport(here(`../fixtures/trace-cmd/${fixture}`), path, megabytes * 1e6);
      return [
        {
          set,
          title: `text to records, ${set}`,
          command: ['node', here('trace-cmd-report.js'), '--parse', path],
          path,
        },
        {
          set,
          title: `mawk: fields, ${set}`,
          command: ['mawk', '-f', here('peers/trace-cmd-fields.awk'), path],
          path,
        },
      ];
    });
    const results = programs.map(() => []);
    // The first round warms the page cache.
    for (let round = 0; round <= rounds; round++) {
      programs.forEach((program, i) => {
        const result = measure(program.command);
        if (result && round > 0) results[i].push(result);
      });
    }
    console.log(
      `${cpus()[0].model}, Node ${process.version}, ${megabytes} MB each, median of ${rounds} rounds\n`,
    );
    console.log('| program | CPU s | MB per CPU s | peak MB | CPU against the parser |');
    console.log('|---|---:|---:|---:|---:|');
    programs.forEach((program, i) => {
      if (results[i].length === 0) {
        console.log(`| ${program.title} | not run | | | |`);
        return;
      }
      const cpu = median(results[i].map((r) => r.cpu));
      const base = median(results[programs.findIndex((p) => p.set === program.set)].map((r) => r.cpu));
      const mb = statSync(program.path).size / 1e6;
      const peak = median(results[i].map((r) => r.peakMb)).toFixed(0);
      console.log(
        `| ${program.title} | ${cpu.toFixed(2)} | ${(mb / cpu).toFixed(0)} | ${peak} | ${(cpu / base).toFixed(2)} |`,
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Repeats a report, each time later, until the file has `bytes`. */
function makeReport(fixture, path, bytes) {
  const [first, ...lines] = gunzipSync(readFileSync(fixture)).toString('latin1').trimEnd().split('\n');
  const pieces = lines.map((line) => {
    const stamp = / +(\d+)(?=\.\d{6,9}:)/.exec(line);
    const end = stamp.index + stamp[0].length;
    return { before: line.slice(0, stamp.index + 1), seconds: Number(stamp[1]), after: line.slice(end) };
  });
  const span = pieces.at(-1).seconds - pieces[0].seconds + 1;
  const file = openSync(path, 'w');
  let written = writeSync(file, `${first}\n`);
  for (let round = 0; written < bytes; round++) {
    const text = pieces
      .map(({ before, seconds, after }) => `${before}${String(seconds + round * span).padStart(5)}${after}\n`)
      .join('');
    written += writeSync(file, Buffer.from(text, 'latin1'));
  }
  closeSync(file);
}

function measure(command) {
  const run = spawnSync('/usr/bin/time', ['-f', '%U %S %M', ...command], { encoding: 'utf8' });
  if (run.error) throw new Error('GNU time is needed at /usr/bin/time');
  if (run.status !== 0) return null;
  const [user, system, peakKb] = run.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { cpu: user + system, peakMb: peakKb / 1024 };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
