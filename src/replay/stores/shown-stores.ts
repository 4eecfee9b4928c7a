import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/** An operation that the recording times, and of which it shows what was called. */
export function isShownWell(ops: OperationTable, op: number): boolean {
  return ops.zswap.get(op)!.showsCalls && ops.endNs[op]! >= ops.startNs[op]!;
}

/** @throws {RangeError} when no store, kept or refused, has a duration and its calls: none can be replayed. */
export function refuseWithoutStores(ops: OperationTable): void {
  for (const op of ops.zswap.keys())
    if (ops.kind[op] === OperationKind.ZswapStore && isShownWell(ops, op)) return;
  throw noStores();
}

/** Why a recording is refused. */
export function noStores(): RangeError {
  return new RangeError(
    'no zswap_store with a duration and its calls (function_graph of zswap_store with its callees; docs/zswap.md)',
  );
}
