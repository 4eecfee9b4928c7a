import { PAGE_BULK } from '../model/kernels/pieces.ts';
import type { PageLists } from '../model/steps.ts';
import type { OperationTable } from '../trace/operations.ts';
import type { Ensemble } from './calibrate/ensemble.ts';
import { BULK_PAGE, centralSet, drawnSet } from './calibrate/parameters.ts';
import { interval } from './interval.ts';
import type { Assumption } from './result.ts';
import type { Workload } from './workload.ts';

/**
 * The workload with other lists than recorded: a page of a batch costs what it did in the recording, or by
 * {@link BULK_PAGE} where that shows none.
 */
export function withAskedLists(workload: Workload, lists: PageLists | null): Workload {
  if (lists === null) return workload;
  const recorded = workload.pageLists?.recorded ?? null;
  const bulk = workload.distributions.get(PAGE_BULK);
  if (!recorded || !bulk) return { ...workload, pageLists: { lists, recorded: null } };
  const share = (lists.batch * recorded.bulkFrees) / recorded.pages;
  return {
    ...workload,
    pageLists: { lists, recorded },
    distributions: new Map([...workload.distributions, [PAGE_BULK, bulk.map((ns) => ns * share)]]),
  };
}

/** Parameter sets with a value of {@link BULK_PAGE} each; the first has the central one. */
export function withBulkPage(ensemble: Ensemble, seed: number): Ensemble {
  const sets = ensemble.sets.map((set, k) => {
    const drawn = k === 0 ? centralSet([BULK_PAGE]) : drawnSet([BULK_PAGE], set.number, seed);
    return { ...set, values: { ...set.values, ...drawn.values } };
  });
  const kept = interval(sets.map(({ values }) => values.bulkPageNs));
  return { ...ensemble, sets, parameters: [...ensemble.parameters, { ...BULK_PAGE, kept }] };
}

/** What page lists rest on. */
export function pageListAssumptions({ pageLists }: Workload, isAsked: boolean): readonly Assumption[] {
  if (!pageLists) return [];
  const { lists, recorded } = pageLists;
  const list: Assumption[] = [];
  if (recorded) {
    list.push({
      what: `what a batch of pages takes under zone->lock: the mean of ${recorded.bulkFrees} recorded calls of free_pcppages_bulk, taken out of the pages of their frees`,
      basis: 'measured',
    });
  }
  list.push(
    isAsked
      ? {
          what: `page lists of the CPUs: a batch of ${lists.batch} pages leaves one that has ${lists.high} (--page-lists)${recorded ? '' : '; what batches took in the recording is in the cost of its pages as well'}`,
          basis: 'assumed',
        }
      : {
          what: `page lists of the CPUs: one is full after each ${lists.batch} pages, the mean of its CPU in the recording`,
          basis: 'measured',
        },
  );
  return list;
}

/**
 * How often allocations took pages for their lists under zone->lock while tasks freed, as the recording shows it:
 * these calls are not replayed.
 * @param from,to Time of the frees, ns.
 */
export function refillAssumptions(
  { refills }: OperationTable,
  [fromNs, toNs]: readonly [number, number],
): readonly Assumption[] {
  const among = refills.filter(({ startNs }) => startNs >= fromNs && startNs < toNs);
  if (among.length === 0) return [];
  const heldNs = among.reduce((sum, { durationNs }) => sum + (durationNs || 0), 0);
  const perMs = (among.length * 1e6) / (toNs - fromNs);
  const share = (100 * heldNs) / (toNs - fromNs);
  return [
    {
      what: `allocations refilled lists of free pages ${among.length} times among the frees (rmqueue_bulk, ${perMs.toPrecision(2)} a ms, ${share.toPrecision(2)} % of the time): they take zone->lock and are not replayed`,
      basis: 'measured',
    },
  ];
}
