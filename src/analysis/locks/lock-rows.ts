import type { NameTable } from '../../trace/names.ts';
import type { Histogram } from '../histogram.ts';
import type { BlockerRow, Distribution, HeldRow, LockRow } from '../result.ts';
import type { LockSite } from './lock-site.ts';
import { displayName, type KernelHints } from './names.ts';

const HELD_SHOWN = 12;
/** Up to so many locks without a name are told apart by address at one site. */
export const MAX_ADDRESS_ROWS = 8;

/**
 * The lock table for a report: names settled by what the whole trace tells about its kernel, the
 * longest waits first, then the longest holds.
 * @param totalBySite Total time of each function, ns, for the share of waiting.
 */
export function lockRows(
  sites: readonly LockSite[],
  names: NameTable,
  kernelRelease: string,
  totalBySite: ReadonlyMap<string, number>,
): LockRow[] {
  const hints = kernelHints(sites, names, kernelRelease);
  const rows = mergedAddresses(sites);
  return rows
    .filter((site) => site.acquisitions > 0)
    .map((site) => lockRow(site, names, hints, totalBySite.get(site.function) ?? 0))
    .sort(
      (a, b) =>
        b.wait.totalNs - a.wait.totalNs ||
        (b.hold?.totalNs ?? 0) - (a.hold?.totalNs ?? 0) ||
        b.acquisitions - a.acquisitions ||
        (a.lock + a.site < b.lock + b.site ? -1 : 1),
    );
}

/**
 * Rows by address were begun before it was known how many addresses a site has: where there are too
 * many, they go back into the site's one row.
 */
function mergedAddresses(sites: readonly LockSite[]): LockSite[] {
  const whole = new Map<string, LockSite>();
  for (const site of sites) {
    if (site.address === '' && !site.known) whole.set(`${site.kind}|${site.function}`, site);
  }
  return sites.filter((site) => {
    const target = site.address === '' ? undefined : whole.get(`${site.kind}|${site.function}`);
    if (!target || target.instances <= MAX_ADDRESS_ROWS) return true;
    target.absorb(site);
    return false;
  });
}

/** Fewer overlaps of holds may be errors of clocks or of pairing. */
const ENOUGH_OVERLAPS = 8;

/** What the sites and functions met tell about the kernel. */
export function kernelHints(sites: readonly LockSite[], names: NameTable, release: string): KernelHints {
  const known = new Set<string>();
  for (let id = 0; id < names.size; id++) known.add(names.functionName(id));
  return {
    release,
    hasFunction: (name) => known.has(name),
    zsmallocHasRwlock: sites.some((site) => site.key === '{zs-pool}'),
    zsmallocHoldsOverlap:
      sites.reduce((sum, site) => sum + (site.key === '{zs-object}' ? site.overlaps : 0), 0) >=
      ENOUGH_OVERLAPS,
  };
}

/** `pool->migrate_lock (read)`: the lock, and the side for locks that have two. */
export function lockText(site: LockSite, hints: KernelHints): string {
  const side = site.kind.endsWith('-read') ? ' (read)' : site.kind.endsWith('-write') ? ' (write)' : '';
  if (site.address !== '') return `${site.kind.replace(/-(?:read|write)$/, '')} ${site.address}${side}`;
  return displayName(site.key, hints) + side;
}

function lockRow(site: LockSite, names: NameTable, hints: KernelHints, siteTotalNs: number): LockRow {
  const heldRows = <K>(counts: Map<K, { calls: number; ns: number }>, text: (key: K) => string): HeldRow[] =>
    [...counts.entries()]
      .map(([key, count]) => ({ name: text(key), calls: count.calls, totalNs: count.ns }))
      .sort((a, b) => b.totalNs - a.totalNs || b.calls - a.calls)
      .slice(0, HELD_SHOWN);
  return {
    lock: lockText(site, hints),
    kind: site.kind,
    site: site.function,
    namedBy: site.address !== '' ? 'address' : site.known ? 'site' : 'unknown',
    instances: site.address !== '' ? 1 : site.instances,
    acquisitions: site.acquisitions,
    acquisitionsKnown: !site.onlyContended,
    contended: site.contended,
    triesWithoutUnlock: site.triesWithoutUnlock,
    waitWitness: site.witness,
    wait: distribution(site.wait),
    acquire: distribution(site.acquire),
    hold: site.hold.count > 0 ? distribution(site.hold) : null,
    holdBasis: site.holdBasis,
    waitShareOfSite: siteTotalNs > 0 ? site.wait.sumNs / siteTotalNs : null,
    blockedBy: blockers(site),
    blockedByCoverage: site.wait.sumNs > 0 ? Math.min(1, site.explainedNs / site.wait.sumNs) : null,
    // Where unlocks are inlined nobody can tell what ran before them.
    calledWhileHeld: site.unlockSeen ? heldRows(site.calledWhileHeld, (name) => names.text(name)) : [],
    lockedWhileHeld: site.unlockSeen
      ? mergedByName(heldRows(site.lockedWhileHeld, (other) => lockText(other, hints)))
      : [],
  };
}

function mergedByName(rows: readonly HeldRow[]): HeldRow[] {
  const merged = new Map<string, HeldRow>();
  for (const row of rows) {
    const sum = merged.get(row.name);
    merged.set(
      row.name,
      sum ? { name: row.name, calls: sum.calls + row.calls, totalNs: sum.totalNs + row.totalNs } : row,
    );
  }
  return [...merged.values()];
}

function blockers(site: LockSite): BlockerRow[] {
  const rows: BlockerRow[] = [...site.blockers.values()]
    .map((row) => ({
      function: row.function,
      task: row.task,
      cpu: row.cpu,
      waits: row.waits,
      waitNs: row.ns,
    }))
    .sort((a, b) => b.waitNs - a.waitNs || b.waits - a.waits || (a.task < b.task ? -1 : 1));
  if (site.unexplainedWaits > 0) {
    rows.push({
      function: '(not seen)',
      task: '',
      cpu: -1,
      waits: site.unexplainedWaits,
      waitNs: site.unexplainedNs,
    });
  }
  return rows;
}

/** The numbers of a histogram as a result holds them. */
export function distribution(h: Histogram): Distribution {
  const has = h.count > 0;
  const at = (q: number) => (has ? h.quantile(q) : null);
  return {
    count: h.count,
    totalNs: h.sumNs,
    meanNs: has ? h.meanNs : null,
    minNs: has ? h.minNs : null,
    p50Ns: at(0.5),
    p90Ns: at(0.9),
    p99Ns: at(0.99),
    p999Ns: at(0.999),
    maxNs: has ? h.maxNs : null,
    histogram: h.buckets(),
  };
}
