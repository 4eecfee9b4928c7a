import {
  AccessMode,
  OperationKind,
  type OperationPart,
  type OperationTable,
  Reconstructed,
} from '../trace/operations.ts';
import { zswapDetails, zswapJson } from './zswap-operation-text.ts';

const NAMES: Readonly<Record<number, string>> = {
  [OperationKind.Malloc]: 'zs_malloc',
  [OperationKind.Free]: 'zs_free',
  [OperationKind.Map]: 'map',
  [OperationKind.Notify]: 'notify',
  [OperationKind.Compact]: 'compact',
  [OperationKind.Migrate]: 'migrate',
  [OperationKind.Drain]: 'drain',
  [OperationKind.ZswapStore]: 'zswap_store',
  [OperationKind.ZswapLoad]: 'zswap_load',
  [OperationKind.ZswapInvalidate]: 'zswap_invalidate',
  [OperationKind.ZswapWriteback]: 'zswap_writeback',
  [OperationKind.ZswapEntryFree]: 'zswap_entry_free',
  [OperationKind.SwapOut]: 'swap_out',
  [OperationKind.SwapIn]: 'swap_in',
  [OperationKind.FreeSwap]: 'free_swap',
};

const RECONSTRUCTED = [
  [Reconstructed.Operation, 'operation'],
  [Reconstructed.Size, 'size'],
  [Reconstructed.Handle, 'handle'],
  [Reconstructed.Times, 'times'],
] as const;

/** What is printed of operations besides their own columns. */
export interface OperationListing {
  readonly operations: OperationTable;
  /** By operation: see `thinkTimes`. */
  readonly thinkNs: Float64Array;
  readonly taskText: (task: number) => string;
  readonly lockName: (key: string) => string;
}

/** What an operation is called in listings. */
export function operationName(kind: number): string {
  return NAMES[kind] ?? String(kind);
}

/** `read`, `write`, or '' where the trace does not say what an access is for. */
function accessName(mode: number): string {
  return mode === AccessMode.Read ? 'read' : mode === AccessMode.Write ? 'write' : '';
}

/** What of an operation is reconstructed, by words. */
function reconstructedNames(bits: number): string[] {
  return RECONSTRUCTED.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}

/** Locks that an operation took or tried, and what it waited for each, ns. */
function locksMet({ operations, lockName }: OperationListing, row: number) {
  const waits = operations.lockWaits.get(row);
  const set = operations.lockSet[row]!;
  const keys = new Set([
    ...(set < 0 ? [] : operations.lockSets.texts[set]!.split('\n')),
    ...(waits?.keys() ?? []),
  ]);
  return [...keys].map((key) => ({ lock: lockName(key), waitNs: waits?.get(key) ?? 0 }));
}

/** One operation as a line of NDJSON; what is not known is left out. */
export function operationJson(listing: OperationListing, row: number): string {
  const { operations: ops, thinkNs, taskText } = listing;
  const known = (value: number) => (value >= 0 ? value : undefined);
  const time = (value: number) => (Number.isNaN(value) ? undefined : value);
  const parts = Object.fromEntries(
    (Object.keys(ops.parts) as OperationPart[])
      .map(
        (part) =>
          [part.toLowerCase().endsWith('calls') ? part : `${part}Ns`, ops.parts[part].get(row)] as const,
      )
      .filter(([, value]) => !Number.isNaN(value)),
  );
  const reconstructed = reconstructedNames(ops.reconstructed[row]!);
  const locks = locksMet(listing, row);
  return JSON.stringify({
    operation: row,
    what: operationName(ops.kind[row]!),
    within: known(ops.parent[row]!),
    task: ops.task[row] === -1 ? undefined : taskText(ops.task[row]!),
    cpu: known(ops.cpu[row]!),
    startNs: time(ops.startNs[row]!),
    endNs: time(ops.endNs[row]!),
    durationNs: time(ops.durationNs[row]!),
    thinkNs: time(thinkNs[row]!),
    line: known(ops.line[row]!),
    sizeBytes: known(ops.size[row]!),
    handle: ops.handle[row]! >= 0 ? ops.handles.texts[ops.handle[row]!] : undefined,
    slot: known(ops.slot[row]!),
    access: accessName(ops.access[row]!) || undefined,
    newPages: known(ops.seenNewPages[row]!),
    objectIndex: known(ops.seenIndex[row]!),
    released: ops.seenReleased[row]! >= 0 ? ops.seenReleased[row] === 1 : undefined,
    locks: locks.length > 0 ? locks : undefined,
    reconstructed: reconstructed.length > 0 ? reconstructed : undefined,
    ...parts,
    ...zswapJson(ops.zswap.get(row)),
  });
}

/** Names of the columns of {@link operationLine}, as a comment. */
export const OPERATION_COLUMNS =
  '#  begins, s  CPU task                       us    think us  what       more: ~ is reconstructed';

/** One operation as a line of a table. */
export function operationLine(listing: OperationListing, row: number): string {
  const { operations: ops, thinkNs, taskText } = listing;
  const bits = ops.reconstructed[row]!;
  const mark = (bit: number) => ((bits & bit) !== 0 ? '~' : '');
  const details = [
    (bits & Reconstructed.Operation) !== 0 ? '~before the recording' : '',
    ops.size[row]! >= 0 ? `size=${mark(Reconstructed.Size)}${ops.size[row]}` : '',
    ops.handle[row]! >= 0 ? `handle=${mark(Reconstructed.Handle)}${ops.handles.texts[ops.handle[row]!]}` : '',
    ops.slot[row]! >= 0 ? `slot=${ops.slot[row]}` : '',
    accessName(ops.access[row]!),
    ops.seenNewPages[row]! > 0 ? `new-pages=${ops.seenNewPages[row]}` : '',
    ops.seenReleased[row] === 1 ? 'released' : '',
    ...zswapDetails(ops.zswap.get(row)),
    ...locksMet(listing, row).map(
      ({ lock, waitNs }) =>
        `${lock.replace(/ \((\w+)\)$/, ':$1').replaceAll(' ', '-')}${waitNs > 0 ? `=${(waitNs / 1000).toFixed(3)}us` : ''}`,
    ),
  ].filter((text) => text !== '');
  const times = mark(Reconstructed.Times);
  const seconds = Number.isNaN(ops.startNs[row]!) ? '-' : times + (ops.startNs[row]! / 1e9).toFixed(6);
  const us = (ns: number) => (Number.isNaN(ns) ? '-' : (ns / 1000).toFixed(3));
  return [
    seconds.padStart(12),
    String(ops.cpu[row]! < 0 ? '-' : ops.cpu[row]).padStart(3),
    taskText(ops.task[row]!).padEnd(18),
    us(ops.durationNs[row]!).padStart(11),
    (times + us(thinkNs[row]!)).padStart(11),
    ` ${operationName(ops.kind[row]!).padEnd(9)}`,
    details.join(' '),
  ]
    .join(' ')
    .trimEnd();
}
