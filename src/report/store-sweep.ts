import type { SweptCase, SweptFigures } from '../replay/stores/sweep.ts';
import { durationText, shareText } from './quantities.ts';

/** Pages of a PMD folio, as the threads call it. */
const PMD_PAGES = 512;
const PAGE_KIB = 4;

/** What a sweep may go through, in the order of its columns. */
const PARAMETERS = [
  ['folioPages', 'folio'],
  ['processes', 'tasks'],
  ['engines', 'engines'],
  ['batchSize', 'batch'],
] as const;

/** A row of a sweep for people: what was asked for, and figures of one kernel. */
export interface SweepRow {
  readonly id: string;
  readonly point: readonly string[];
  readonly cells: readonly string[];
  /** Against the base of the same combination. */
  readonly speedup: number;
}

export interface SweepTable {
  /** Names of the parameters that differ between cases. */
  readonly parameters: readonly string[];
  readonly figures: readonly string[];
  readonly rows: readonly SweepRow[];
  /** What the columns mean. */
  readonly note: string;
}

/** A folio by its size as the threads have it: `4K`, `64K`, `PMD`. */
export function folioText(pages: number): string {
  if (pages === PMD_PAGES) return 'PMD';
  const kib = pages * PAGE_KIB;
  return kib % 1024 === 0 ? `${kib / 1024}M` : `${kib}K`;
}

/** Time of a page, factor and its range, lock waits, engines busy, wait for one. */
export function pageTable(cases: readonly SweptCase[]): SweepTable {
  const hasIaa = cases.some(({ figures }) => figures.some(({ iaa }) => iaa !== null));
  const hasWaits = cases.some(({ figures }) => figures.some((one) => waited(one) > 0));
  const figures = [
    ...['page', 'faster', '90 %'],
    ...(hasWaits ? ['lock wait'] : []),
    ...(hasIaa ? ['busy', 'queued'] : []),
  ];
  const note = `${PAGE_NOTE}${hasIaa ? IAA_NOTE : ''}.`;
  return tableOf(cases, figures, note, ({ id, storeNsPerPage, storeSpeedup: factor, iaa, ...rest }) => [
    {
      id,
      cells: [
        durationText(storeNsPerPage.value),
        factor.value.toFixed(3),
        `${factor.lo.toFixed(2)}-${factor.hi.toFixed(2)}`,
        ...(hasWaits ? [durationText(waited(rest))] : []),
        ...(hasIaa
          ? [shareText(iaa?.utilisation.value ?? null), durationText(iaa?.waitNs.value ?? null)]
          : []),
      ],
    },
  ]);
}

/** How long a folio is in zswap_store, how many pages are stored in a second, and the CPU time of all operations. */
export function folioTable(cases: readonly SweptCase[]): SweepTable {
  return tableOf(
    cases,
    ['stores', 'p50', 'p99', 'pages/s', 'CPU'],
    FOLIO_NOTE,
    ({ id, stores, storedPagesPerSecond, cpuNs }, { folioPages }) =>
      stores
        .filter(({ pages }) => pages === folioPages)
        .map(({ members, operations, p50Ns, p99Ns }) => ({
          id: members > 1 ? `${id} (up to ${members} together)` : id,
          cells: [
            String(operations),
            durationText(p50Ns.value),
            durationText(p99Ns.value),
            String(Math.round(storedPagesPerSecond.value)),
            durationText(cpuNs.value),
          ],
        })),
  );
}

const PAGE_NOTE =
  'page: time in zswap_store for each page stored; faster: than the base of the same combination, with the ' +
  'middle 90 % of the runs';
const IAA_NOTE = '; busy: engines of IAA; queued: wait for one of them';
const FOLIO_NOTE =
  'stores: folios of this size that were stored; p50, p99: of one of them in zswap_store; CPU: of all replayed ' +
  'operations (sys time). PMD is a folio of 512 pages.';

/** A combination in words: what differs between them. */
export function sweepPlaces(cases: readonly SweptCase[]): (one: SweptCase) => string {
  const used = usedIn(cases);
  return (one) => used.map(([name, title]) => `${title} ${valueText(one, name)}`).join(', ');
}

/** Value of a parameter in a combination; `-` where it is as it was. */
export function valueText(one: SweptCase, name: (typeof PARAMETERS)[number][0]): string {
  const value = one[name];
  return value === null ? '-' : name === 'folioPages' ? folioText(value) : String(value);
}

function tableOf(
  cases: readonly SweptCase[],
  figures: readonly string[],
  note: string,
  rowsOf: (figures: SweptFigures, one: SweptCase) => readonly Pick<SweepRow, 'id' | 'cells'>[],
): SweepTable {
  const used = usedIn(cases);
  return {
    parameters: used.map(([, title]) => title),
    figures,
    note,
    rows: cases.flatMap((one) =>
      one.figures
        .filter((_, k) => k > 0 || isFirstOf(one, cases))
        .flatMap((of) => {
          const isBase = of === one.figures[0];
          const point = used.map(([name]) => (isBase && name === 'batchSize' ? '-' : valueText(one, name)));
          return rowsOf(of, one).map((row) => ({ ...row, point, speedup: of.storeSpeedup.value }));
        }),
    ),
  };
}

function usedIn(cases: readonly SweptCase[]) {
  return PARAMETERS.filter(([name]) => new Set(cases.map((one) => one[name])).size > 1);
}

/** The base has no batches: it stands there once for all their sizes. */
function isFirstOf(one: SweptCase, cases: readonly SweptCase[]): boolean {
  const first = cases.find(
    ({ folioPages, processes, engines }) =>
      folioPages === one.folioPages && processes === one.processes && engines === one.engines,
  );
  return first === one;
}

function waited({ lockWaitNs }: Pick<SweptFigures, 'lockWaitNs'>): number {
  return Object.values(lockWaitNs).reduce((sum, { value }) => sum + value, 0);
}
