/**
 * Speed of the replay engine: modelled zs_free per CPU-second on the full path, and lock events per
 * CPU-second on the micro-model that peers were measured with (CPUs think 600 ns, take one FIFO lock,
 * hold it 200 ns; three events an operation: request, grant, release). CPU time of the process,
 * garbage collection and compilation by other threads of it included, with all laws checked as in any run. Median of several runs, and the best of them, since other work may share the
 * machine; a run before them compiles and is not counted, the first figure says what it costs.
 *
 * usage: node bench/engine.js [--cpus=4] [--frees=262144] [--repeat=5]
 */
import { applyDesigns, parseDesign } from '../dist/model/designs/registry.js';
import { eraById } from '../dist/model/kernels/eras.js';
import { Geometry } from '../dist/model/zsmalloc/geometry.js';
import { Pool } from '../dist/model/zsmalloc/pool.js';
import { COST_QUANTILES, Machine } from '../dist/replay/engine/machine.js';
import { compile } from '../dist/replay/engine/program.js';

/** SimPy 2.3.1 (CPython) on the same micro-model and kind of machine, M events per CPU-second. */
const SIMPY = { least: 0.44, most: 0.47 };

const options = { cpus: 4, frees: 262_144, repeat: 5 };
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--(\w+)=(\d+)$/.exec(argument) ?? [];
  if (!(name in options)) throw new Error(`unknown option ${argument}`);
  options[name] = Number(value);
}

const TIMES = {
  lineHitNs: 6,
  lineTransferNs: 50,
  handOffOneNs: 60,
  handOffManyNs: 95,
  wakeNs: 15_000,
  contextSwitchNs: 1500,
  sliceNs: 3_000_000,
};

/** Quantiles of a cost around its mean, skewed to the right as recorded ones are. */
const around = (meanNs) =>
  Float64Array.from(
    { length: COST_QUANTILES },
    (_, k) => meanNs * (0.5 - 0.5 * Math.log(1 - (k + 0.5) / 64)),
  );
const COSTS = {
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
};

function cpuSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Seconds of the first run, and the median and least of those behind it. */
function timed(repeat, prepare, work) {
  const seconds = [];
  for (let k = 0; k <= repeat; k++) {
    const input = prepare(k);
    seconds.push(cpuSeconds(() => work(input)));
  }
  const [first, ...others] = seconds;
  others.sort((a, b) => a - b);
  return { first, median: others[others.length >> 1], least: others[0] };
}

/** Every CPU frees what it stored, page by page, in 24 size classes. */
function frees(era, pathName, designs) {
  const kernel = applyDesigns(era.kernel, parseDesign(designs));
  const program = compile(kernel);
  const geometry = new Geometry(era.geometry);
  const sizes = Array.from({ length: 24 }, (_, k) => 600 + 130 * k);
  const sizeClasses = sizes.map((size) => new Pool(geometry, era.fullness).classFor(size));
  const count = options.frees;
  const tasks = Array.from({ length: options.cpus }, (_, cpu) => ({
    cpu,
    path: new Uint8Array(count),
    handle: Int32Array.from({ length: count }, (_, i) => cpu * count + i),
    sizeClass: Int32Array.from({ length: count }, (_, i) => sizeClasses[(i * 7 + cpu) % 24]),
    slot: Int32Array.from({ length: count }, (_, i) => cpu * count + i),
    thinkNs: new Float64Array(count).fill(300),
  }));
  const fill = () => {
    const pool = new Pool(geometry, era.fullness);
    for (let i = 0; i < count; i++)
      for (const { handle, sizeClass } of tasks)
        if (pool.allocateFromExisting(sizeClass[i], handle[i]) < 0)
          pool.allocateFromNew(sizeClass[i], handle[i]);
    return pool;
  };
  return timed(options.repeat, fill, (pool) =>
    new Machine({
      program,
      pool,
      times: TIMES,
      costs: program.costs.map((name) => around(COSTS[name])),
      cpus: options.cpus + 1,
      paths: [pathName],
      tasks,
      workerCpu: options.cpus,
      hogs: new Uint8Array(options.cpus + 1),
      seed: 1,
    }).run(),
  );
}

/** METHOD: think 600, lock, hold 200. */
function micro(operations) {
  const program = compile({
    id: 'one lock',
    title: '',
    source: '',
    locks: { lock: { kind: 'qspinlock', per: 'pool' } },
    lines: [],
    queues: {},
    paths: {
      operation: [
        { do: 'lock', lock: 'lock' },
        { do: 'work', what: 'hold', cost: 'hold' },
        { do: 'unlock', lock: 'lock' },
      ],
    },
  });
  const tasks = Array.from({ length: options.cpus }, (_, cpu) => ({
    cpu,
    path: new Uint8Array(operations),
    handle: new Int32Array(operations).fill(-1),
    sizeClass: new Int32Array(operations),
    slot: new Int32Array(operations).fill(-1),
    thinkNs: new Float64Array(operations).fill(600),
  }));
  const pool = new Pool(new Geometry(eraById('E').geometry), eraById('E').fullness);
  return timed(
    options.repeat,
    () => undefined,
    () =>
      new Machine({
        program,
        pool,
        times: { ...TIMES, lineHitNs: 0, lineTransferNs: 0, handOffOneNs: 0, handOffManyNs: 0 },
        costs: [new Float64Array(COST_QUANTILES).fill(200)],
        cpus: options.cpus,
        paths: ['operation'],
        tasks,
        workerCpu: 0,
        hogs: new Uint8Array(options.cpus),
        seed: 1,
      }).run(),
  );
}

const total = options.cpus * options.frees;
const rates = ({ first, median, least }, events) => {
  const rate = (seconds) => (events / seconds / 1e6).toFixed(median < events / 2e7 ? 1 : 2);
  return `${rate(median)} M (best ${rate(least)}, first run ${rate(first)})`;
};
console.log(
  `${options.cpus} CPUs, ${total} operations, one thread; per CPU-second, median of ${options.repeat} runs`,
);
for (const [title, era, path, designs] of [
  ['zs_free, era E', 'E', 'zs_free', 'base'],
  ['notify (zs_free, slot lock, counters), era E', 'E', 'notify', 'base'],
  ['swap free (all of it), era E', 'E', 'swap free', 'base'],
  ['swap free, class-idx+drop-lock', 'E', 'swap free', 'class-idx+drop-lock'],
  ['swap free, deferred', 'E', 'swap free', 'deferred'],
])
  console.log(`${title}: ${rates(frees(eraById(era), path, designs), total)} frees`);
const lock = micro(options.frees);
console.log(`one FIFO lock: ${rates(lock, 3 * total)} lock events`);
const times = (3 * total) / lock.median / 1e6 / SIMPY.most;
console.log(
  `SimPy, published: ${SIMPY.least}-${SIMPY.most} M lock events; here ${times.toFixed(0)} times as many`,
);
console.log(`memory: ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB resident`);
