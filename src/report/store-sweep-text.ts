import type { SweptCase, SweptFigures } from '../replay/stores/sweep.ts';
import { durationText, shareText } from './quantities.ts';
import { wrap } from './text/layout.ts';

/** What a sweep may go through, in the order of its columns. */
const PARAMETERS = [
  ['folioPages', 'folio'],
  ['processes', 'tasks'],
  ['engines', 'engines'],
  ['batchSize', 'batch'],
] as const;

/** A row of a sweep for people: what was asked for, and the figures of one kernel. */
export interface SweepRow {
  readonly point: readonly string[];
  readonly figures: SweptFigures;
  /** Texts of the figures: time of a page, factor and its range, lock waits, engines busy, wait for one. */
  readonly cells: readonly string[];
}

/** Names of the columns that differ between cases, and rows. */
export function sweepTable(cases: readonly SweptCase[]): {
  readonly parameters: readonly string[];
  readonly figures: readonly string[];
  readonly rows: readonly SweepRow[];
} {
  const used = PARAMETERS.filter(([name]) => new Set(cases.map((one) => one[name])).size > 1);
  const hasIaa = cases.some(({ figures }) => figures.some(({ iaa }) => iaa !== null));
  const hasWaits = cases.some(({ figures }) => figures.some((one) => waited(one) > 0));
  return {
    parameters: used.map(([, title]) => title),
    figures: [
      'page',
      'faster',
      '90 %',
      ...(hasWaits ? ['lock wait'] : []),
      ...(hasIaa ? ['busy', 'queued'] : []),
    ],
    rows: cases.flatMap((one) =>
      one.figures
        .filter((_, k) => k > 0 || isFirstOf(one, cases))
        .map((figures) => ({
          point: used.map(([name]) =>
            figures === one.figures[0] && name === 'batchSize' ? '-' : String(one[name] ?? '-'),
          ),
          figures,
          cells: [
            durationText(figures.storeNsPerPage.value),
            figures.storeSpeedup.value.toFixed(3),
            `${figures.storeSpeedup.lo.toFixed(2)}-${figures.storeSpeedup.hi.toFixed(2)}`,
            ...(hasWaits ? [durationText(waited(figures))] : []),
            ...(hasIaa
              ? [
                  shareText(figures.iaa?.utilisation.value ?? null),
                  durationText(figures.iaa?.waitNs.value ?? null),
                ]
              : []),
          ],
        })),
    ),
  };
}

/** A combination in words: what differs between them. */
export function sweepPlaces(cases: readonly SweptCase[]): (one: SweptCase) => string {
  const used = PARAMETERS.filter(([name]) => new Set(cases.map((one) => one[name])).size > 1);
  return (one) => used.map(([name, title]) => `${title} ${one[name] ?? '-'}`).join(', ');
}

/** A sweep as text: blocks by design, so that lines stay short. */
export function sweepLines(cases: readonly SweptCase[]): string[] {
  const { parameters, figures, rows } = sweepTable(cases);
  const ids = [...new Set(rows.map(({ figures: one }) => one.id))];
  const head = [...parameters, ...figures];
  const widths = head.map((title, c) =>
    Math.max(title.length, ...rows.map(({ point, cells }) => [...point, ...cells][c]!.length)),
  );
  const line = (texts: readonly string[]) =>
    `  ${texts.map((text, c) => text.padStart(widths[c]!)).join(' ')}`.trimEnd();
  return [
    'All combinations: time in zswap_store for each page stored',
    ...ids.flatMap((id) => [
      id,
      line(head),
      ...rows
        .filter(({ figures: one }) => one.id === id)
        .map(({ point, cells }) => line([...point, ...cells])),
    ]),
    '  faster: than the base of the same combination, with the middle 90 %',
    '  of the runs; busy: engines of IAA; queued: wait for one of them.',
  ];
}

/** How long a folio is in zswap_store, by its order, where a sweep has several; all else is the first of its values. */
export function folioLines(cases: readonly SweptCase[]): string[] {
  const [first] = cases;
  const orders = cases.filter(
    ({ processes, engines, batchSize }) =>
      processes === first?.processes && engines === first?.engines && batchSize === first?.batchSize,
  );
  if (orders.length < 2) return [];
  const rows = orders.flatMap(({ folioPages, figures }) =>
    figures.flatMap(({ id, stores }) =>
      stores
        .filter(({ pages }) => pages === folioPages)
        .map(({ pages, operations, p50Ns, p99Ns, meanNs }) => ({
          id,
          cells: [
            String(pages),
            String(operations),
            ...[p50Ns, p99Ns, meanNs].map((ns) => durationText(ns.value)),
          ],
        })),
    ),
  );
  const head = ['folio', 'stores', 'p50', 'p99', 'mean'];
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map(({ cells }) => cells[c]!.length)));
  const line = (texts: readonly string[]) =>
    `  ${texts.map((text, c) => text.padStart(widths[c]!)).join('  ')}`;
  const others = cases.length > orders.length ? `, at ${pointText(cases, first!)}` : '';
  return [
    ...wrap(`A folio in zswap_store, by its pages${others}`, '  ', ''),
    ...first!.figures.flatMap(({ id }) => [
      id,
      line(head),
      ...rows.filter((row) => row.id === id).map(({ cells }) => line(cells)),
    ]),
  ];
}

/** What a combination has beside its folios, in words. */
function pointText(cases: readonly SweptCase[], one: SweptCase): string {
  return sweepPlaces(cases)(one)
    .split(', ')
    .filter((text) => !text.startsWith('folio '))
    .join(', ');
}

/** The base has no batches: it stands there once for all their sizes. */
function isFirstOf(one: SweptCase, cases: readonly SweptCase[]): boolean {
  const first = cases.find(
    ({ folioPages, processes, engines }) =>
      folioPages === one.folioPages && processes === one.processes && engines === one.engines,
  );
  return first === one;
}

function waited({ lockWaitNs }: SweptFigures): number {
  return Object.values(lockWaitNs).reduce((sum, { value }) => sum + value, 0);
}
