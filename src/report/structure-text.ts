import type { StructureCheck } from '../replay/check-structure.ts';
import type { StructureDifference, StructureReport } from '../replay/structure.ts';
import type { Agreement, ZswapReport } from '../replay/zswap/result.ts';
import { wrap } from './text/layout.ts';

/** Differences printed; the rest is in the JSON. */
const SHOWN = 10;

/** A check of structure as plain text of at most 72 columns. */
export function renderStructureText(check: StructureCheck): string {
  const blocks = [...(check.zswap ? [zswapBlock(check.zswap)] : []), zsmallocBlock(check)];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** A check of structure as JSON: the shape of docs/zswap.md. */
export function renderStructureJson(check: StructureCheck): string {
  return `${JSON.stringify(check, null, 1)}\n`;
}

function zsmallocBlock({ kernel, zsmalloc: s }: StructureCheck): string[] {
  return [
    ...wrap(`zsmalloc, era ${kernel.era}: ${kernel.title} (${kernel.basis}).`, ''),
    row('new zspage or not, pages', s.mallocsAgree, s.mallocsJudged, s.mallocs),
    row('which zspage', s.zspageAgree, s.zspageJudged, s.mallocs),
    row('object index', s.objectIndexAgree, s.objectIndexJudged, s.mallocs),
    row('zspage released or not', s.freesAgree, s.freesJudged, s.frees),
    ...(s.moves > 0 ? [row('objects moved by compaction', s.movesAgree, s.moves, s.moves)] : []),
    ...older(s),
    ...differences(s.differences),
  ];
}

function older(s: StructureReport): string[] {
  const count = (some: number, of: number, what: string) =>
    some > 0 ? wrap(`${some} of ${of} ${what}`, '  ') : [];
  return [
    ...count(s.mallocsNotShown, s.mallocs, 'allocations show no size or no handle, or failed: not replayed.'),
    ...count(s.freesOfOlder, s.frees, 'freed objects: allocated before the recording, or it has no handles.'),
  ];
}

function zswapBlock(z: ZswapReport): string[] {
  return [
    ...wrap(`zswap ${z.version.title} (${z.versionBasis}).`, ''),
    line('folios stored or refused', z.stores),
    ...Object.entries(z.refused).map(([cause, count]) => `    refused, ${cause}: ${count}`),
    line('loads: in zswap or not', z.loads),
    line('invalidations: entry or none', z.invalidates),
    ...(z.looks.judged > 0 ? [line('second chance: which entry', z.looks)] : []),
    line('entry chosen to write back', z.victims),
    line('result of the writeback', z.writebacks),
    line('entries freed', z.entryFrees),
    ...limitLines(z),
    ...(z.victims.judged > 0
      ? wrap(`Second chances given before writebacks (modelled): ${z.secondChances}.`, '  ')
      : []),
    ...counterLines(z),
    ...wrap(
      `${z.entriesLeft} entries left at the end (modelled)${
        z.ofOlder > 0 ? `; ${z.ofOlder} operations on pages stored before the recording` : ''
      }.`,
      '  ',
    ),
    ...z.notes.flatMap((note) => wrap(note, '  ')),
    ...differences(z.differences),
  ];
}

function line(name: string, { operations, judged, agree }: Agreement): string {
  return row(name, agree, judged, operations);
}

function row(name: string, agree: number, judged: number, of: number): string {
  const text =
    of === 0
      ? 'none in the trace'
      : judged === 0
        ? `not shown by the trace (${of})`
        : `${agree} of ${judged} agree${judged < of ? ` (${of - judged} not shown)` : ''}`;
  return `  ${name.padEnd(29)} ${text}`;
}

function limitLines({ limit, refused }: ZswapReport): string[] {
  const { maxPages, acceptPages, basis, narrowedBy, consistent } = limit;
  if (maxPages === null) {
    const isMet = 'pool limit' in refused || 'not shown' in refused;
    return wrap(
      isMet ? 'The limit of the pool is not known (--pool-pages says it).' : 'No limit of the pool was met.',
      '  ',
    );
  }
  const how =
    basis === 'given'
      ? 'as asked (--pool-pages)'
      : narrowedBy === 0
        ? 'the size of the pool at the first folio that was refused for it; what follows is predicted'
        : `by the size of the pool at the first folio that was refused for it and by ${narrowedBy} later decision${narrowedBy === 1 ? '' : 's'}; the others are predicted`;
  const fits =
    consistent === null
      ? 'no limit gives every decision of the trace'
      : consistent[0] === consistent[1]
        ? `only ${consistent[0]} gives every decision`
        : `${consistent[0]} to ${consistent[1]} give every decision`;
  return wrap(`Limit ${maxPages} pages, accepts again at ${acceptPages}: ${how}; ${fits}.`, '  ');
}

function counterLines({ counters }: ZswapReport): string[] {
  const set = Object.entries(counters).filter(([, value]) => value > 0);
  if (set.length === 0) return [];
  return wrap(`Counters at the end (modelled): ${set.map((pair) => pair.join(' ')).join(', ')}.`, '  ');
}

function differences(all: readonly StructureDifference[]): string[] {
  const lines = all.slice(0, SHOWN).flatMap((d) => wrap(`line ${d.line}: ${d.what}`, '    '));
  if (all.length > SHOWN) lines.push(`    ... and ${all.length - SHOWN} more (--json)`);
  return lines;
}
