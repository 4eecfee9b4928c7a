import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/**
 * What zswap_load returns: before 6.15 whether it had the page; since then 0, or a negative error number
 * (-ENOENT: not in zswap).
 */
export type LoadResults = 'bool' | 'error number';

/** What loads return in a recording, by results that say it or that their calls explain; null: not shown. */
export function loadResultsOf(ops: OperationTable): LoadResults | null {
  const frees = new Set<number>();
  for (let row = 0; row < ops.length; row++)
    if (ops.kind[row] === OperationKind.ZswapEntryFree && ops.parent[row]! >= 0) frees.add(ops.parent[row]!);
  let votes = 0;
  for (const [row, { result, parts }] of ops.zswap) {
    if (ops.kind[row] !== OperationKind.ZswapLoad || result === null) continue;
    if (result < 0) votes--;
    else if (result === 1) votes++;
    // 0: found, or not found.
    else if (parts.decompress !== undefined || frees.has(row)) votes--;
  }
  return votes === 0 ? null : votes > 0 ? 'bool' : 'error number';
}
