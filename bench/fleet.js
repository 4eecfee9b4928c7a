/**
 * A capture of a million operations, 12 designs, 30 seeds each: wall and CPU time on the threads given.
 *
 * usage: node bench/fleet.js [--threads=2] [--operations=1000000] [--seeds=30]
 */
import { applyDesigns, parseDesign } from '../dist/model/designs/registry.js';
import { eraById } from '../dist/model/kernels/eras.js';
import { Geometry } from '../dist/model/zsmalloc/geometry.js';
import { Pool } from '../dist/model/zsmalloc/pool.js';
import { runFleet } from '../dist/replay/engine/fleet.js';

const options = { threads: 2, operations: 1_000_000, seeds: 30 };
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
const MEANS = {
  notify: 10,
  'zram-counter': 5,
  slot: 25,
  locate: 75,
  'locate-class': 10,
  'obj-free': 25,
  'fix-group': 45,
  'free-handle': 25,
  'free-page': 120,
  enqueue: 10,
  'take-handle': 30,
  'alloc-page': 300,
  'obj-malloc': 60,
};
const around = (mean) =>
  Float64Array.from({ length: 64 }, (_, k) => mean * (0.5 - 0.5 * Math.log(1 - (k + 0.5) / 64)));
const costs = Object.fromEntries(Object.entries(MEANS).map(([name, mean]) => [name, around(mean)]));
const times = {
  lineHitNs: 6,
  lineTransferNs: 50,
  handOffOneNs: 60,
  handOffManyNs: 95,
  wakeNs: 15_000,
  contextSwitchNs: 1500,
  sliceNs: 3_000_000,
};

const era = eraById('E');
const pool = new Pool(new Geometry(era.geometry), era.fullness);
const classes = Array.from({ length: 24 }, (_, k) => pool.classFor(600 + 130 * k));
const cpus = 4;
const half = Math.floor(options.operations / cpus / 2);
// Each CPU stores half of its operations and frees them again.
const tasks = Array.from({ length: cpus }, (_, cpu) => {
  const handle = Int32Array.from({ length: 2 * half }, (_, i) => cpu * half + (i % half));
  return {
    cpu,
    path: Uint8Array.from({ length: 2 * half }, (_, i) => (i < half ? 0 : 1)),
    handle,
    sizeClass: handle.map((h) => classes[(h * 7) % 24]),
    slot: handle,
    thinkNs: new Float64Array(2 * half).fill(300),
  };
});
const jobs = DESIGNS.flatMap((design) =>
  Array.from({ length: options.seeds }, (_, seed) => ({
    kernel: applyDesigns(era.kernel, parseDesign(design)),
    times,
    costs,
    seed,
  })),
);
const began = process.hrtime.bigint();
const before = process.cpuUsage();
const results = await runFleet(
  {
    tasks,
    paths: ['zs_malloc', 'swap free'],
    cpus: cpus + 1,
    workerCpu: cpus,
    hogs: new Uint8Array(cpus + 1),
    geometry: era.geometry,
    fullness: era.fullness.id,
    stored: { handle: new Int32Array(0), sizeClass: new Int32Array(0) },
  },
  jobs,
  options.threads,
);
const wall = Number(process.hrtime.bigint() - began) / 1e9;
const { user, system } = process.cpuUsage(before);
const cpu = (user + system) / 1e6;
const operations = results.reduce((sum, r) => sum + r.operations[0] + r.operations[1], 0);
console.log(`${jobs.length} runs, ${operations} operations, ${options.threads} threads`);
console.log(
  `wall ${wall.toFixed(1)} s, CPU ${cpu.toFixed(1)} s, ${(operations / cpu / 1e6).toFixed(2)} M operations per CPU-second`,
);
