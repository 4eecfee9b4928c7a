import type { Interval } from '../../replay/interval.ts';
import type { StoreWhatIfResult } from '../../replay/stores/result.ts';
import { durationText, shareText } from '../quantities.ts';
import { folioTable, pageTable, type SweepTable } from '../store-sweep.ts';
import { groupName, storeAnswers, storeVerdict, storeWorld } from '../store-what-if-summary.ts';
import { trustLines } from '../text/trust.ts';
import { trustOfStores } from '../trust/what-if.ts';
import { baseName } from './base-name.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';

/** A what-if of stores for reviewers: whether to believe it, what each design buys, and by folio. */
export function storeWhatIfDocument(result: StoreWhatIfResult): ReviewDocument {
  const { inputs, reading, tool, notIdentifiable, designs, sweep } = result;
  const swept = sweep
    ? [
        combinations('All combinations, largest gain first: for each page stored', pageTable(sweep)),
        combinations('The same: folios, throughput, sys time', folioTable(sweep)),
      ]
    : [];
  const parts: Part[] = [...swept, designTable(result), latencies(result)];
  return {
    title: `What ${designs.map(({ id }) => id).join(', ') || 'the base'} would change for stores`,
    words: [storeVerdict(result), ...storeAnswers(result), ...storeWorld(result)],
    parts,
    method: [
      'Method: recorded stores, loads, invalidations and writebacks replayed as closed loops through a model; medians of the runs.',
      `Input: ${inputs.map(({ name, sha256 }) => `${baseName(name)} ${sha256.slice(0, 12)}`.trim()).join(', ')}; ` +
        `${reading.lostRecords === 0 ? 'no record lost' : `${reading.lostRecords} records lost`}; ${tool.name} ${tool.version}.`,
    ],
    details: [
      ...trustLines(trustOfStores(result)).map((line) => line.trim()),
      ...notIdentifiable.map(({ what, shownBy }) => `Cannot be told: ${what}; would be shown by ${shownBy}`),
    ],
    command: tool.command,
  };
}

function designTable({ baseline, designs }: StoreWhatIfResult): Table {
  const range = ({ lo, hi }: Interval) => `${lo.toFixed(2)}-${hi.toFixed(2)}`;
  return {
    kind: 'table',
    title: 'Stores against the base [~]',
    columns: [
      text('design'),
      number('page'),
      number('faster'),
      number('90 %'),
      number('CPU'),
      number('IAA busy'),
    ],
    rows: [baseline, ...designs].map((design) => [
      design.id,
      durationText(design.storeNsPerPage.value),
      design === baseline ? '-' : design.storeSpeedup.value.toFixed(3),
      design === baseline ? '-' : range(design.storeSpeedup),
      durationText(design.cpuNs.value),
      design.iaa ? shareText(design.iaa.utilisation.value) : '-',
    ]),
    note: 'page: time in zswap_store for each page stored; CPU: of all replayed operations.',
  };
}

function latencies({ baseline, designs }: StoreWhatIfResult): Table {
  return {
    kind: 'table',
    title: 'Latency by path and folio [~]',
    columns: [text('path'), text('design'), number('p50'), number('p99'), number('mean')],
    rows: [baseline, ...designs].flatMap(({ id, groups }) =>
      groups
        .filter(({ path }) => !path.includes(':'))
        .map((group) => [
          groupName(group),
          id,
          durationText(group.p50Ns.value),
          durationText(group.p99Ns.value),
          durationText(group.meanNs.value),
        ]),
    ),
    note: '',
  };
}

function combinations(title: string, { parameters, figures, rows, note }: SweepTable): Table {
  return {
    kind: 'table',
    title: `${title} [~]`,
    columns: [text('design'), ...parameters.map(number), ...figures.map(number)],
    // A mail shows the first rows.
    rows: rows
      .toSorted((a, b) => b.speedup - a.speedup)
      .map(({ id, point, cells }) => [id, ...point, ...cells]),
    note,
  };
}
