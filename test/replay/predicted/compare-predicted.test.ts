import { describe, expect, it } from 'vitest';
import { FunctionGraphParser } from '../../../src/parsers/function-graph.ts';
import { comparePredicted } from '../../../src/replay/predicted/compare-predicted.ts';
import { type MeasuredCalls, MeasuredCallsReader } from '../../../src/replay/predicted/measured-calls.ts';
import { PredictionError, readPrediction } from '../../../src/replay/predicted/read-prediction.ts';
import { STORE_WHAT_IF_SCHEMA_VERSION } from '../../../src/replay/stores/result.ts';
import { renderPredictedText } from '../../../src/report/predicted-text.ts';
import type { RecordBatch } from '../../../src/trace/records.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { pushInChunks } from '../../helpers/parse-records.ts';

const TOOL = { name: 'trace-replay', version: '0', command: 'test' };

/** A what-if as JSON: the parts that count here. */
function whatIf(more: object = {}): string {
  const at = (value: number, lo = value, hi = value) => ({ value, lo, hi });
  const design = (id: string, medianNs: number, waitNs: number) => ({
    id,
    title: id,
    totalIntervalNs: at(100e6, 90e6, 110e6),
    latencyIntervalNs: {
      mean: at(22_000, 20_000, 24_000),
      p50: at(medianNs),
      p99: at(2e5, 1e5, 3e5),
      max: at(5e5),
    },
    lockWaitIntervalNs: { 'class->lock': at(waitNs, waitNs / 2, waitNs * 2), 'pool->lock': at(0) },
    contendedInterval: { 'class->lock': at(90, 70, 110), 'pool->lock': at(0) },
  });
  return JSON.stringify({
    schemaVersion: 1,
    tool: { command: 'trace-replay what-if' },
    inputs: [],
    world: 'traced',
    cpus: 2,
    frees: 8004,
    validation: {
      latency: {
        comparisons: [
          { name: 'class->lock, waiting', recorded: 10e6 },
          { name: 'zs_free, median', recorded: 11_728 },
        ],
      },
      verdict: 'fits',
    },
    baseline: design('base', 12_000, 11e6),
    designs: [design('drop-lock', 11_520, 0.6e6), design('class-idx', 10_000, 12e6)],
    ...more,
  });
}

function measured(more: Partial<MeasuredCalls> = {}): MeasuredCalls {
  return {
    inputs: [],
    kernelRelease: '',
    cpus: 2,
    lostRecords: 0,
    function: 'zs_free',
    calls: 8004,
    meanNs: 22_500,
    p50Ns: 11_700,
    p99Ns: 2e5,
    totalNs: 120e6,
    locks: new Map([['class->lock', { waitNs: 0.8e6, contended: 83 }]]),
    showsLocks: true,
    ...more,
  };
}

/** A what-if of stores: all folios of one size, or of two. */
function storeWhatIf(sizes: readonly number[]): string {
  const at = (value: number) => ({ value, lo: value, hi: value });
  const design = (id: string) => ({
    id,
    title: id,
    groups: sizes.map((pages) => ({
      path: 'zswap_store',
      pages,
      meanNs: at(1000 * pages),
      p50Ns: at(900 * pages),
      p99Ns: at(3000 * pages),
    })),
    lockWaitNs: {},
    contended: {},
  });
  return JSON.stringify({
    schemaVersion: STORE_WHAT_IF_SCHEMA_VERSION,
    tool: { command: 'trace-replay what-if' },
    path: 'store',
    validation: { comparisons: [], verdict: 'fits' },
    baseline: design('base'),
    designs: [design('batch-store')],
  });
}

describe('a what-if of stores', () => {
  it('is read by its own version, with the time of a store where all folios are of one size', () => {
    const [one] = readPrediction('w.json', storeWhatIf([16])).designs;
    expect(one!.latency!.mean.value).toBe(16_000);
    const { designs, times } = readPrediction('w.json', storeWhatIf([1, 16]));
    expect(times).toBe('zswap_store');
    expect(designs[0]!.latency).toBeNull();
  });
});

