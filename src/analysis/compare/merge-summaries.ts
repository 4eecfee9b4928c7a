import { sumOfCounts } from './figures.ts';
import type { BucketCounts, PathSum, RecordingSummary, Summary } from './summary.ts';

/** Two summaries that cannot be one: told to the user. */
export class MergeError extends Error {}

/**
 * One summary of several: the union of their recordings, and sums of their distributions and call trees.
 * The order does not matter, neither of the list nor of merges of merges.
 * @throws {MergeError} when a recording stands in two of them, or they were read with other filters.
 */
export function mergeSummaries(parts: readonly Summary[]): Summary {
  const [first] = parts;
  if (first === undefined) throw new MergeError('nothing to merge');
  for (const part of parts) {
    const [one, other] = [conditions(first), conditions(part)];
    if (one !== other)
      throw new MergeError(`summaries were read in different ways: ${one || 'all'}, and ${other || 'all'}`);
  }
  const recordings = parts.flatMap((part) => part.recordings).sort(byId);
  for (const [i, recording] of recordings.entries()) {
    if (recordings[i - 1]?.id !== recording.id) continue;
    const names = recording.inputs.map(({ name }) => name).join(', ');
    throw new MergeError(`${names}: the same recording is there twice`);
  }
  const counts = (of: (histograms: Summary['histograms']) => Readonly<Record<string, BucketCounts>>) =>
    mergedCounts(parts.map(({ histograms }) => of(histograms)));
  return {
    format: first.format,
    schemaVersion: first.schemaVersion,
    filters: first.filters,
    excluded: first.excluded,
    recordings,
    histograms: {
      functions: counts(({ functions }) => functions),
      waits: counts(({ waits }) => waits),
      holds: counts(({ holds }) => holds),
    },
    callTree: mergedTrees(parts.map(({ callTree }) => callTree)),
  };
}

/** What was left out while reading, as options. */
export function conditions({ filters, excluded }: Summary): string {
  return [filters, excluded.length > 0 ? `--exclude ${excluded.join(',')}` : ''].filter(Boolean).join(' ');
}

function byId(a: RecordingSummary, b: RecordingSummary): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function mergedCounts(tables: readonly Readonly<Record<string, BucketCounts>>[]) {
  const names = [...new Set(tables.flatMap((table) => Object.keys(table)))].sort();
  const parts = (name: string) =>
    tables.flatMap((table) => (Object.hasOwn(table, name) ? [table[name]!] : []));
  return Object.fromEntries(names.map((name) => [name, sumOfCounts(parts(name))]));
}

interface Node {
  readonly name: string;
  calls: number;
  totalNs: number;
  selfNs: number;
  readonly children: Map<string, Node>;
}

/** Sums by path; siblings in the order of their names. */
function mergedTrees(trees: readonly (readonly PathSum[])[]): PathSum[] {
  const root: Node = { name: '', calls: 0, totalNs: 0, selfNs: 0, children: new Map() };
  for (const tree of trees) {
    const nodes: Node[] = [];
    for (const { name, parent, calls, totalNs, selfNs } of tree) {
      const { children } = parent < 0 ? root : nodes[parent]!;
      let node = children.get(name);
      if (!node) {
        node = { name, calls: 0, totalNs: 0, selfNs: 0, children: new Map() };
        children.set(name, node);
      }
      node.calls += calls;
      node.totalNs += totalNs;
      node.selfNs += selfNs;
      nodes.push(node);
    }
  }
  const merged: PathSum[] = [];
  const sorted = ({ children }: Node) => [...children.values()].sort((a, b) => (a.name < b.name ? 1 : -1));
  // A list of what is still to visit, the next one last: recursion would overflow on deep paths.
  const left = sorted(root).map((node) => ({ node, parent: -1 }));
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { name, calls, totalNs, selfNs } = next.node;
    const index = merged.push({ name, parent: next.parent, calls, totalNs, selfNs }) - 1;
    for (const node of sorted(next.node)) left.push({ node, parent: index });
  }
  return merged;
}
