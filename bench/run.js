/**
 * Throughput against named peers, in one run, interleaved: A B C A B C ..., medians of CPU time.
 * CPU seconds are the child's user + system time as the operating system accounts it.
 *
 * usage: npm run bench [-- --mb 1000 --rounds 3]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTrace, SETS } from './make-trace.js';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const megabytes = option('mb', 1000);
const rounds = option('rounds', 3);
const here = (path) => new URL(path, import.meta.url).pathname;

const folder = mkdtempSync(join(tmpdir(), 'trace-replay-bench-'));
const trace = join(folder, 'default.txt');
const stamped = join(folder, 'stamped.txt');
const small = join(folder, 'small.txt');

/** CPU seconds and peak memory of a whole process; null when the program is not there. */
function measure(command, args) {
  const run = spawnSync('/usr/bin/time', ['-f', '%U %S %M', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.error) throw new Error('GNU time is needed at /usr/bin/time');
  const last = run.stderr.trim().split('\n').at(-1);
  if (run.status !== 0) return null;
  const [user, system, peakKb] = last.split(' ').map(Number);
  return { cpu: user + system, peakMb: peakKb / 1024 };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

try {
  console.error('making traces ...');
  makeTrace(trace, megabytes, SETS.default);
  makeTrace(stamped, megabytes / 2, SETS.stamped);
  makeTrace(small, 20, SETS.default);
  const mb = (path) => statSync(path).size / 1e6;
  /** The leaf sums written in three ways, as people do; the first knows default columns only. */
  const mawkPeers = (what, path) =>
    [
      ['leaf-sums', 'by position'],
      ['leaf-sums-fields', 'split at bars'],
      ['leaf-sums-any-columns', 'by regex'],
    ]
      .filter(([file]) => path === trace || file !== 'leaf-sums')
      .map(([file, how]) => ({
        id: `${file} ${what}`,
        title: `mawk: leaf sums ${how}, ${what}`,
        run: ['mawk', ['-f', here(`peers/${file}.awk`), path]],
        mb: mb(path),
      }));
  const programs = [
    {
      id: 'spans',
      title: 'text to spans and tables by function',
      run: ['node', [here('spans.js'), trace]],
      mb: mb(trace),
    },
    {
      id: 'analyze',
      title: '`analyze`: with locks, tails, tree',
      run: ['node', [here('../bin/trace-replay.js'), 'analyze', trace, '-o', '/dev/null']],
      mb: mb(trace),
    },
    {
      id: 'stamped',
      title: '`analyze` with time stamps, tasks, events',
      run: ['node', [here('../bin/trace-replay.js'), 'analyze', stamped, '-o', '/dev/null']],
      mb: mb(stamped),
    },
    {
      id: 'small',
      title: '`analyze` of 20 MB (memory)',
      run: ['node', [here('../bin/trace-replay.js'), 'analyze', small, '-o', '/dev/null']],
      mb: mb(small),
    },
    ...mawkPeers('default columns', trace),
    {
      id: 'spans-stamped',
      title: 'text to spans and tables, stamped trace',
      run: ['node', [here('spans.js'), stamped]],
      mb: mb(stamped),
    },
    ...mawkPeers('stamped trace', stamped),
    {
      id: 'python',
      title: 'python3: regex and stack',
      run: ['python3', [here('peers/regex_stack.py'), trace]],
      mb: mb(trace),
    },
  ];
  const results = new Map(programs.map((p) => [p.id, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const p of programs) {
      // The slow peer is measured in fewer rounds; the first round of all warms the page cache.
      if (p.id === 'python' && round > 2) continue;
      const result = measure(...p.run);
      if (result && round > 0) results.get(p.id).push(result);
      console.error(`round ${round} ${p.id} ${result ? `${result.cpu.toFixed(2)} s` : 'not run'}`);
    }
  }
  // Every program is compared with the spans stage on the same file.
  const spansOn = (size) =>
    programs.find((p) => p.id.startsWith('spans') && p.mb === size && results.get(p.id).length > 0);
  console.log(
    `${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, ${mb(trace).toFixed(0)} MB, median of ${rounds} rounds`,
  );
  console.log('');
  console.log('| program | CPU s | MB per CPU s | peak MB | CPU against spans |');
  console.log('|---|---:|---:|---:|---:|');
  for (const p of programs) {
    const runs = results.get(p.id);
    if (runs.length === 0) {
      console.log(`| ${p.title} | not run | | | |`);
      continue;
    }
    const cpu = median(runs.map((r) => r.cpu));
    const base = spansOn(p.mb);
    const ratio = base ? (cpu / median(results.get(base.id).map((r) => r.cpu))).toFixed(2) : '';
    console.log(
      `| ${p.title} | ${cpu.toFixed(2)} | ${(p.mb / cpu).toFixed(0)} | ${median(runs.map((r) => r.peakMb)).toFixed(0)} | ${ratio} |`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
