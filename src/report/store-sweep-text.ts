import type { SweptCase } from '../replay/stores/sweep.ts';
import { folioTable, pageTable, type SweepTable } from './store-sweep.ts';
import { wrap } from './text/layout.ts';

/** A sweep as two tables of text: by page against the base, and by folio. */
export function sweepBlocks(cases: readonly SweptCase[]): string[][] {
  return [
    block('All combinations: time in zswap_store for each page stored', pageTable(cases)),
    block('All combinations: a folio in zswap_store, throughput, sys time', folioTable(cases)),
  ];
}

/** Blocks by design, so that lines stay short. */
function block(title: string, { parameters, figures, rows, note }: SweepTable): string[] {
  const ids = [...new Set(rows.map(({ id }) => id))];
  const head = [...parameters, ...figures];
  const widths = head.map((name, c) =>
    Math.max(name.length, ...rows.map(({ point, cells }) => [...point, ...cells][c]!.length)),
  );
  const line = (texts: readonly string[]) =>
    `  ${texts.map((text, c) => text.padStart(widths[c]!)).join(' ')}`.trimEnd();
  return [
    title,
    ...ids.flatMap((id) => [
      id,
      line(head),
      ...rows.filter((row) => row.id === id).map(({ point, cells }) => line([...point, ...cells])),
    ]),
    ...wrap(note, '  ', '  '),
  ];
}
