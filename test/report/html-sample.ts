import { BUCKET_ERROR, Histogram } from '../../src/analysis/histogram.ts';
import type {
  AnalysisResult,
  BlockerRow,
  CallTreeNode,
  Distribution,
  FunctionRow,
  LockMoment,
  LockRow,
  MomentInterval,
  SlowCall,
  TailRow,
} from '../../src/analysis/result.ts';

/** Names that a trace may hold and that a page must only ever show. */
export const NASTY = {
  task: '<script>alert(1)</script>-42',
  function: `quote"s_'and'_</title><img src=x onerror=alert(1)>`,
  lock: 'a&b->lock" onmouseover="alert(2)',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what is nasty about it
  file: '../tr</style>ace"; $& $1 `${x}` .txt',
  control: 'nul\0bell\x07lone\ud800end',
} as const;

/** The same numbers in every run: a linear congruential generator. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Durations about `medianNs`; one in `slowOneIn` about `slowNs`. */
function durations(
  seed: number,
  count: number,
  medianNs: number,
  slowNs: number,
  slowOneIn: number,
): Histogram {
  const next = numbers(seed);
  const histogram = new Histogram();
  for (let i = 0; i < count; i++) {
    const spread = Math.exp((next() + next() + next() - 1.5) * 1.1);
    histogram.add(Math.round((next() * slowOneIn < 1 ? slowNs : medianNs) * spread));
  }
  return histogram;
}

function distribution(h: Histogram): Distribution {
  const some = h.count > 0;
  return {
    count: h.count,
    totalNs: h.sumNs,
    meanNs: some ? h.meanNs : null,
    minNs: some ? h.minNs : null,
    p50Ns: some ? h.quantile(0.5) : null,
    p90Ns: some ? h.quantile(0.9) : null,
    p99Ns: some ? h.quantile(0.99) : null,
    p999Ns: some ? h.quantile(0.999) : null,
    maxNs: some ? h.maxNs : null,
    histogram: h.buckets(),
  };
}

function functionRow(
  name: string,
  module: string,
  h: Histogram,
  more: Partial<FunctionRow> = {},
): FunctionRow {
  const { count: calls, ...rest } = distribution(h);
  return {
    name,
    module,
    calls,
    selfNs: Math.round(rest.totalNs * 0.4),
    cutNs: 0,
    selfIsBoundCalls: 0,
    startCutCalls: 0,
    pairCalls: 0,
    irqNs: 0,
    softirqNs: 0,
    offCpuNs: 0,
    ...rest,
    ...more,
  };
}

function functions(): FunctionRow[] {
  const plain = [
    'fix_fullness_group',
    'obj_free',
    '_raw_read_lock',
    '_raw_read_unlock',
    '_raw_spin_unlock',
    'kmem_cache_free',
    '__free_zspage',
    'free_unref_page',
  ];
  return [
    functionRow('zs_free', '', durations(1, 20_000, 17_000, 5_300_000, 90), {
      startCutCalls: 3,
      selfIsBoundCalls: 7,
    }),
    functionRow('_raw_spin_lock', '', durations(2, 41_000, 800, 4_900_000, 300), { irqNs: 8_123_456 }),
    functionRow('queued_spin_lock_slowpath', '', durations(3, 900, 1_300_000, 8_000_000, 20)),
    functionRow('zram_slot_free_notify', 'zram', durations(4, 20_100, 19_500, 5_400_000, 95), {
      offCpuNs: 1_000,
    }),
    functionRow('free_zspage', '', durations(5, 800, 96_000, 21_000_000, 60)),
    functionRow('__slab_free', '', durations(6, 40, 1_900, 40_000, 12)),
    functionRow('init_once', 'zram', durations(7, 1, 2_273_972, 1, 1e9)),
    functionRow('init_once', 'zsmalloc', durations(8, 3, 973_000, 1, 1e9)),
    functionRow(NASTY.function, 'x"><b>', durations(9, 120, 12_000, 400_000, 30)),
    ...plain.map((name, i) =>
      functionRow(name, '', durations(20 + i, 20_000 - i * 900, 210 + 37 * i, 9_000, 400)),
    ),
    functionRow('no_duration_here', '', new Histogram(), {
      calls: 17,
      totalNs: null,
      selfNs: null,
      meanNs: null,
    }),
  ];
}

