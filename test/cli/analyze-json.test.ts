import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyzeJson, fixturePath } from './run-cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCS = readFileSync(join(ROOT, 'docs/json.md'), 'utf8');

const PATHS = [
  'mail/mail-samples.txt',
  'function-graph/6.12.117/full-combo-p2.txt',
  'function-graph/6.12.117/fg-A-bare.txt',
  'function-graph/6.12.117/fg-overflow-pipe.txt',
  'function-graph/7.3/k7.3-functiongraph-options-args.txt',
  'function-graph/patched-6.12.117/base_nosi-fg-light-p2.txt',
].map((name) => [name, fixturePath(name)] as const);

const DISTRIBUTION = 'count totalNs meanNs minNs p50Ns p90Ns p99Ns p999Ns maxNs histogram';
/** The fields that each kind of object has at least. */
const FIELDS: Readonly<Record<string, string>> = {
  '': 'schemaVersion tool input method diagnostics functions locks lockMoments overhead tails callTree events scheduling profile hits sideTables sideHistograms',
  tool: 'name version command',
  input:
    'files format bytes lines understoodLines cpus tasks clock durationNs kernelRelease layouts lostRecords',
  'input.files': 'name format bytes lines understoodLines sha256',
  trust: 'tool inputs lines understoodLines lostRecords tracingOverhead calibration rests validation',
  'trust.inputs': 'name format bytes lines understoodLines sha256',
  'trust.rests': 'sign basis what',
  method: 'quantile bucketRelativeError exactUpToCalls excluded filters',
  diagnostics: 'id severity count text',
  functions:
    'name module calls totalNs selfNs selfIsBoundCalls startCutCalls pairCalls minNs p50Ns p90Ns p99Ns p999Ns maxNs meanNs irqNs softirqNs offCpuNs histogram',
  'functions.histogram': 'loNs hiNs count',
  locks:
    'lock kind site namedBy instances acquisitions acquisitionsKnown contended triesWithoutUnlock waitWitness wait acquire hold holdBasis waitShareOfSite blockedBy blockedByCoverage calledWhileHeld lockedWhileHeld',
  'locks.wait': DISTRIBUTION,
  'locks.acquire': DISTRIBUTION,
  'locks.hold': DISTRIBUTION,
  'locks.wait.histogram': 'loNs hiNs count',
  'locks.blockedBy': 'function task cpu waits waitNs',
  'locks.calledWhileHeld': 'name calls totalNs',
  'locks.lockedWhileHeld': 'name calls totalNs',
  lockMoments: 'lock waitWitness site task cpu startNs waitNs fromNs toNs intervals intervalsHidden',
  'lockMoments.intervals': 'kind site task cpu startNs endNs',
  overhead: 'insideNs outsideNs tracedCalls totalNs shareOfOutermost subtracted basis',
  tails: 'function calls p50Ns p99Ns slowest typicalCalls slowCalls difference',
  'tails.slowest': 'durationNs startNs task cpu file line tree treeHidden offCpuNs meanwhile',
  'tails.slowest.tree': 'name level durationNs selfNs',
  'tails.slowest.meanwhile': 'cpu task name calls overlapNs',
  'tails.difference': 'name typicalNs slowNs share',
  callTree: 'name parent calls totalNs selfNs',
  events: 'name count stacks',
  'events.stacks': 'frames count',
  scheduling: 'tasks cpus',
  'scheduling.tasks': 'task onCpuNs preemptedNs sleepingNs blockedNs switches preemptions wakeLatency',
  'scheduling.tasks.wakeLatency': DISTRIBUTION,
  'scheduling.cpus': 'cpu seenNs idleNs idleShare switches',
  profile: 'event samples withStack idleSamples period functions lockSpins',
  'profile.functions':
    'name module selfSamples selfShare selfInterval selfPeriodShare totalSamples totalShare totalInterval totalPeriodShare',
  'profile.functions.selfInterval': 'low high',
  'profile.lockSpins': 'slowpath kind site lock callers samples share interval periodShare',
  hits: 'name module calls callers',
  'hits.callers': 'name calls',
  sideTables: 'source kind columns rows',
  sideHistograms: 'source name unit buckets',
  'sideHistograms.buckets': 'lo hi count',
};

