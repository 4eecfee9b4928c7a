import { WIDTH } from '../text/layout.ts';

/** Words filled into lines of at most 72 columns; a number and its % stay together, longer words are broken. */
export function fill(words: string): string[] {
  return filled(words.split(/ (?!%)/), WIDTH);
}

/** A command line in pieces that a shell takes as one: `\` at the end of all lines but the last. */
export function commandLines(command: string): string[] {
  const words = command.split(/ +(?=(?:[^']*'[^']*')*[^']*$)/);
  const lines = filled(words, WIDTH - '  '.length - ' \\'.length);
  return lines.map((line, k) => `${k === 0 ? '' : '  '}${line}${k === lines.length - 1 ? '' : ' \\'}`);
}

function filled(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
    while (line.length > width) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}
