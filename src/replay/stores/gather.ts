import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import { ONCE_A_FOLIO, type Row } from './recorded-rows.ts';

/** Slots that one readahead covers: 2^page-cluster, aligned (mm/swap_state.c, page-cluster 3). */
const READAHEAD_SLOTS = 8;

/**
 * Single pages that a task stored, one after another, become folios of so many, stored when the last of
 * them was; the rest, and all that was not stored, stay as they are.
 */
export function asFolios(list: readonly Row[], folioPages: number): readonly Row[] {
  if (folioPages === 1) return list;
  const isSingle = ({ path, pages }: Row) => path === ZSWAP_PATHS.store && pages.length === 1;
  let left = list.filter(isSingle).length;
  left -= left % folioPages;
  let run: Row[] = [];
  return list.flatMap((row) => {
    if (!isSingle(row) || left === 0) return [row];
    run.push(row);
    left--;
    if (run.length < folioPages) return [];
    const folio = { ...together(run), members: 1 };
    run = [];
    return [folio];
  });
}

/**
 * Operations of one path that follow one another become one call of so many at most: stores of folios with
 * whatever their checks took, loads within the window of one readahead.
 * @param most By path.
 */
export function gathered(list: readonly Row[], most: Readonly<Record<string, number>>): readonly Row[] {
  const rows: Row[] = [];
  let run: Row[] = [];
  const close = () => {
    if (run.length === 1) rows.push(run[0]!);
    else if (run.length > 1) rows.push(withAllChecks(run));
    run = [];
  };
  for (const row of list) {
    const [first] = run;
    const limit = most[row.path];
    if (first && (first.path !== row.path || run.length === limit || !isOneReadahead(first, row))) close();
    if (limit === undefined) rows.push(row);
    else run.push(row);
  }
  close();
  return rows;
}

function isOneReadahead(first: Row, row: Row): boolean {
  if (row.path !== ZSWAP_PATHS.load) return true;
  const windowOf = ({ pages }: Row) => Math.floor(pages[0]!.slot / READAHEAD_SLOTS);
  return first.pages[0]!.slot >= 0 && windowOf(first) === windowOf(row);
}

function together(run: readonly Row[]): Row {
  const [first] = run;
  return {
    ...first!,
    pages: run.flatMap(({ pages }) => pages),
    members: run.reduce((sum, { members }) => sum + members, 0),
    thinkNs: run.reduce((sum, { thinkNs }) => sum + thinkNs, 0),
  };
}

/** What each folio of a call has once, the first page of all of them has for all. */
function withAllChecks(run: readonly Row[]): Row {
  const call = together(run);
  const [lead, ...rest] = call.pages;
  const once = Object.fromEntries(
    ONCE_A_FOLIO.filter((name) => lead!.times[name] !== undefined).map((name) => [
      name,
      run.reduce((sum, { pages }) => sum + pages[0]!.times[name]!, 0),
    ]),
  );
  return { ...call, pages: [{ ...lead!, times: { ...lead!.times, ...once } }, ...rest] };
}
