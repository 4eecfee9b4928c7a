import { type CompactionStep, OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { Inner } from './function-meanings.ts';

/**
 * A probe on a function under the lock of the operation `row`: which object and zspage it was. It goes into
 * the `seen...` columns, which the model never reads.
 */
export function innerProbe(
  table: OperationTable,
  compaction: CompactionStep[],
  row: number,
  inner: Inner,
  values: ReadonlyMap<string, string>,
  at: number,
): void {
  const zspageText = values.get('zspage');
  const inUse = Number(values.get('inuse') ?? -1);
  const kind = table.kind[row]!;
  if (kind === OperationKind.Compact) {
    const handle = values.get('handle');
    const step = {
      operation: row,
      at,
      zspage: zspageText === undefined ? -1 : table.zspages.id(zspageText),
      handle: handle === undefined ? -1 : table.handles.id(handle),
    };
    if (inner === 'obj_malloc') compaction.push({ ...step, what: 'move' });
    else if (inner === 'putback_zspage') {
      compaction.push({ ...step, what: 'put-back' });
      if (inUse === 0 && zspageText !== undefined) table.zspages.forget(zspageText);
    }
    return;
  }
  if (inner === 'obj_malloc' && kind === OperationKind.Malloc) {
    if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = at;
    if (zspageText !== undefined) {
      // An empty zspage that hands out index 0 first is a new one, though the address was used before.
      if (inUse === 0 && values.get('freeobj') === '0') table.zspages.forget(zspageText);
      table.seenZspage[row] = table.zspages.id(zspageText);
    }
    table.seenInUse[row] = inUse;
    if (values.has('freeobj')) table.seenIndex[row] = Number(values.get('freeobj'));
  } else if (inner === 'obj_free' && kind === OperationKind.Free) {
    if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = at;
    table.seenClassSize[row] = Number(values.get('size') ?? -1);
  } else if (inner === 'fix_fullness_group' && kind === OperationKind.Free) {
    if (zspageText !== undefined) table.seenZspage[row] = table.zspages.id(zspageText);
    table.seenInUse[row] = inUse;
    if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = at;
  } else if (inner === 'fix_fullness_group' && kind === OperationKind.Malloc) {
    table.seenClassSize[row] = Number(values.get('class') ?? values.get('size') ?? -1);
  }
}