describe('predicted beside measured', () => {
  const prediction = readPrediction('w.json', whatIf());

  it('says error, interval and change of each figure', () => {
    const result = comparePredicted(TOOL, 'w.json', prediction, [measured()], ['drop-lock']);
    const [design] = result.designs;
    const figure = (name: string) => design!.figures.find((one) => one.name === name)!;
    expect(figure('first call to last')).toMatchObject({ measured: 120e6, inside: false });
    expect(figure('first call to last').error).toBeCloseTo(100 / 120 - 1, 9);
    // The model tells medians in 16 steps an octave: 11,700 is in the step around 11,520.
    expect(figure('median')).toMatchObject({ inside: true, resolution: 256 });
    expect(figure('class->lock, waiting')).toMatchObject({ measured: 0.8e6, inside: true });
    expect(figure('class->lock, waiting').change.measured).toBeCloseTo(-0.92, 9);
    expect(figure('class->lock, waiting').change.predicted).toBeCloseTo(0.6 / 11 - 1, 9);
    expect(design).toMatchObject({ measured: 6, inside: 5 });
    expect(result.warnings.map(({ id }) => id)).toEqual(['few-recordings']);
    const text = renderPredictedText(result);
    expect(text.split('\n').every((line) => line.length <= 72)).toBe(true);
    expect(text).toContain('drop-lock: 5 of 6 measured figures');
  });

  it('says where the worlds differ', () => {
    const untraced = readPrediction('w.json', whatIf({ world: 'untraced' }));
    const other = measured({ calls: 4000, cpus: 4, lostRecords: 2, locks: new Map(), showsLocks: false });
    const result = comparePredicted(TOOL, 'w.json', untraced, [other], null);
    expect(result.warnings.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['worlds-differ', 'cpus-differ', 'work-differs', 'lost-events']),
    );
    const wait = result.designs[0]!.figures.find(({ name }) => name === 'class->lock, waiting')!;
    expect(wait).toMatchObject({ measured: null, error: null, inside: null });
  });

  it('takes the name that a lock has without the pool lock', () => {
    const named = measured({ locks: new Map([['class->lock or pool->lock', { waitNs: 5, contended: 1 }]]) });
    const [design] = comparePredicted(TOOL, 'w.json', prediction, [named], ['class-idx']).designs;
    expect(design!.figures.find(({ name }) => name === 'class->lock, waits')!.measured).toBe(1);
  });

  it('refuses what is no what-if, an unknown design, and recordings without calls', () => {
    for (const text of ['x', '{}', whatIf({ designs: [{}] }), whatIf({ schemaVersion: 2 })])
      expect(() => readPrediction('w.json', text)).toThrow(PredictionError);
    expect(() => comparePredicted(TOOL, 'w.json', prediction, [measured()], ['none'])).toThrow(
      /has no design none/,
    );
    expect(() => comparePredicted(TOOL, 'w.json', prediction, [measured({ calls: 0 })], null)).toThrow(
      /no call of/,
    );
  });
});

describe('measured calls', () => {
  it('are the calls of tasks on a really patched kernel, with the waits of the worker', () => {
    const reader = new MeasuredCallsReader(['zs_free_deferred', 'zs_free'], ['zs_free_deferred', 'zs_free']);
    let sink: (batch: RecordBatch) => void = () => {};
    const parser = new FunctionGraphParser({
      inputName: 'x',
      names: reader.names,
      tasks: reader.tasks,
      diagnostics: reader.diagnostics,
      sink: (batch) => sink(batch),
    });
    sink = reader.beginFile(['x'], () => parser.originNs);
    pushInChunks(parser, readFixture('own-patched/deferred_nosi/fg-full-p2.txt'), 1 << 16);
    reader.endFiles([{ name: 'x', format: 'function_graph', sha256: '', facts: parser.finish() }]);
    const result = reader.result();
    expect(result).toMatchObject({ function: 'zs_free_deferred', calls: 8004, cpus: 2 });
    expect(result.locks.get('class->lock')!.contended).toBeGreaterThan(50);
    expect(result.totalNs!).toBeGreaterThan(5e7);
    expect(result.totalNs!).toBeLessThan(1e8);
  });
});
