import { version } from './version.ts';

/** What made a report: name, version, and the command line as a shell takes it. */
export function toolOf(words: readonly string[]): { name: string; version: string; command: string } {
  return {
    name: 'trace-replay',
    version: version(),
    command: ['trace-replay', ...words.map(shellWord)].join(' '),
  };
}

/** A word of the command line as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
