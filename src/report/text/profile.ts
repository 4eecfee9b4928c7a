import type { LockSpinRow, ProfileRow, ShareInterval } from '../../analysis/result.ts';
import { countText, percentText, shareText } from '../quantities.ts';
import { clip, WIDTH, wrap } from './layout.ts';

/** Self and total shares by function, with how sure each is. */
export function profileLines(profile: ProfileRow, entries: number): string[] {
  const { samples, functions } = profile;
  if (functions.length === 0) return wrap('no sample has a function', '');
  const lines = [`${'self'.padStart(8)}${'95 % interval'.padStart(16)}${'total'.padStart(9)}  function`];
  for (const row of functions.slice(0, entries)) {
    const name = row.module === '' ? row.name : `${row.name} [${row.module}]`;
    const self = shareText(row.selfShare).padStart(8);
    const numbers = `${self}${interval(row.selfInterval).padStart(16)}${shareText(row.totalShare).padStart(9)}`;
    lines.push(clip(`${numbers}  ${name}`, WIDTH));
  }
  if (functions.length > entries)
    lines.push(`... and ${countText(functions.length - entries, 'function')} more (--entries, --json)`);
  const notes: string[] = [];
  if (profile.withStack < samples)
    notes.push(`${countText(samples - profile.withStack, 'sample')} without a function.`);
  if (profile.idleSamples > 0)
    notes.push(
      `${countText(profile.idleSamples, 'sample')} (${shareText(profile.idleSamples / samples)}) of the idle task.`,
    );
  notes.push('Shares are of all samples; total counts recursion once. The interval is of self.');
  return [...lines, ...wrap(notes.join(' '), '')];
}

/** Where the samples in slowpaths of locks came from. */
export function lockSpinLines(profile: ProfileRow, entries: number): string[] {
  const rows = profile.lockSpins;
  if (rows.length === 0) return [];
  const lines = [`${'share'.padStart(8)}${'95 % interval'.padStart(16)}  lock, and who wants it`];
  for (const row of rows.slice(0, entries)) {
    lines.push(
      clip(
        `${shareText(row.share).padStart(8)}${interval(row.interval).padStart(16)}  ${lockName(row)}`,
        WIDTH,
      ),
      ...wrap([row.slowpath, ...row.callers].join(' <- '), ' '.repeat(26)),
    );
  }
  if (rows.length > entries) lines.push(`... and ${rows.length - entries} more (--entries, --json)`);
  return lines;
}

function lockName(row: LockSpinRow): string {
  const site = row.site === '' ? '(not in the stack)' : row.site;
  return row.lock === '' ? `${row.kind} at ${site}` : `${row.lock} in ${site}`;
}

function interval({ low, high }: ShareInterval): string {
  return `${percentText(low)} - ${percentText(high)} %`;
}
