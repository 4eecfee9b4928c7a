import type { StoreFates } from '../replay/stores/fates/result.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import { countText, durationText, shareText } from './quantities.ts';

/** One line of the table of fates: whose, and the counts. */
export interface FateRow {
  readonly name: string;
  readonly fates: StoreFates;
}

/** Columns of the table of fates. */
export const FATE_COLUMNS: readonly {
  readonly title: string;
  readonly cell: (fates: StoreFates) => number | null;
}[] = [
  { title: 'stored', cell: ({ storedPages }) => storedPages },
  {
    title: 'refused',
    cell: ({ refused }) => Object.values(refused).reduce((sum, { pages }) => sum + pages, 0),
  },
  { title: 'written', cell: ({ writtenBack }) => writtenBack },
  { title: 'stale', cell: ({ staleEntries }) => staleEntries.replaced + staleEntries.erased },
  { title: 'to disk', cell: ({ loadsLost }) => loadsLost },
  { title: 'pool', cell: ({ poolPages }) => poolPages },
];

/** Recorded fates, what the rules make of the recording, base and designs. */
export function fateRows({ validation, baseline, designs }: StoreWhatIfResult): readonly FateRow[] {
  const own = [baseline, ...designs].map(({ id, fates }) => ({ name: id, fates }));
  if (!validation.fates) return own;
  const { recorded, modelled } = validation.fates;
  return [{ name: 'recorded', fates: recorded }, { name: 'the same, modelled', fates: modelled }, ...own];
}

/** Causes of refused folios and of stale entries. */
export function causesText(fates: StoreFates): string {
  const { replaced, erased } = fates.staleEntries;
  return `refused: ${refusedText(fates)}; stale: ${replaced} replaced, ${erased} erased`;
}

/** Refused folios by cause, and pages where they differ: `pool limit 390, compression failed 3 (48 pages)`. */
export function refusedText({ refused }: StoreFates): string {
  const causes = Object.entries(refused).map(
    ([cause, { folios, pages }]) => `${cause} ${folios}${pages === folios ? '' : ` (${pages} pages)`}`,
  );
  return causes.length === 0 ? 'none' : causes.join(', ');
}

/** What the columns mean. */
export const FATE_NOTE =
  'written: back to the disk, by the shrinker; stale: entries of an older store, replaced by a store of their slot or erased with a refused folio; to disk: loads that the recording finds in zswap and this does not; pool: pages at most; -: not recorded.';

/** How fates came about, in words. */
export function fateBasis({ baseline, limit, shrinkWake, validation }: StoreWhatIfResult): string {
  if (baseline.fates.basis === 'recorded' && validation.fates === null)
    return 'As recorded: nothing that was asked for changes what is refused or written back.';
  const pool =
    limit.maxPages === null
      ? 'No limit of the pool is known (--pool-pages): nothing is refused for it'
      : `The pool is full at ${countText(limit.maxPages, 'page')} (${limit.basis}) and takes folios again at ${limit.acceptPages}`;
  const wake =
    shrinkWake === null || limit.maxPages === null
      ? ''
      : `; the shrink worker runs ${durationText(shrinkWake.ns)} after it is woken (${wakeBasis(shrinkWake.basis, validation.fates?.recorded.writtenBack ?? null)})`;
  const held = validation.fates
    ? ' The second line is the recording through the same rules: how far they are off.'
    : '';
  return `${baseline.fates.basis === 'recorded' ? 'Recorded, but for designs that write nothing back: those are modelled' : 'Modelled'}, folio by folio in the recorded order: what zswap's rules make of sizes, limit and kernel. ${pool}${wake}.${held}`;
}

function wakeBasis(basis: 'fitted' | 'assumed', recorded: number | null): string {
  if (basis === 'assumed') return 'assumed';
  // Without a page written back it is only known that the worker was late.
  if (recorded === 0) return 'none was recorded as written back: a worker that is later still fits as well';
  return 'fitted to the pages recorded as written back';
}

/** Entries and pages on several nodes, in words; null for one node. */
export function nodesText(name: string, { nodes, writtenBack }: StoreFates): string | null {
  if (!nodes) return null;
  const { entries, entriesElsewhere, entriesFarFromCpu, writtenBackElsewhere } = nodes;
  const of = (count: number, all: number) => shareText(all === 0 ? 0 : count / all);
  return `${name}: ${of(entriesElsewhere, entries)} of the entries on another node than their page, ${of(entriesFarFromCpu, entries)} on another than the CPU that stores them; written back from the list of a node that the page is not on: ${writtenBackElsewhere} of ${writtenBack}.`;
}
