/**
 * Predictions from recordings of stock kernels beside recordings of really patched ones: prints the
 * tables of docs/validation.md.
 *
 * usage: node bench/validation.js [FOLDER]   (FOLDER/{base,base_nosi,...}/{fg-full,ops}-pN.txt.gz;
 *   fixtures/patched and fixtures/own-patched without)
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const here = (path) => new URL(path, import.meta.url).pathname;
const given = process.argv[2];

function run(...args) {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [here('../bin/trace-replay.js'), ...args, '--json'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const ms = (ns) => (ns / 1e6).toFixed(2);
const range = (i, text) => `${text(i.value)} (${text(i.lo)} to ${text(i.hi)})`;

/** What `analyze` says of a recording: waits for class->lock in zs_free, and the mean zs_free. */
function measured(path) {
  const { locks, functions } = run('analyze', path, '--tails', '0');
  // Without a reader lock in zs_free it may be the one lock of older kernels: then both names are given.
  const lock = locks.find((row) => row.lock.startsWith('class->lock') && row.site === 'zs_free');
  const free = functions.find((row) => row.name === 'zs_free');
  return { contended: lock?.contended ?? 0, waitNs: lock?.wait.totalNs ?? 0, meanNs: free.meanNs };
}

/** The table's rows; without `hasOperations` sizes and handles are reconstructed from the function_graph alone. */
function table(folder, kernels, hasOperations) {
  console.log(
    '| kernel predicted | from | processes | class->lock wait, ms: recorded | predicted | waits: recorded | predicted |',
  );
  console.log('|---|---|---:|---:|---:|---:|---:|');
  for (const [base, patched, design] of kernels) {
    for (const processes of [1, 2, 4]) {
      const file = (kernel, kind) => join(folder, kernel, `${kind}-p${processes}.txt.gz`);
      const [graph, operations, judge] = [file(base, 'fg-full'), file(base, 'ops'), file(patched, 'fg-full')];
      const files = hasOperations ? [graph, operations, judge] : [graph, judge];
      if (!files.every((path) => existsSync(path))) continue;
      const args = [
        ...(hasOperations ? ['--operations', operations] : []),
        ...(design === 'base' ? [] : ['--design', design]),
      ];
      const result = run('what-if', graph, ...args);
      const predicted = design === 'base' ? result.baseline : result.designs[0];
      const real = measured(judge);
      const wait = predicted.lockWaitIntervalNs['class->lock'];
      const waits = predicted.contendedInterval['class->lock'];
      console.log(
        `| ${patched} (${design}) | ${base} | ${processes} | ${ms(real.waitNs)} | ${range(wait, ms)} | ${real.contended} | ${range(waits, (n) => n.toFixed(0))} |`,
      );
    }
  }
}

const NOSI = [
  ['base_nosi', 'base_nosi', 'base'],
  ['base_nosi', 'droplock_nosi', 'drop-lock'],
];
const OTHERS = [
  ['base_nosi', 'classidx_nosi', 'class-idx'],
  ['base_nosi', 'both_nosi', 'class-idx+drop-lock'],
  ['base_nosi', 'deferred_nosi', 'deferred'],
];
const folder = given ?? here('../fixtures/patched');
table(folder, [...NOSI, ...OTHERS, ['base', 'base', 'base'], ['base', 'droplock', 'drop-lock']], true);
console.log('\nFrom the function_graph alone:\n');
table(folder, NOSI, false);
if (given === undefined) {
  console.log('\nOther kernels, in another virtual machine:\n');
  table(here('../fixtures/own-patched'), [...NOSI, ...OTHERS], true);
}
