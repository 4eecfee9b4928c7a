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
          `${indent}for each page${step.only ? ` ${step.only.join(' or ')}` : ''}${step.order ? ', the two largest first' : ''}:`,
          ...pathText(step.steps, inner),
        ];
      case 'submit':
        return [`${indent}submit to the device: ${step.what}`];
      case 'collect':
        return [`${indent}wait for the device: ${step.what}`];
      case 'each-batch':
        return [
          `${indent}for each batch of ${step.size} pages${step.only ? ` ${step.only.join(' or ')}` : ''}:`,
          ...pathText(step.steps, inner),
        ];
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
  const rows = (mark: string, texts: readonly [string, string]) => {
    const [one, other] = texts.map((text) => folded(text, half)) as [string[], string[]];
    return Array.from({ length: Math.max(one.length, other.length) }, (_, k) =>
      `${(one[k] ?? '').padEnd(half)} ${mark} ${other[k] ?? ''}`.trimEnd(),
    );
  };
  return [
    ...rows('|', [left, right]),
    '-'.repeat(WIDTH),
    ...lineDiff(before, after).flatMap(({ mark, text }) => {
      if (mark === '=') return rows('|', [text, text]);
      return mark === '<' ? rows('<', [text, '']) : rows('>', ['', text]);
    }),
  ];
}

/** A step in as many lines as it needs, further ones indented more. */
function folded(text: string, width: number): string[] {
  const indent = ' '.repeat(text.length - text.trimStart().length);
  const lines: string[] = [];
  let line = indent;
  // Compositions are broken behind a plus.
  for (const word of text.trim().split(/ |(?<=\+)/)) {
    const grown = line.trim() === '' || line.endsWith('+') ? line + word : `${line} ${word}`;
    if (grown.length <= width || line.trim() === '') line = grown;
    else {
      lines.push(line);
      line = `${indent}    ${word}`;
    }
    // One word may be longer.
    for (; line.length > width; line = `${indent}    ${line.slice(width)}`) lines.push(line.slice(0, width));
  }
  return [...lines, line];
}
