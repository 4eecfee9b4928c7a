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
      case 'each-page':
        return [
          `${indent}for each page${step.order ? ', the two largest first' : ''}:`,
          ...pathText(step.steps, inner),
        ];
      case 'submit':
        return [`${indent}submit to the device: ${step.what}`];
      case 'collect':
        return [`${indent}wait for the device: ${step.what}`];
      case 'each-batch':
        return [`${indent}for each batch of ${step.size} pages:`, ...pathText(step.steps, inner)];
      case 'enqueue':
        return [`${indent}enqueue to ${step.queue}, when full:`, ...pathText(step.full, inner)];
      case 'call':
        return [`${indent}call ${step.path}`];
      default:
        return [`${indent}${step.do} ${step.lock}`];
    }
  });
}

/** A line of two texts: in both, in the first only (`<`), in the second only (`>`). */
export interface DiffLine {
  readonly mark: '=' | '<' | '>';
  readonly text: string;
}

/** Lines that both texts have in common, in order, and the others where they stand. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  // Longest common subsequence.
  const common = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i]![j] =
        before[i] === after[j]
          ? common[i + 1]![j + 1]! + 1
          : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ mark: '=', text: before[i++]! });
      j++;
    } else if (j >= after.length || (i < before.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push({ mark: '<', text: before[i++]! });
    } else lines.push({ mark: '>', text: after[j++]! });
  }
  return lines;
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
  return [
    `${cell(left)} | ${cell(right)}`.trimEnd(),
    '-'.repeat(WIDTH),
    ...lineDiff(before, after).map(({ mark, text }) => {
      if (mark === '=') return `${cell(text)} | ${text}`;
      return mark === '<' ? `${cell(text)} <` : `${cell('')} > ${text}`;
    }),
  ];
}
