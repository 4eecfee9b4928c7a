import type { HitRow } from '../../analysis/result.ts';
import { countText, shareText } from '../quantities.ts';
import { clip, WIDTH } from './layout.ts';

const CALLERS_SHOWN = 3;

/** Functions by how often they were called, with who called them most. */
export function hitLines(rows: readonly HitRow[], entries: number): string[] {
  if (rows.length === 0) return [];
  const lines = [`${'calls'.padStart(9)}  function, called by`];
  for (const row of rows.slice(0, entries)) {
    const name = row.module === '' ? row.name : `${row.name} [${row.module}]`;
    lines.push(clip(`${String(row.calls).padStart(9)}  ${name}`, WIDTH));
    for (const caller of row.callers.slice(0, CALLERS_SHOWN)) {
      const share = shareText(caller.calls / row.calls).padStart(8);
      lines.push(clip(`${' '.repeat(11)}${share}  ${caller.name}`, WIDTH));
    }
    const rest = row.callers.length - CALLERS_SHOWN;
    if (rest > 0) lines.push(`${' '.repeat(21)}... ${countText(rest, 'other caller')}`);
  }
  if (rows.length > entries)
    lines.push(`... and ${countText(rows.length - entries, 'function')} more (--entries, --json)`);
  return lines;
}
