import type { Command } from 'commander';
import { FORMATS } from '../parsers/registry.ts';
import { writeStdout } from './output.ts';

const INDENT = '  ';
const WIDTH = 72;

/** Adds `trace-replay formats`. */
export function addFormatsCommand(program: Command): void {
  program
    .command('formats')
    .summary('what is read, and how well')
    .description('The formats that are read, in the order in which an input is tried against them.')
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', '\nExamples:\n  trace-replay formats\n  trace-replay formats --json')
    .action(async (options: { readonly json?: boolean }) => {
      await writeStdout(options.json ? formatsJson() : formatsText());
    });
}

function formatsJson(): string {
  return `${JSON.stringify(FORMATS.map(({ id, title, reads }) => ({ id, title, reads })))}\n`;
}

/** One block a format, for mails and terminals: at most 72 columns. */
function formatsText(): string {
  const blocks = FORMATS.map(({ id, title, reads }) =>
    [id, ...wrapText(title, INDENT, WIDTH), ...wrapText(reads, INDENT.repeat(2), WIDTH)].join('\n'),
  );
  const general =
    'Each is told by its first 64 KiB, as a file, a pipe or standard input, and compressed by gzip, zstd or ' +
    'xz or not. `analyze --format ID` says what an input is that is not recognised.';
  return `${blocks.join('\n\n')}\n\n${wrapText(general, '', WIDTH).join('\n')}\n`;
}

function wrapText(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, indent + line];
}
