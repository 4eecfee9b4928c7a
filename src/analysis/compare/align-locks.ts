import type { BucketCounts, LockFigures, Summary } from './summary.ts';

/**
 * The side after with its locks named as before where only the name differs: names of zsmalloc's locks are
 * told by what the whole recording shows of its kernel, and a patch may take away what told it.
 * @returns the summary, and which names were changed.
 */
export function alignedLocks(
  before: Summary,
  after: Summary,
): { readonly after: Summary; readonly renamed: ReadonlyMap<string, string> } {
  const [a, b] = [locksOf(before), locksOf(after)];
  const renamed = new Map<string, string>();
  for (const [name, lock] of b) {
    if (a.has(name) || isNamedBySite(name)) continue;
    const same = [...a].filter(
      ([other, { kind, site }]) =>
        !b.has(other) && !isNamedBySite(other) && kind === lock.kind && site === lock.site,
    );
    if (same.length === 1) renamed.set(name, same[0]![0]);
  }
  if (renamed.size === 0) return { after, renamed };
  const { histograms, recordings } = after;
  const name = (old: string) => renamed.get(old) ?? old;
  const table = (counts: Readonly<Record<string, BucketCounts>>) =>
    Object.fromEntries(Object.entries(counts).map(([lock, values]) => [name(lock), values]));
  return {
    after: {
      ...after,
      recordings: recordings.map((recording) => ({
        ...recording,
        locks: Object.fromEntries(Object.entries(recording.locks).map(([lock, row]) => [name(lock), row])),
      })),
      histograms: { ...histograms, waits: table(histograms.waits), holds: table(histograms.holds) },
    },
    renamed,
  };
}

/** Locks of a side with their kind and the function that takes them most. */
function locksOf({ recordings }: Summary): Map<string, { readonly kind: string; readonly site: string }> {
  const found = new Map<string, LockFigures>();
  for (const { locks } of recordings) {
    for (const [name, lock] of Object.entries(locks)) {
      const other = found.get(name);
      if (!other || other.acquisitions < lock.acquisitions) found.set(name, lock);
    }
  }
  return new Map([...found].map(([name, { kind, sites }]) => [name, { kind, site: mostWaiting(sites) }]));
}

function mostWaiting(sites: LockFigures['sites']): string {
  const sorted = Object.entries(sites).sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1));
  return sorted[0]?.[0] ?? '';
}

/** `spinlock at rmqueue`: another function is another lock. */
function isNamedBySite(name: string): boolean {
  return name.includes(' at ');
}