function blockers(totalNs: number): BlockerRow[] {
  return [
    { function: 'zs_free', task: 'swapben-334', cpu: 0, waits: 400, waitNs: Math.round(totalNs * 0.48) },
    { function: 'zs_malloc', task: NASTY.task, cpu: 3, waits: 210, waitNs: Math.round(totalNs * 0.21) },
    {
      function: 'async_free_zspage',
      task: 'kworker/3:1-77',
      cpu: 3,
      waits: 12,
      waitNs: Math.round(totalNs * 0.11),
    },
    { function: '(hand-off)', task: '', cpu: -1, waits: 90, waitNs: Math.round(totalNs * 0.08) },
    { function: '(not seen)', task: '', cpu: -1, waits: 60, waitNs: Math.round(totalNs * 0.12) },
  ];
}

function lockRow(lock: string, site: string, wait: Histogram, more: Partial<LockRow> = {}): LockRow {
  const waited = distribution(wait);
  return {
    lock,
    kind: 'spinlock',
    site,
    namedBy: 'site',
    instances: 12,
    acquisitions: Math.max(1000, wait.count * 4),
    acquisitionsKnown: true,
    contended: wait.count,
    triesWithoutUnlock: 0,
    waitWitness: 'slowpath',
    wait: waited,
    acquire: distribution(durations(wait.count + 5, 1500, 900, 700_000, 8)),
    hold: distribution(durations(wait.count + 6, 1500, 4_200, 88_000, 50)),
    holdBasis: 'stamps',
    waitShareOfSite: 0.61,
    blockedBy: blockers(waited.totalNs),
    blockedByCoverage: 0.88,
    calledWhileHeld: [
      { name: 'obj_free', calls: 20_000, totalNs: 22_000_000 },
      { name: NASTY.function, calls: 3, totalNs: 4_500 },
    ],
    lockedWhileHeld: [{ name: 'zone->lock', calls: 12, totalNs: 410_000 }],
    ...more,
  };
}

function locks(): LockRow[] {
  return [
    lockRow('class->lock', 'zs_free', durations(31, 812, 1_300_000, 9_000_000, 20)),
    lockRow('class->lock', 'zs_malloc', durations(32, 240, 900_000, 7_000_000, 15), { holdBasis: 'calls' }),
    lockRow(NASTY.lock, NASTY.function, durations(33, 31, 250_000, 900_000, 9), { namedBy: 'unknown' }),
    lockRow('pool->migrate_lock (read)', 'zs_free', new Histogram(), {
      kind: 'rwlock-read',
      waitWitness: 'none',
      contended: 0,
      hold: null,
      holdBasis: 'none',
      waitShareOfSite: null,
      blockedBy: [],
      blockedByCoverage: null,
      calledWhileHeld: [],
      lockedWhileHeld: [],
    }),
    lockRow('zone->lock', 'rmqueue_bulk', durations(34, 6, 11_000, 30_000, 3), {
      waitWitness: 'contention-events',
      triesWithoutUnlock: 4,
      blockedBy: [{ function: '(not seen)', task: '', cpu: -1, waits: 6, waitNs: 50_000 }],
      blockedByCoverage: 0,
    }),
  ];
}

