import type { Geometry } from '../../model/zsmalloc/geometry.ts';
import type { OlderFree } from './older-frees.ts';
import { normalised, type SizeMix } from './size-mix.ts';

/** Fewer releases than this are not fitted to. */
const LEAST_RELEASES = 20;
/** Share of the gaps between a task's releases that must be equal for all objects to be of one class. */
const REGULAR = 0.8;
const ROUNDS = 40;
/** Shares that move no more than this have settled. */
const SETTLED = 1e-5;

/**
 * The mix nearest to a given one (least relative entropy) under which frees release as many zspages, with as
 * many pages each, as the trace shows. A concentration above 1 makes frequent classes more frequent. Where a task releases one at every k-th free, the class with k objects.
 */
export function fittedMix(
  mix: SizeMix,
  frees: readonly OlderFree[],
  geometry: Geometry,
  concentration: number,
): SizeMix {
  const prior = normalised(mix.share.map((value) => value ** concentration));
  const judged = frees.filter(({ released }) => released >= 0);
  const releases = judged.filter(({ released }) => released === 1);
  if (mix.basis === 'measured') return mix;
  const concentrated =
    concentration === 1
      ? ''
      : `; shares to the power of ${concentration}, after the waits that were recorded`;
  if (releases.length < LEAST_RELEASES)
    return { ...mix, share: prior, source: `${mix.source}${concentrated}` };
  const regular = regularClass(judged, geometry);
  if (regular >= 0) {
    const share = new Float64Array(mix.share.length);
    share[regular] = 1;
    const { size, objectsPerZspage } = geometry.classes[regular]!;
    return {
      share,
      basis: 'assumed',
      source: `one class of ${size} bytes: a zspage is released at every free number ${objectsPerZspage} of a task`,
    };
  }
  const withPages = releases.filter(({ pages }) => pages > 0);
  const byPages = new Map<number, number>();
  const knowsPages = withPages.length > releases.length / 2;
  for (const { pages } of knowsPages ? withPages : [])
    byPages.set(pages, (byPages.get(pages) ?? 0) + 1 / withPages.length);
  const rate = releases.length / judged.length;
  return {
    share: tilted(prior, geometry, rate, knowsPages ? byPages : null),
    basis: mix.basis,
    source: `${mix.source}; weighted so that one free in ${(1 / rate).toFixed(1)} releases a zspage${knowsPages ? ', with as many pages,' : ''} as in the trace${concentrated}`,
  };
}

/** Number of the class that regular releases of each task point to, -1 without one. */
function regularClass(frees: readonly OlderFree[], geometry: Geometry): number {
  const gaps = new Map<number, number>();
  const since = new Map<number, number>();
  let total = 0;
  for (const { task, released } of frees) {
    const count = (since.get(task) ?? 0) + 1;
    since.set(task, released === 1 ? 0 : count);
    if (released !== 1) continue;
    gaps.set(count, (gaps.get(count) ?? 0) + 1);
    total++;
  }
  const [gap, times] = [...gaps].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  if (times < REGULAR * total) return -1;
  const pages = frees.find((free) => free.released === 1 && free.pages > 0)?.pages ?? 0;
  return geometry.classes.findIndex(
    (c) => c.objectsPerZspage === gap && (pages === 0 || c.pagesPerZspage === pages),
  );
}

/** Weights `w exp(t / objects)`, one `t` for each number of pages, until the releases are right. */
function tilted(
  prior: Float64Array,
  geometry: Geometry,
  rate: number,
  byPages: ReadonlyMap<number, number> | null,
): Float64Array {
  const { classes } = geometry;
  const groups = byPages === null ? [{ has: () => true, target: rate }] : groupsOf(byPages, rate);
  const known = (k: number) => groups.some(({ has }) => has(classes[k]!.pagesPerZspage));
  let share = normalised(prior.map((value, k) => (known(k) ? Math.max(value, 1e-6) : 0)));
  for (let round = 0, moved = 1; round < ROUNDS && moved > SETTLED; round++) {
    const before = share;
    for (const { has, target } of groups) {
      const members = [...classes.keys()].filter((k) => has(classes[k]!.pagesPerZspage));
      const releasesAt = (t: number) => {
        const weights = share.slice();
        for (const k of members) weights[k]! *= Math.exp(t / classes[k]!.objectsPerZspage);
        const shares = normalised(weights);
        return {
          shares,
          rate: members.reduce((sum, k) => sum + shares[k]! / classes[k]!.objectsPerZspage, 0),
        };
      };
      let low = -20;
      let high = 20;
      for (let step = 0; step < 30; step++) {
        const middle = (low + high) / 2;
        if (releasesAt(middle).rate < target) low = middle;
        else high = middle;
      }
      share = releasesAt((low + high) / 2).shares;
    }
    moved = share.reduce((most, value, k) => Math.max(most, Math.abs(value - before[k]!)), 0);
  }
  return share;
}

function groupsOf(byPages: ReadonlyMap<number, number>, rate: number) {
  return [...byPages].map(([pages, part]) => ({
    has: (count: number) => count === pages,
    target: part * rate,
  }));
}
