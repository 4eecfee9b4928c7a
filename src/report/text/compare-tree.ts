import type { CallTreeChange } from '../../analysis/compare/result.ts';
import { changeText } from '../compare-summary.ts';
import { durationText } from '../quantities.ts';
import { clip, WIDTH } from './layout.ts';

/** The paths whose self time changed most, with their callers. */
export function treeChanges(nodes: readonly CallTreeChange[], entries: number): string[] {
  const own = (node: CallTreeChange) => Math.abs(node.afterSelfNs - node.beforeSelfNs);
  const shown = new Set<number>();
  const most = nodes.map((_, i) => i).sort((a, b) => own(nodes[b]!) - own(nodes[a]!));
  for (const i of most.slice(0, entries)) {
    if (own(nodes[i]!) === 0) continue;
    for (let at = i; at >= 0; at = nodes[at]!.parent) shown.add(at);
  }
  if (shown.size === 0) return [];
  const levels: number[] = [];
  const lines = [line('before', 'after', 'change', '')];
  for (const [i, node] of nodes.entries()) {
    levels[i] = node.parent < 0 ? 0 : levels[node.parent]! + 1;
    if (!shown.has(i)) continue;
    const { beforeSelfNs: before, afterSelfNs: after } = node;
    const change = before > 0 ? changeText(after / before - 1) : after > 0 ? 'new' : '-';
    const name = `${'  '.repeat(Math.min(levels[i]!, 15))}${node.name}`;
    lines.push(line(durationText(before), durationText(after), change, name));
  }
  return lines;
}

function line(before: string, after: string, change: string, name: string): string {
  return clip(`${before.padStart(9)}${after.padStart(10)}${change.padStart(9)}  ${name}`, WIDTH);
}
