import type { Step } from '../model/steps.ts';

const WIDTH = 72;

/** The steps of a path as lines, branches indented. */
export function pathText(steps: readonly Step[], indent = ''): string[] {
  return steps.flatMap((step): string[] => {
    const inner = `${indent}  `;
    switch (step.do) {
      case 'work':
        return [
          `${indent}${step.what}${step.perPage ? ' (each page)' : ''}${step.perObject ? ' (each object)' : ''}`,
        ];
      case 'atomic':
        return [`${indent}atomic ${step.line}: ${step.what}`];
      case 'try-lock':
      case 'try-read-lock':
        return [
          `${indent}${step.do} ${step.lock}, if it fails:`,
          ...pathText(step.failed, inner),
          `${inner}leave`,
        ];
      case 'pool':
        return [`${indent}[${step.action}]`];
      case 'when':
        return [`${indent}when ${step.condition}:`, ...pathText(step.steps, inner)];
      case 'lock-pages':
        return [`${indent}try the page locks, if one is held:`, ...pathText(step.failed, inner)];
      case 'repeat':
        return [`${indent}repeat while ${step.condition}:`, ...pathText(step.steps, inner)];
      case 'look':
        return [`${indent}does somebody wait for ${step.lock}?`];
      case 'each-queued':
        return [`${indent}for each handle in ${step.queue}:`, ...pathText(step.steps, inner)];
      case 'enqueue':
        return [`${indent}enqueue to ${step.queue}, when full:`, ...pathText(step.full, inner)];
      case 'call':
        return [`${indent}call ${step.path}`];
      default:
        return [`${indent}${step.do} ${step.lock}`];
    }
  });
}

/** Two columns, line by line, with a mark where they differ. */
export function sideBySide(
  before: readonly string[],
  after: readonly string[],
  left: string,
  right: string,
): string[] {
  const half = (WIDTH - 3) >> 1;
  const cell = (text: string) => (text.length > half ? `${text.slice(0, half - 2)}..` : text).padEnd(half);
  const rows = [`${cell(left)} | ${cell(right)}`.trimEnd(), '-'.repeat(WIDTH)];
  // Lines that both have stand beside each other: longest common subsequence.
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i]![j] =
        before[i] === after[j]
          ? common[i + 1]![j + 1]! + 1
          : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      rows.push(`${cell(before[i++]!)} | ${after[j++]!}`);
    } else if (j >= after.length || (i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      rows.push(`${cell(before[i++]!)} <`);
    } else rows.push(`${cell('')} > ${after[j++]!}`);
  }
  return rows;
}
