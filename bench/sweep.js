/**
 * A capture of a million operations (half of them allocations, which say where objects are, half frees,
 * which are replayed) through 12 designs with 30 seeds each, as `what-if` runs it: every free with costs
 * of its own, on the threads given. Wall time, CPU time, and peak memory.
 *
 * usage: node bench/sweep.js [--threads=2] [--operations=1000000] [--seeds=30] [--cpus=4]
 */
import { applyDesigns, parseDesign } from '../dist/model/designs/registry.js';
import { eraById } from '../dist/model/kernels/eras.js';
import { withCallCosts } from '../dist/model/probe-costs.js';
import { Geometry } from '../dist/model/zsmalloc/geometry.js';
import { Pool } from '../dist/model/zsmalloc/pool.js';
import { centralSet } from '../dist/replay/calibrate/parameters.js';
import { pricedOnce } from '../dist/replay/calibrate/pricing.js';
import { compile } from '../dist/replay/engine/program.js';
import { SweepThreads } from '../dist/replay/sweep.js';

const options = { threads: 2, operations: 1_000_000, seeds: 30, cpus: 4 };
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--(\w+)=(\d+)$/.exec(argument) ?? [];
  if (!(name in options)) throw new Error(`unknown option ${argument}`);
  options[name] = Number(value);
}

const DESIGNS = [
  'base',
  'drop-lock',
  'class-idx',
  'class-idx+drop-lock',
  'deferred',
  'class-idx+drop-lock+deferred',
  'deferred-array',
  'zram-gc',
  'deferred+class-batch',
  'deferred+bulk-free',
  'mm-async',
  'no-zram-counters',
];
const MEAN_NS = { locate: 75, 'free-page': 120, 'fix-group': 45 };
const set = centralSet();
const sets = Array.from({ length: options.seeds }, () => ({
  ...set,
  values: { ...set.values, lineTransferNs: 50, handOffOneNs: 60, handOffMoreNs: 35, wakeNs: 15_000 },
}));

const era = eraById('E');
const pool = new Pool(new Geometry(era.geometry), era.fullness);
const classes = Array.from({ length: 24 }, (_, k) => pool.classFor(600 + 130 * k));
const frees = Math.floor(options.operations / 2 / options.cpus);
const models = DESIGNS.map((text) => applyDesigns(era.kernel, parseDesign(text)));
const names = [...new Set(models.flatMap((model) => compile(withCallCosts(model)).costs))];

/** Skewed to the right around a mean, as recorded times are. */
const skewed = (mean, share) => mean * (0.5 - 0.5 * Math.log(1 - share));
const tasks = Array.from({ length: options.cpus }, (_, cpu) => {
  const handle = Int32Array.from({ length: frees }, (_, i) => cpu * frees + i);
  return {
    cpu,
    path: new Uint8Array(frees),
    handle,
    sizeClass: handle.map((h) => classes[(h * 7) % 24]),
    slot: handle,
    thinkNs: new Float64Array(frees).fill(300),
  };
});
// All tasks store at once, then each frees what it stored.
for (let i = 0; i < frees; i++)
  for (const { handle, sizeClass } of tasks)
    if (pool.allocateFromExisting(sizeClass[i], handle[i]) < 0) pool.allocateFromNew(sizeClass[i], handle[i]);
const workload = {
  tasks,
  rows: [],
  costs: tasks.map(
    (_, t) =>
      new Map(
        names.map((name, n) => {
          const share = (i) => (Math.imul(i * 31 + n * 7 + t, 0x9e3779b1) >>> 8) / 2 ** 24;
          return [
            name,
            Float64Array.from({ length: frees }, (_, i) => skewed(MEAN_NS[name] ?? 20, share(i))),
          ];
        }),
      ),
  ),
  distributions: new Map(),
  serialised: false,
  notes: [],
};

const threads = new SweepThreads(options.threads);
const began = performance.now();
const before = process.cpuUsage();
const bySeed = threads.run({
  models,
  workload: pricedOnce(workload, era.kernel, null),
  pool,
  options: {
    cpus: options.cpus + 1,
    sets,
    workerCpu: options.cpus,
    hogs: new Uint8Array(options.cpus + 1),
    seeds: options.seeds,
  },
});
const wall = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(before);
threads.close();
const cpu = (user + system) / 1e6;
const replayed = bySeed.flat().reduce((sum, { result }) => sum + result.operations[0], 0);
console.log(
  `${options.operations} operations x ${models.length} designs x ${options.seeds} seeds, ${options.threads} threads: ` +
    `${replayed} frees replayed`,
);
console.log(
  `wall ${wall.toFixed(1)} s, CPU ${cpu.toFixed(1)} s, ${(replayed / cpu / 1e6).toFixed(2)} M frees per CPU-second, ` +
    `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
