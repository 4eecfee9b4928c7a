/** The command line as a shell takes it, to make a report again. */
export function commandLine(): string {
  return ['trace-replay', ...process.argv.slice(2).map(shellWord)].join(' ');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
