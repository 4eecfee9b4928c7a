import { applyDesigns, parseDesign } from '../model/designs/registry.ts';
import { FREE_WORK } from '../model/kernels/locked-pages.ts';
import { PAGE_BULK } from '../model/kernels/pieces.ts';
import { callCost, otherCallCost, withCallCosts } from '../model/probe-costs.ts';
import type { KernelModel, Step } from '../model/steps.ts';
import type { DesignPrediction, DesignRun } from './what-if.ts';
import type { Workload } from './workload.ts';

/** Where the time of a free goes, in the order of the path. */
export const PLACES = [
  'notification itself',
  'slot, looked at, cleared',
  'slot lock',
  'shared counters',
  'queue of a design',
  'pool lock calls',
  'find object and class',
  'list lock calls',
  'object, fullness group',
  'pages of empty zspages',
  'handle',
  'waiting for the swap lock',
  'waiting for others',
] as const;
export type Place = (typeof PLACES)[number];

/** Usual time of one free by place, ns; what the caller does, not a worker. Waits are means. */
export interface TimeByPlace {
  readonly id: string;
  readonly placesNs: Readonly<Record<Place, number>>;
  readonly freeNs: number;
}

/** What a free takes where, under each design, and what is left when all that has a name is gone. */
export interface PlacesResult {
  readonly designs: readonly TimeByPlace[];
  readonly floor: {
    readonly design: string;
    readonly freeNs: number;
  };
  /** Median time between two frees of a task: swap, page tables, and whatever else ran. */
  readonly betweenNs: number;
}

const SWAP_LOCKS = new Set(['si->lock', 'cluster lock']);

/** The design that takes away everything that has a name: what it leaves is the floor. */
const FLOOR = 'no-slot-lock+no-zram-counters+deferred:entries=1048576';

const PLACE_OF: Readonly<Record<string, Place>> = {
  notify: 'notification itself',
  slot: 'slot, looked at, cleared',
  'zram-counter': 'shared counters',
  enqueue: 'queue of a design',
  locate: 'find object and class',
  'locate-class': 'find object and class',
  'obj-free': 'object, fullness group',
  'fix-group': 'object, fullness group',
  'free-page': 'pages of empty zspages',
  [PAGE_BULK]: 'pages of empty zspages',
  'free-handle': 'handle',
  [callCost('lock', 'way')]: 'find object and class',
  ...Object.fromEntries(
    (['before', 'after'] as const).flatMap((side) => [
      [callCost('read-lock', side), 'pool lock calls'],
      [callCost('read-unlock', side), 'pool lock calls'],
      [callCost('lock', side), 'list lock calls'],
      [callCost('unlock', side), 'list lock calls'],
      [otherCallCost('zram slot', 'try-lock', side), 'slot lock'],
      [otherCallCost('zram slot', 'unlock', side), 'slot lock'],
    ]),
  ),
};

/** Divides a free of each design by place, for the first run, which has the recorded times. */
export function timeByPlace(
  kernel: KernelModel,
  workload: Workload,
  predictions: readonly { readonly prediction: DesignPrediction; readonly run: DesignRun }[],
): PlacesResult {
  const usual = usualCosts(workload);
  const designs = predictions.map(({ prediction, run: { result } }) => {
    const frees = result.operations[0]!;
    const deferring = result.queues.filter(({ name }) => name !== FREE_WORK);
    const queue = deferring.reduce(
      (sum, { queued, overflowed }) => ({ queued: sum.queued + queued, full: sum.full + overflowed }),
      { queued: 0, full: 0 },
    );
    const placesNs = workByPlace(prediction.kernel, usual, {
      pages: (result.returns.pages.at(-1) ?? 0) / frees,
      bulkFrees: (result.pageLists?.bulkFrees ?? 0) / frees,
      queued: queue.queued / frees,
      full: queue.full / frees,
    });
    const waitNs = Math.max(0, result.latencySumNs[0]! - result.workNs.caller);
    const forSwap = result.locks.reduce(
      (sum, lock) => sum + (SWAP_LOCKS.has(lock.name) ? lock.waitNs : 0),
      0,
    );
    placesNs['waiting for the swap lock'] = Math.min(waitNs, forSwap) / frees;
    placesNs['waiting for others'] = Math.max(0, waitNs - forSwap) / frees;
    return { id: prediction.id, placesNs, freeNs: total(placesNs) };
  });
  const least = applyDesigns(kernel, parseDesign(FLOOR));
  const think = workload.tasks.flatMap(({ thinkNs }) => [...thinkNs]).sort((a, b) => a - b);
  return {
    designs,
    floor: {
      design: FLOOR.replace(/:.*/, ''),
      freeNs: total(workByPlace(least, usual, { pages: 0, bulkFrees: 0, queued: 1, full: 0 })),
    },
    betweenNs: think[think.length >> 1] ?? 0,
  };
}

function total(placesNs: Readonly<Record<Place, number>>): number {
  return PLACES.reduce((sum, place) => sum + placesNs[place], 0);
}

/** A stalled machine must not hide what a free usually takes. */
const SHORTEST = 0.95;

/** Mean of the shortest {@link SHORTEST} of what each cost was over all frees that show it. */
function usualCosts(workload: Workload): (cost: string) => number {
  const usual = new Map<string, number>();
  return (cost) => {
    let ns = usual.get(cost);
    if (ns === undefined) {
      const recorded = workload.costs.flatMap((columns) => [...(columns.get(cost) ?? [])]);
      const known = recorded.filter((value) => !Number.isNaN(value));
      const values = known.length > 0 ? known : [...(workload.distributions.get(cost) ?? [])];
      const kept = values.sort((a, b) => a - b).slice(0, Math.max(1, Math.floor(SHORTEST * values.length)));
      ns = kept.reduce((sum, value) => sum + value, 0) / Math.max(1, kept.length);
      usual.set(cost, ns);
    }
    return ns;
  };
}

/** How often a free comes to what not every free does. */
interface Shares {
  /** Pages given back by a free, on average. */
  readonly pages: number;
  readonly bulkFrees: number;
  readonly queued: number;
  readonly full: number;
}

/** Walks the caller's steps; waiting is not in it. */
function workByPlace(
  kernel: KernelModel,
  usual: (cost: string) => number,
  shares: Shares,
): Record<Place, number> {
  const placesNs = Object.fromEntries(PLACES.map((place) => [place, 0])) as Record<Place, number>;
  const { paths } = withCallCosts(kernel);
  const add = (cost: string, times: number) => {
    const place = PLACE_OF[cost];
    if (place) placesNs[place] += usual(cost) * times;
  };
  const walk = (steps: readonly Step[], share: number): void => {
    for (const step of steps) {
      if (step.do === 'work') add(step.cost, step.perPage ? share * shares.pages : share);
      else if (step.do === 'atomic' && step.cost) add(step.cost, share);
      else if (step.do === 'call') walk(paths[step.path]!, share);
      else if (step.do === 'when' && step.condition === 'zspage-empty')
        // Pages are counted over all frees: what is not done for each of them is left out.
        walk(
          step.steps.filter((inner) => inner.do === 'work' && inner.perPage),
          share,
        );
      else if (step.do === 'enqueue') walk(step.full, share * shares.full);
      else if (step.do === 'each-queued') walk(step.steps, share * shares.queued);
    }
  };
  walk(paths['swap free']!, 1);
  if (kernel.pageLists) add(PAGE_BULK, shares.bulkFrees);
  return placesNs;
}
