import type { OperationTable } from '../../trace/operations.ts';
import type { ZswapPart } from '../../trace/zswap-facts.ts';
import { median } from '../interval.ts';
import type { Recording } from '../run-what-if.ts';
import { quantiles } from '../workload.ts';
import { detectZswap } from '../zswap/detect-zswap.ts';
import { RecordedZswap } from '../zswap/recorded.ts';

/** What a recording says of stores and loads, for the loop. Times in ns, without waits for locks. */
export interface RecordedPressure {
  readonly compressNs: Float64Array;
  readonly decompressNs: Float64Array;
  readonly storePageNs: number;
  readonly loadPageNs: number;
  /** Bytes of the objects stored, 4096 for pages that the compressor refused; null when the recording has no sizes. */
  readonly sizes: Uint16Array | null;
  /** Mean time of a task between two operations of zswap. */
  readonly gapNs: number;
  readonly operations: number;
  readonly stores: number;
  readonly loads: number;
  /** zswap as the recording shows it. */
  readonly version: string;
  readonly keepsIncompressible: boolean;
}

const PAGE_BYTES = 4096;
const WAITS: readonly ZswapPart[] = ['mutex', 'tree', 'list', 'object'];

/** @throws {RangeError} when no store or no load has a time and its calls. */
export function recordedPressure({ operations: ops, kernelRelease }: Recording): RecordedPressure {
  const { era } = detectZswap(ops, kernelRelease);
  const recorded = new RecordedZswap(ops, era);
  const compress: number[] = [];
  const decompress: number[] = [];
  const storeRest: number[] = [];
  const loadRest: number[] = [];
  for (const { op, pages, stored } of recorded.stores) {
    const ns = partOf(ops, op, 'compress');
    if (stored !== true || ns === null || pages === 0) continue;
    compress.push(ns / pages);
    storeRest.push((withoutWaits(ops, op) - ns) / pages);
  }
  for (const op of recorded.loads) {
    const ns = partOf(ops, op, 'decompress');
    if (ns === null) continue;
    decompress.push(ns);
    loadRest.push(withoutWaits(ops, op) - ns);
  }
  if (compress.length === 0 || decompress.length === 0)
    throw new RangeError(
      'no zswap_store and zswap_load with a time and their calls (function_graph of both with their callees; docs/zswap.md)',
    );
  const sizes = recorded.stores
    .flatMap(({ entries, refusal, pages }) =>
      refusal === 'compression failed'
        ? Array<number>(Math.max(1, pages)).fill(PAGE_BYTES)
        : entries.map(({ bytes }) => bytes),
    )
    .filter((bytes) => bytes > 0);
  return {
    compressNs: quantiles([Float64Array.from(compress)]),
    decompressNs: quantiles([Float64Array.from(decompress)]),
    storePageNs: Math.max(0, median(storeRest)),
    loadPageNs: Math.max(0, median(loadRest)),
    sizes: sizes.length === 0 ? null : Uint16Array.from(sizes.sort((a, b) => a - b)),
    ...gaps(ops, [...recorded.stores.map(({ op }) => op), ...recorded.loads]),
    stores: compress.length,
    loads: decompress.length,
    version: era.id,
    keepsIncompressible: era.incompressible === 'kept raw',
  };
}

function partOf(ops: OperationTable, op: number, part: ZswapPart): number | null {
  const facts = ops.zswap.get(op);
  const ns = facts?.parts[part];
  if (!facts?.showsCalls || ns === undefined || !(ops.endNs[op]! >= ops.startNs[op]!)) return null;
  return Math.max(0, ns - (facts.waits[part] ?? 0));
}

function withoutWaits(ops: OperationTable, op: number): number {
  const { waits } = ops.zswap.get(op)!;
  return WAITS.reduce((ns, part) => ns - (waits[part] ?? 0), ops.endNs[op]! - ops.startNs[op]!);
}

/** Time of tasks outside of their stores and loads, per operation. */
function gaps(
  ops: OperationTable,
  all: readonly number[],
): { readonly gapNs: number; readonly operations: number } {
  const tasks = new Map<number, { first: number; last: number; inside: number; count: number }>();
  for (const op of all) {
    const [start, end] = [ops.startNs[op]!, ops.endNs[op]!];
    if (!(end >= start)) continue;
    const task = tasks.get(ops.task[op]!) ?? { first: start, last: end, inside: 0, count: 0 };
    task.first = Math.min(task.first, start);
    task.last = Math.max(task.last, end);
    task.inside += end - start;
    task.count++;
    tasks.set(ops.task[op]!, task);
  }
  let outside = 0;
  let operations = 0;
  for (const { first, last, inside, count } of tasks.values()) {
    outside += Math.max(0, last - first - inside);
    operations += count;
  }
  return { gapNs: operations === 0 ? 0 : outside / operations, operations };
}
