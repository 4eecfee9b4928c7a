import type { Command } from 'commander';
import { manPage } from './man-page.ts';
import { writeStdout } from './output.ts';

const EXAMPLES = `
Examples:
  trace-replay man | man -l -
  trace-replay man > /usr/local/share/man/man1/trace-replay.1`;

/** Adds `trace-replay man`. To be called when all other commands are there. */
export function addManCommand(program: Command): void {
  program
    .command('man')
    .summary('the manual page')
    .description('Prints the manual page of all commands, for man and groff.')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      await writeStdout(manPage(program));
    });
}
