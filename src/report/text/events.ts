import type { EventRow } from '../../analysis/result.ts';
import { countText } from '../quantities.ts';
import { clip, WIDTH, wrap } from './layout.ts';

const STACKS_SHOWN = 2;
const FRAMES_SHOWN = 6;

/** Events by how often they were recorded, with their most frequent stacks. */
export function eventLines(rows: readonly EventRow[], entries: number): string[] {
  if (rows.length === 0) return [];
  const lines: string[] = [];
  for (const row of rows.slice(0, entries)) {
    lines.push(clip(`${String(row.count).padStart(9)}  ${row.name}`, WIDTH));
    for (const stack of row.stacks.slice(0, STACKS_SHOWN)) {
      const frames = stack.frames.slice(0, FRAMES_SHOWN).join(' <- ');
      const more = stack.frames.length > FRAMES_SHOWN ? ' <- ...' : '';
      lines.push(
        ...wrap(
          `${String(stack.count).padStart(9)}  ${frames || '(other stacks)'}${more}`,
          '             ',
          '      ',
        ),
      );
    }
  }
  if (rows.length > entries)
    lines.push(`... and ${countText(rows.length - entries, 'event')} more (--entries, --json)`);
  return lines;
}