/** Every object in a value, with the names of the fields that lead to it. */
function* objectsIn(value: unknown, path = ''): Generator<readonly [string, Record<string, unknown>]> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item, path);
  else if (value !== null && typeof value === 'object') {
    yield [path, value as Record<string, unknown>];
    for (const [key, inner] of Object.entries(value))
      yield* objectsIn(inner, path === '' ? key : `${path}.${key}`);
  }
}

describe.each(PATHS)('%s', (name, path) => {
  const result = analyzeJson([path]);
  const objects = [...objectsIn(result)];

  it('has the documented fields', () => {
    for (const [at, object] of objects) {
      const wanted = FIELDS[at]?.split(' ') ?? [];
      expect(Object.keys(object), at).toEqual(expect.arrayContaining(wanted));
    }
    expect(result.schemaVersion).toBe(1);
    expect(result.tool).toEqual({
      name: 'trace-replay',
      version: '0.1.0',
      command: `trace-replay analyze --json ${path}`,
    });
  });

  it('has no field that docs/json.md does not name', () => {
    const fields = new Set(objects.flatMap(([, object]) => Object.keys(object)));
    expect([...fields].filter((field) => !DOCS.includes(`\`${field}\``))).toEqual([]);
  });

  it('has times that are no less than 0, or null', () => {
    for (const [at, object] of objects) {
      for (const [key, value] of Object.entries(object)) {
        if (!key.endsWith('Ns') || value === null) continue;
        expect(typeof value, `${at}.${key}`).toBe('number');
        expect(value, `${at}.${key}`).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('has shares from 0 to 1', () => {
    for (const [at, object] of objects) {
      for (const key of ['shareOfOutermost', 'blockedByCoverage', 'waitShareOfSite']) {
        if (object[key] === undefined || object[key] === null) continue;
        expect(object[key], `${at}.${key}`).toBeGreaterThanOrEqual(0);
        expect(object[key], `${at}.${key}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it('counts what it read', () => {
    const { input } = result;
    expect(input.files.map((file) => file.name)).toEqual([path]);
    expect(input.files[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(input.understoodLines).toBe(input.lines);
    expect(input.format).toBe(name.startsWith('mail') ? 'function_graph-mail' : 'function_graph');
    expect((input.durationNs === null) === (input.clock === 'none')).toBe(true);
  });

  it('has rows in the promised order', () => {
    const totals = result.functions.map((row) => row.totalNs ?? 0);
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    const waits = result.locks.map((row) => row.wait.totalNs);
    expect(waits).toEqual([...waits].sort((a, b) => b - a));
    for (const tail of result.tails) {
      const slowest = tail.slowest.map((call) => call.durationNs);
      expect(slowest).toEqual([...slowest].sort((a, b) => b - a));
    }
    expect(result.callTree.filter((node, i) => node.parent >= i)).toEqual([]);
  });
});

describe('docs/json.md', () => {
  it('has every diagnostic of the program, with its severity, and no other', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const found = new Set<string>();
    for (const source of sources) {
      const text = readFileSync(join(ROOT, 'src', source), 'utf8');
      // `add(` and `count(` with an id first; `CUT_SENTENCES` has ids as keys.
      for (const m of text.matchAll(
        /(?:iagnostics\.add|#count|#odd|host\.count|addDamaged)\(\s*(?:[\w.#]+,\s*)?'([a-z]+(?:-[a-z]+)+)'/g,
      ))
        found.add(m[1]!);
      for (const m of text.matchAll(/^ {2}'([a-z]+(?:-[a-z]+)+)': ['`](?:calls|begin events|end events)/gm))
        found.add(m[1]!);
    }
    const documented = [...DOCS.matchAll(/^\| `([a-z]+(?:-[a-z]+)+)` \| (error|warning|loss|info) \|/gm)].map(
      (m) => m[1]!,
    );
    expect(found.size).toBeGreaterThan(15);
    expect([...found].sort()).toEqual([...documented].sort());
  });

  it('gives them the severity that the program gives', () => {
    for (const [, path] of PATHS) {
      for (const { id, severity } of analyzeJson([path]).diagnostics) {
        expect(DOCS).toContain(`| \`${id}\` | ${severity} |`);
      }
    }
  });
});
