import { OperationKind, type OperationPart, type OperationTable } from '../trace/operations.ts';
import { zswapDetails, zswapJson } from './zswap-operation-text.ts';

const NAMES: Readonly<Record<number, string>> = {
  [OperationKind.Malloc]: 'zs_malloc',
  [OperationKind.Free]: 'zs_free',
  [OperationKind.Map]: 'map',
  [OperationKind.Notify]: 'notify',
  [OperationKind.Compact]: 'compact',
  [OperationKind.Migrate]: 'migrate',
  [OperationKind.ZswapStore]: 'zswap_store',
  [OperationKind.ZswapLoad]: 'zswap_load',
  [OperationKind.ZswapInvalidate]: 'zswap_invalidate',
  [OperationKind.ZswapWriteback]: 'zswap_writeback',
  [OperationKind.ZswapEntryFree]: 'zswap_entry_free',
  [OperationKind.SwapOut]: 'swap_out',
  [OperationKind.SwapIn]: 'swap_in',
  [OperationKind.FreeSwap]: 'free_swap',
};

/** What an operation is called in listings. */
export function operationName(kind: number): string {
  return NAMES[kind] ?? String(kind);
}

/** One operation as a line of NDJSON; what is not known is left out. */
export function operationJson(ops: OperationTable, row: number, taskText: (task: number) => string): string {
  const known = (value: number) => (value >= 0 ? value : undefined);
  const time = (value: number) => (Number.isNaN(value) ? undefined : value);
  const parts = Object.fromEntries(
    (Object.keys(ops.parts) as OperationPart[])
      .map((part) => [part === 'calls' ? 'calls' : `${part}Ns`, ops.parts[part].get(row)] as const)
      .filter(([, value]) => !Number.isNaN(value)),
  );
  return JSON.stringify({
    operation: row,
    what: operationName(ops.kind[row]!),
    within: known(ops.parent[row]!),
    task: taskText(ops.task[row]!),
    cpu: known(ops.cpu[row]!),
    startNs: time(ops.startNs[row]!),
    endNs: time(ops.endNs[row]!),
    line: ops.line[row]!,
    sizeBytes: known(ops.size[row]!),
    handle: ops.handle[row]! >= 0 ? ops.handles.texts[ops.handle[row]!] : undefined,
    slot: known(ops.slot[row]!),
    newPages: known(ops.seenNewPages[row]!),
    objectIndex: known(ops.seenIndex[row]!),
    released: ops.seenReleased[row]! >= 0 ? ops.seenReleased[row] === 1 : undefined,
    ...parts,
    ...zswapJson(ops.zswap.get(row)),
  });
}

/** One operation as a line of a table. */
export function operationLine(ops: OperationTable, row: number, taskText: (task: number) => string): string {
  const start = ops.startNs[row]!;
  const duration = ops.endNs[row]! - start;
  const seconds = Number.isNaN(start) ? '-' : (start / 1e9).toFixed(6);
  const details = [
    ops.size[row]! >= 0 ? `size=${ops.size[row]}` : '',
    ops.handle[row]! >= 0 ? `handle=${ops.handles.texts[ops.handle[row]!]}` : '',
    ops.slot[row]! >= 0 ? `slot=${ops.slot[row]}` : '',
    ops.seenNewPages[row]! > 0 ? `new-pages=${ops.seenNewPages[row]}` : '',
    ops.seenReleased[row] === 1 ? 'released' : '',
    ...zswapDetails(ops.zswap.get(row)),
  ].filter((text) => text !== '');
  const us = Number.isNaN(duration) ? '-' : (duration / 1000).toFixed(3);
  return `${seconds.padStart(12)} ${String(ops.cpu[row]).padStart(3)} ${taskText(ops.task[row]!).padEnd(18)} ${us.padStart(11)} us  ${operationName(ops.kind[row]!).padEnd(9)} ${details.join(' ')}`.trimEnd();
}
