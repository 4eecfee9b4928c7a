import type { SlowCall, TailRow } from '../../analysis/result.ts';
import { countText, durationText, exactDurationText, shareText } from '../quantities.ts';
import { differenceSentence } from '../summary.ts';
import { clip, WIDTH, wrap } from './layout.ts';

/** What makes slow calls slow, and the slowest with their trees. */
export function slowCalls(tail: TailRow, slowest: number): string[] {
  const lines: string[] = [];
  if (tail.difference.length > 0) {
    lines.push(...wrap(differenceSentence(tail), ''));
    lines.push(`  ${'typical'.padStart(9)}${'slow'.padStart(10)}${'share'.padStart(9)}  part`);
    for (const part of tail.difference.slice(0, 5)) {
      lines.push(
        clip(
          `  ${durationText(part.typicalNs).padStart(9)}${durationText(part.slowNs).padStart(10)}` +
            `${shareText(part.share).padStart(9)}  ${part.name}`,
          WIDTH,
        ),
      );
    }
    lines.push(
      ...wrap(
        `(means of ${countText(tail.typicalCalls, 'call')} between the quartiles and of ` +
          `${countText(tail.slowCalls, 'call')} from the 99th percentile)`,
        '  ',
      ),
    );
  }
  for (const call of tail.slowest.slice(0, slowest)) lines.push(...slowCall(call));
  return lines;
}

const TREE_LINES = 14;

function slowCall(call: SlowCall): string[] {
  const at = call.startNs === null ? '' : ` at ${(call.startNs / 1e9).toFixed(6)}`;
  const cpu = call.cpu < 0 ? '' : ` on CPU ${call.cpu}`;
  const task = call.task === '(unknown)' ? '' : ` ${call.task}`;
  const off = call.offCpuNs > 0 ? `, ${durationText(call.offCpuNs)} of it off the CPU` : '';
  const lines = [
    '',
    ...wrap(`${exactDurationText(call.durationNs)}${task}${cpu}${at}, ${call.file}:${call.line}${off}`, ''),
  ];
  const shown = mostTelling(call, TREE_LINES);
  for (const node of shown) {
    const share = node.durationNs === null ? '' : shareText(node.durationNs / call.durationNs);
    const time = node.durationNs === null ? '' : (node.durationNs / 1000).toFixed(3);
    lines.push(
      clip(`${time.padStart(13)} us ${share.padStart(8)}  ${'  '.repeat(node.level)}${node.name}`, WIDTH),
    );
  }
  const hidden = call.tree.length - shown.length + call.treeHidden;
  if (hidden > 0) lines.push(`${' '.repeat(27)}... ${countText(hidden, 'quicker call')}`);
  if (call.meanwhile.length > 0) {
    const knowsCpus = call.meanwhile.some((m) => m.cpu >= 0);
    lines.push(`  meanwhile, self time of calls ${knowsCpus ? 'on other CPUs' : 'of other tasks'}:`);
    for (const m of call.meanwhile.slice(0, 4)) {
      const time = m.overlapNs === null ? '' : `${durationText(m.overlapNs).padStart(9)} `;
      lines.push(
        clip(`    ${time}${m.cpu < 0 ? '' : `CPU ${m.cpu}  `}${m.task}  ${m.name} (${m.calls}x)`, WIDTH),
      );
    }
  }
  return lines;
}

/** The longest calls of a tree, in their order: what a reader looks for. */
function mostTelling(call: SlowCall, limit: number) {
  if (call.tree.length <= limit) return call.tree;
  const longest = [...call.tree].sort((a, b) => (b.durationNs ?? 0) - (a.durationNs ?? 0)).slice(0, limit);
  const kept = new Set(longest);
  return call.tree.filter((node) => kept.has(node));
}