function slowCall(line: number, durationNs: number, stamped: boolean): SlowCall {
  return {
    durationNs,
    startNs: stamped ? 207_159_960_000 : null,
    task: NASTY.task,
    cpu: stamped ? 7 : -1,
    file: NASTY.file,
    line,
    tree: [
      { name: 'zs_free', level: 0, durationNs, selfNs: 2_110 },
      { name: '_raw_read_lock', level: 1, durationNs: 230, selfNs: 230 },
      { name: '_raw_spin_lock', level: 1, durationNs: Math.round(durationNs * 0.9), selfNs: 500 },
      {
        name: 'queued_spin_lock_slowpath',
        level: 2,
        durationNs: Math.round(durationNs * 0.89),
        selfNs: null,
      },
      { name: NASTY.function, level: 1, durationNs: null, selfNs: null },
      { name: '_raw_spin_unlock', level: 1, durationNs: 170, selfNs: 170 },
    ],
    treeHidden: 2,
    offCpuNs: 0,
    meanwhile: stamped
      ? [
          {
            cpu: 3,
            task: NASTY.task,
            name: NASTY.function,
            calls: 2,
            overlapNs: Math.round(durationNs * 0.7),
          },
          { cpu: 0, task: 'swapben-334', name: 'free_zspage', calls: 1, overlapNs: null },
        ]
      : [],
  };
}

function tails(rows: readonly FunctionRow[]): TailRow[] {
  return rows.slice(0, 2).map((row, i) => ({
    function: i === 0 ? 'zs_free' : NASTY.function,
    calls: row.calls,
    p50Ns: row.p50Ns,
    p99Ns: row.p99Ns,
    slowest: [slowCall(1234, row.maxNs!, true), slowCall(99, Math.round(row.maxNs! * 0.8), i === 0)],
    typicalCalls: Math.round(row.calls / 2),
    slowCalls: Math.round(row.calls / 100),
    difference: [
      { name: '_raw_spin_lock', typicalNs: 1_820, slowNs: 5_100_000, share: 0.984 },
      { name: '(self)', typicalNs: 2_000, slowNs: 84_000, share: 0.016 },
      { name: NASTY.function, typicalNs: 400, slowNs: 380, share: -0.000004 },
    ],
  }));
}

/** A tree of `count` nodes: each but the roots hangs below one of the nodes before it. */
/** A wait of task 42 on CPU 0 for a hold on CPU 1, and what lay around them. */
function moment(lock: string, waitNs: number): LockMoment {
  const startNs = 14_377_764_000;
  const at = (kind: MomentInterval['kind'], cpu: number, from: number, to: number): MomentInterval => ({
    kind,
    site: NASTY.function,
    task: cpu === 0 ? NASTY.task : 'b-43',
    cpu,
    startNs: startNs + from * waitNs,
    endNs: startNs + to * waitNs,
  });
  return {
    lock,
    waitWitness: 'slowpath',
    site: NASTY.function,
    task: NASTY.task,
    cpu: 0,
    startNs,
    waitNs,
    fromNs: startNs - waitNs / 4,
    toNs: startNs + waitNs * 1.25,
    intervals: [at('hold', 1, -0.5, 0.9), at('held-until', 0, -0.1, -0.05), at('wait', 0, 0, 1)],
    intervalsHidden: 2,
  };
}

function callTree(count: number): CallTreeNode[] {
  const next = numbers(77);
  const names = [
    'zs_free',
    '_raw_spin_lock',
    'queued_spin_lock_slowpath',
    'obj_free',
    'free_zspage',
    NASTY.function,
  ];
  const nodes: { -readonly [K in keyof CallTreeNode]: CallTreeNode[K] }[] = [
    { name: 'zram_slot_free_notify', parent: -1, calls: 20_100, totalNs: 900_000_000, selfNs: 900_000_000 },
    { name: 'zs_compact', parent: -1, calls: 4, totalNs: 210_000_000, selfNs: 210_000_000 },
  ];
  while (nodes.length < count) {
    const parent = Math.floor(next() * next() * nodes.length);
    const above = nodes[parent]!;
    const totalNs = Math.floor(above.selfNs * (0.2 + 0.5 * next()));
    above.selfNs -= totalNs;
    const name = names[nodes.length % names.length]!;
    nodes.push({
      name,
      parent,
      calls: Math.max(1, Math.floor(above.calls * next())),
      totalNs,
      selfNs: totalNs,
    });
  }
  return nodes;
}

