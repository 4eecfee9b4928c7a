import type { OperationTable } from '../../trace/operations.ts';
import { addressText } from './probe-arguments.ts';
import {
  numberOf,
  returnedValue,
  SLOTS_OF_DEVICE,
  slotOfSwapEntry,
  WALK_CALLBACK,
  walkResult,
} from './zswap-functions.ts';

/**
 * Arguments of an entry probe of zswap into the row of its operation.
 * @param used Gets what each argument was taken for.
 */
export function takeZswapArguments(
  table: OperationTable,
  row: number,
  values: ReadonlyMap<string, string>,
  used: Map<string, string>,
): void {
  const facts = table.zswap.get(row)!;
  const take = (meaning: string, names: readonly string[]): string | undefined => {
    const name = names.find((candidate) => values.has(candidate));
    if (name !== undefined) used.set(name, meaning);
    return name === undefined ? undefined : values.get(name);
  };
  const swapEntry = take('slot', ['swp', 'swpentry', 'swap']);
  const slot = swapEntry === undefined ? null : slotOfSwapEntry(swapEntry);
  if (slot !== null) table.slot[row] = slot;
  // frontswap (6.1) names a slot by device and offset.
  const offset = swapEntry === undefined ? numberOf(take('slot', ['offset'])) : null;
  if (offset !== null) table.slot[row] = (numberOf(take('device', ['type'])) ?? 0) * SLOTS_OF_DEVICE + offset;
  facts.entry ??= take('entry', ['entry']) ?? null;
  facts.length ??= numberOf(take('length', ['length', 'len']));
  facts.pages ??= numberOf(take('pages', ['nr', 'pages', 'nr_pages']));
  if (facts.length !== null) table.size[row] = facts.length;
  const handle = take('handle', ['handle']);
  if (handle !== undefined) table.handle[row] = table.handles.id(addressText(handle));
}

/**
 * What function_graph prints of a call into the row of its operation, where no probe has told it.
 * @param values Arguments; null where none are printed.
 * @param returned Result as printed.
 */
export function takePrinted(
  table: OperationTable,
  row: number,
  function_: string,
  values: ReadonlyMap<string, string> | null,
  returned: string | undefined,
): void {
  if (values) takeZswapArguments(table, row, values, new Map());
  if (returned === undefined) return;
  const facts = table.zswap.get(row)!;
  if (!function_.startsWith(WALK_CALLBACK)) {
    facts.result ??= returnedValue(function_, returned);
    return;
  }
  const looked = walkResult(returned);
  facts.failed ||= looked === 'failed';
  facts.result ??= looked === 'failed' ? null : looked;
}
