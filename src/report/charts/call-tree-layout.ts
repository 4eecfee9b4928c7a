import type { CallTreeNode } from '../../analysis/result.ts';

/** A node with its place: from `x0` to `x1` ns of the time of all roots laid end to end. */
export interface PlacedNode {
  readonly index: number;
  readonly name: string;
  readonly level: number;
  readonly x0: number;
  readonly x1: number;
  readonly calls: number;
  readonly totalNs: number;
  readonly selfNs: number;
}

/** All nodes, parents before children, siblings by time, the longest first. */
export function placeCallTree(nodes: readonly CallTreeNode[]): PlacedNode[] {
  const children = new Map<number, number[]>();
  nodes.forEach((node, i) => {
    const parent = node.parent >= 0 && node.parent < nodes.length && node.parent !== i ? node.parent : -1;
    const list = children.get(parent);
    if (list) list.push(i);
    else children.set(parent, [i]);
  });
  for (const list of children.values()) list.sort((a, b) => nodes[b]!.totalNs - nodes[a]!.totalNs || a - b);
  const placed: PlacedNode[] = [];
  // A stack instead of recursion: trees can be 255 deep and wider than the call stack allows.
  const todo: { index: number; level: number; x0: number }[] = [];
  const push = (list: readonly number[], level: number, x0: number) => {
    let x = x0;
    const row = list.map((index) => {
      const at = { index, level, x0: x };
      x += nodes[index]!.totalNs;
      return at;
    });
    todo.push(...row.reverse());
  };
  push(children.get(-1) ?? [], 0, 0);
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const { name, calls, totalNs, selfNs } = nodes[at.index]!;
    placed.push({ ...at, name, calls, totalNs, selfNs, x1: at.x0 + totalNs });
    push(children.get(at.index) ?? [], at.level + 1, at.x0);
  }
  return placed;
}

/** The `limit` longest nodes, in the order given. A parent is never shorter than its children. */
export function longestNodes(placed: readonly PlacedNode[], limit: number): PlacedNode[] {
  if (placed.length <= limit) return [...placed];
  const order = placed.map((_, i) => i).sort((a, b) => placed[b]!.totalNs - placed[a]!.totalNs || a - b);
  const kept = new Set(order.slice(0, limit));
  return placed.filter((_, i) => kept.has(i));
}