/** A result with all there may be in one, and with names that try to break out of the page. */
export function sampleResult(): AnalysisResult {
  const rows = functions();
  return {
    schemaVersion: 1,
    tool: {
      name: 'trace-replay',
      version: '0.1.0',
      command: `trace-replay analyze '${NASTY.file}' --html out.html`,
    },
    input: {
      files: [
        {
          name: NASTY.file,
          format: 'function_graph',
          bytes: 4_149_415,
          lines: 48_688,
          understoodLines: 48_680,
          sha256: 'ece8e64b91045d536908bb9a3e9ceae6c750ea9e6196f4f30703be753f917249',
        },
        { name: '-', format: 'function_graph', bytes: 91, lines: 3, understoodLines: 3, sha256: '' },
      ],
      format: 'function_graph',
      bytes: 4_149_506,
      lines: 48_691,
      understoodLines: 48_683,
      cpus: 4,
      tasks: 14,
      clock: 'stamps',
      durationNs: 1_240_971_000,
      kernelRelease: '6.12.117',
      layouts: ['abstime cpu proc duration'],
      lostRecords: 1_734,
    },
    method: {
      quantile: 'nearest rank; exact up to 64 calls, then the middle of the bucket it falls in',
      bucketRelativeError: BUCKET_ERROR,
      exactUpToCalls: Histogram.EXACT_UP_TO,
      excluded: ['irq'],
      filters: '--comm "<b>swap*</b>"',
    },
    diagnostics: [
      { id: 'lost-records', severity: 'loss', count: 2, text: `records were lost (at ${NASTY.file}:12)` },
      { id: 'begin-not-seen', severity: 'warning', count: 12, text: 'returns have no begin' },
      { id: 'unlock-without-lock', severity: 'info', count: 223, text: 'unlocks have no lock call' },
    ],
    functions: rows,
    locks: locks(),
    overhead: {
      insideNs: 860,
      outsideNs: 160,
      tracedCalls: 31_496,
      totalNs: 32_125_920,
      shareOfOutermost: 0.0163,
      subtracted: false,
      basis: `inside: the quickest leaf calls (${NASTY.function})`,
    },
    tails: tails(rows),
    lockMoments: [moment(NASTY.lock, 2_400_000), moment('zone->lock', 900_000)],
    callTree: callTree(60),
    ...recorded(),
  };
}

type Recorded = Pick<
  AnalysisResult,
  'events' | 'scheduling' | 'profile' | 'hits' | 'sideTables' | 'sideHistograms'
>;

