import type { Command } from 'commander';
import { UsageError } from '../trace/diagnostics.ts';

/**
 * Files as given; standard input when none is and it is no terminal.
 * @throws {UsageError} when there is nothing to read.
 */
export function inputNames(given: readonly string[], command: Command): readonly string[] {
  if (given.length > 0) {
    if (given.filter((name) => name === '-').length > 1)
      throw new UsageError('standard input (-) is given twice');
    return given;
  }
  if (process.stdin.isTTY) {
    command.outputHelp({ error: true });
    throw new UsageError('no trace given');
  }
  return ['-'];
}
