import type { ZswapFacts, ZswapPart } from '../trace/zswap-facts.ts';

/** What is known of an operation of zswap, as fields of its NDJSON line; what is not known is left out. */
export function zswapJson(facts: ZswapFacts | undefined): Record<string, unknown> {
  if (!facts) return {};
  const { result, entry, pages, showsCalls, entries, compressions, published, parts } = facts;
  const times = Object.entries(parts) as [ZswapPart, number][];
  return {
    result: result ?? undefined,
    entry: entry ?? undefined,
    pages: pages ?? undefined,
    ...(showsCalls && (entries > 0 || compressions > 0) ? { compressions, published: published.length } : {}),
    ...Object.fromEntries(times.map(([part, ns]) => [`${part}Ns`, ns])),
  };
}

/** The same as words of a table's line. */
export function zswapDetails(facts: ZswapFacts | undefined): string[] {
  if (!facts) return [];
  const { result, entry, pages } = facts;
  return [
    result === null ? '' : `result=${result}`,
    entry === null ? '' : `entry=${entry}`,
    pages === null ? '' : `pages=${pages}`,
  ];
}