/** What traces of events, samples and hits add. */
function recorded(): Recorded {
  const interval = { low: 0.236, high: 0.274 };
  const { function: nasty } = NASTY;
  return {
    events: [
      { name: 'contention_begin', count: 3, stacks: [{ frames: ['zs_free', nasty], count: 2 }] },
      { name: nasty, count: 1, stacks: [] },
    ],
    scheduling: {
      tasks: [
        {
          task: NASTY.task,
          onCpuNs: 5_000_000,
          preemptedNs: 1_000_000,
          sleepingNs: 2_000_000,
          blockedNs: 0,
          switches: 7,
          preemptions: 3,
          wakeLatency: distribution(durations(70, 4, 90_000, 1, 1e9)),
        },
      ],
      cpus: [{ cpu: 0, seenNs: 9_000_000, idleNs: 3_000_000, idleShare: 1 / 3, switches: 8 }],
    },
    profile: [
      {
        event: 'cpu-clock',
        samples: 2054,
        withStack: 2050,
        idleSamples: 165,
        period: 2054,
        functions: [
          {
            name: nasty,
            module: 'x"><b>',
            selfSamples: 523,
            selfShare: 0.2546,
            selfInterval: interval,
            selfPeriodShare: 0.2546,
            totalSamples: 537,
            totalShare: 0.2614,
            totalInterval: interval,
            totalPeriodShare: 0.2614,
          },
        ],
        lockSpins: [
          {
            slowpath: 'native_queued_spin_lock_slowpath',
            kind: 'spinlock',
            site: 'zs_free',
            lock: NASTY.lock,
            callers: ['_raw_spin_lock', 'zs_free'],
            samples: 148,
            share: 0.072,
            interval,
            periodShare: 0.072,
          },
        ],
      },
    ],
    hits: [{ name: 'zs_free', module: '', calls: 9, callers: [{ name: nasty, calls: 9 }] }],
    sideTables: [{ source: NASTY.file, kind: 'lock-stat', columns: ['class', 'waits'], rows: [[nasty, 4]] }],
    sideHistograms: [
      {
        source: NASTY.file,
        name: nasty,
        unit: 'ns',
        buckets: [
          { lo: 256, hi: 512, count: 3 },
          { lo: 512, hi: Number.POSITIVE_INFINITY, count: 1 },
        ],
      },
    ],
  };
}

/** Far more of everything than the page shows. */
export function bigResult(): AnalysisResult {
  const base = sampleResult();
  const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  const name = (i: number) => `some_quite_long_function_name_${i}`;
  const call = slowCall(7, 40_000_000, true);
  return {
    ...base,
    functions: [
      ...base.functions,
      ...many(1500, (i) =>
        functionRow(name(i), 'some_module', durations(i, 70, 5_000 + i, 90_000, 9), { irqNs: 1 }),
      ),
    ],
    locks: many(150, (i) => {
      const lock = base.locks[i % 3]!;
      return { ...lock, lock: `${lock.lock} ${i}`, blockedBy: many(40, () => lock.blockedBy[0]!) };
    }),
    tails: many(40, (i) => ({
      ...base.tails[0]!,
      function: name(i),
      difference: many(40, () => base.tails[0]!.difference[0]!),
      slowest: many(10, () => ({
        ...call,
        tree: many(400, (n) => ({
          name: name(n),
          level: n % 30,
          durationNs: 40_000_000 >> (n % 30),
          selfNs: 1,
        })),
        meanwhile: many(60, () => call.meanwhile[0]!),
      })),
    })),
    callTree: callTree(5000),
    ...bigRecorded(base, many),
  };
}

function bigRecorded(
  base: AnalysisResult,
  many: <T>(count: number, make: (i: number) => T) => T[],
): Recorded {
  const name = (i: number) => `some_quite_long_function_name_${i}`;
  const profile = base.profile[0]!;
  const task = base.scheduling!.tasks[0]!;
  return {
    events: many(200, (i) => ({
      name: name(i),
      count: 9,
      stacks: many(8, (n) => ({ frames: many(30, name), count: n + 1 })),
    })),
    scheduling: {
      tasks: many(300, () => task),
      cpus: many(256, (cpu) => ({ ...base.scheduling!.cpus[0]!, cpu })),
    },
    profile: many(2, (i) => ({
      ...profile,
      event: `event-${i}`,
      functions: many(900, (n) => ({ ...profile.functions[0]!, name: name(n) })),
      lockSpins: many(90, () => profile.lockSpins[0]!),
    })),
    hits: many(900, (i) => ({
      name: name(i),
      module: '',
      calls: 100,
      callers: many(50, (n) => ({ name: name(n), calls: 2 })),
    })),
    sideTables: many(30, () => ({ ...base.sideTables[0]!, rows: many(400, (i) => [name(i), i]) })),
    sideHistograms: many(30, () => base.sideHistograms[0]!),
  };
}
