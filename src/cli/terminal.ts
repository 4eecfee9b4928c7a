/**
 * Headings in bold when that is wanted: `--color` decides first, then NO_COLOR, FORCE_COLOR, and last
 * whether standard output is a terminal that can.
 */
export function headingStyle(when: 'auto' | 'always' | 'never'): (text: string) => string {
  return wantsColor(when) ? (text) => `\x1b[1m${text}\x1b[0m` : (text) => text;
}

function wantsColor(when: 'auto' | 'always' | 'never'): boolean {
  if (when !== 'auto') return when === 'always';
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return process.stdout.isTTY === true && TERM !== 'dumb';
}
