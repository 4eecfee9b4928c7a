import type { CallTreeChange } from './result.ts';
import type { Summary } from './summary.ts';

/** Paths of which the JSON tells: those with the greatest changes, and their callers. */
const MOST_PATHS = 2000;

interface Node {
  readonly name: string;
  readonly parent: Node | null;
  readonly depth: number;
  readonly before: [calls: number, selfNs: number, totalNs: number];
  readonly after: [calls: number, selfNs: number, totalNs: number];
  readonly children: Map<string, Node>;
}

/** Both sides' call trees as one, in each recording on average; where self time changed most comes first. */
export function callTreeChanges(before: Summary, after: Summary): CallTreeChange[] {
  const root: Node = {
    name: '',
    parent: null,
    depth: -1,
    before: [0, 0, 0],
    after: [0, 0, 0],
    children: new Map(),
  };
  const nodes: Node[] = [];
  addTree(root, nodes, before, 'before');
  addTree(root, nodes, after, 'after');
  const kept = new Set<Node>();
  const byChange = [...nodes].sort((a, b) => ownChange(b) - ownChange(a));
  for (const node of byChange) {
    if (kept.size >= MOST_PATHS) break;
    for (let at: Node | null = node; at !== null && at !== root; at = at.parent) kept.add(at);
  }
  const weight = new Map<Node, number>();
  for (const node of [...kept].sort((a, b) => b.depth - a.depth)) {
    weight.set(node, (weight.get(node) ?? 0) + ownChange(node));
    if (node.parent !== null) weight.set(node.parent, (weight.get(node.parent) ?? 0) + weight.get(node)!);
  }
  const sorted = ({ children }: Node) =>
    [...children.values()]
      .filter((node) => kept.has(node))
      .sort((a, b) => weight.get(a)! - weight.get(b)! || (a.name < b.name ? 1 : -1));
  const out: CallTreeChange[] = [];
  const left = sorted(root).map((node) => ({ node, parent: -1 }));
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { node, parent } = next;
    const index = out.length;
    const [beforeCalls, beforeSelfNs, beforeTotalNs] = node.before;
    const [afterCalls, afterSelfNs, afterTotalNs] = node.after;
    out.push({
      name: node.name,
      parent,
      beforeCalls,
      afterCalls,
      beforeSelfNs,
      afterSelfNs,
      beforeTotalNs,
      afterTotalNs,
    });
    for (const child of sorted(node)) left.push({ node: child, parent: index });
  }
  return out;
}

function addTree(root: Node, all: Node[], { callTree, recordings }: Summary, side: 'before' | 'after'): void {
  const nodes: Node[] = [];
  for (const { name, parent, calls, selfNs, totalNs } of callTree) {
    const above = parent < 0 ? root : nodes[parent]!;
    let node = above.children.get(name);
    if (!node) {
      node = {
        name,
        parent: above,
        depth: above.depth + 1,
        before: [0, 0, 0],
        after: [0, 0, 0],
        children: new Map(),
      };
      above.children.set(name, node);
      all.push(node);
    }
    const n = recordings.length;
    const sums = node[side];
    sums[0] += calls / n;
    sums[1] += selfNs / n;
    sums[2] += totalNs / n;
    nodes.push(node);
  }
}

function ownChange({ before, after }: Node): number {
  return Math.abs(after[1] - before[1]);
}
