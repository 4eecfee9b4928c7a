/**
 * Throughput of the `perf script` parser against one-pass folding in awk and perl, in one run, interleaved:
 * A B C A B C ..., medians of CPU time (user + system) as the operating system accounts it.
 *
 * usage: npm run build && node bench/perf-script.js [--mb 160] [--rounds 5]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePerfScript, PERF_SETS } from './make-perf-script.js';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const megabytes = option('mb', 160);
const rounds = option('rounds', 5);
const here = (path) => new URL(path, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'trace-replay-bench-'));

const PROGRAMS = [
  { title: 'perf script text to records', command: 'node', args: [here('perf-script-records.js')] },
  { title: 'mawk: fold in one pass', command: 'mawk', args: ['-f', here('peers/perf-script-fold.awk')] },
  { title: 'perl: fold in one pass', command: 'perl', args: [here('peers/perf-script-fold.pl')] },
];

/** CPU seconds and peak memory of a whole process; null when the program is not there. */
function measure(command, args) {
  const run = spawnSync('/usr/bin/time', ['-f', '%U %S %M', command, ...args], { encoding: 'utf8' });
  if (run.error) throw new Error('GNU time is needed at /usr/bin/time');
  if (run.status !== 0) return null;
  const [user, system, peakKb] = run.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { cpu: user + system, peakMb: peakKb / 1024 };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

try {
  console.log(
    `${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, median of ${rounds} rounds`,
  );
  console.log('');
  console.log('| text | program | CPU s | MB per CPU s | peak MB | CPU against the parser |');
  console.log('|---|---|---:|---:|---:|---:|');
  for (const [name, set] of Object.entries(PERF_SETS)) {
    const path = join(folder, `${name}.txt`);
    makePerfScript(path, megabytes, set);
    const mb = statSync(path).size / 1e6;
    const results = PROGRAMS.map(() => []);
    // The first round warms the page cache.
    for (let round = 0; round <= rounds; round++) {
      for (const [i, { command, args }] of PROGRAMS.entries()) {
        const result = measure(command, [...args, path]);
        if (result && round > 0) results[i].push(result);
        console.error(
          `${name} round ${round} ${command} ${result ? `${result.cpu.toFixed(2)} s` : 'not run'}`,
        );
      }
    }
    const base = median(results[0].map((run) => run.cpu));
    for (const [i, { title }] of PROGRAMS.entries()) {
      if (results[i].length === 0) {
        console.log(`| ${name} | ${title} | not run | | | |`);
        continue;
      }
      const cpu = median(results[i].map((run) => run.cpu));
      const peak = median(results[i].map((run) => run.peakMb)).toFixed(0);
      const cells = [name, title, cpu.toFixed(2), (mb / cpu).toFixed(0), peak, (cpu / base).toFixed(2)];
      console.log(`| ${cells.join(' | ')} |`);
    }
    rmSync(path);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
