import type { DesignPrediction, WhatIfResult } from '../../replay/result.ts';
import { countText, durationText, shareText } from '../quantities.ts';
import { trustLines } from '../text/trust.ts';
import { lockNames, workChange } from '../text/what-if-designs.ts';
import { validationText } from '../text/what-if-validation.ts';
import { trustOfWhatIf } from '../trust/what-if.ts';
import {
  answerSentences,
  intervalsSentence,
  outcomeOf,
  signedText,
  unknownText,
  verdictSentence,
  worldSentence,
} from '../what-if-summary.ts';
import { baseName } from './base-name.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';
import { histogramsSideBySide } from './histograms.ts';

/** A what-if for reviewers: whether to believe it, what each design buys, and what remains of the waiting. */
export function whatIfDocument(result: WhatIfResult): ReviewDocument {
  const { inputs, reading, tool, notIdentifiable, designs } = result;
  const parts: Part[] = [
    designTable(result),
    ...distributions(result),
    waits(result),
    marginal(result),
    baseline(result),
  ];
  return {
    title: `What ${designs.map(({ id }) => id).join(', ') || 'the base'} would change`,
    words: [verdictSentence(result), replayed(result), ...answerSentences(result), worldSentence(result)],
    parts: parts.filter((part) => (part.kind === 'table' ? part.rows : part.lines).length > 0),
    method: [
      methodText(result),
      `Input: ${inputs.map(({ name, sha256 }) => `${baseName(name)} ${sha256.slice(0, 12)}`.trim()).join(', ')}; ` +
        `${reading.lostRecords === 0 ? 'no record lost' : `${reading.lostRecords} records lost`}; ${tool.name} ${tool.version}.`,
    ],
    details: [
      intervalsSentence(result),
      ...validationText(result).map((line) => line.trim()),
      ...trustLines(trustOfWhatIf(result)).map((line) => line.trim()),
      ...notIdentifiable.map((open) => `Cannot be told: ${unknownText(open)}`),
    ],
    command: tool.command,
  };
}

/** At most two lines; `--full` says what the intervals are. */
function methodText({ runs, ensemble: { accepted, tried } }: WhatIfResult): string {
  const sets = tried === 0 ? '' : `, ${accepted} of ${tried} parameter sets`;
  return `Method: recorded frees replayed through a model, ${countText(runs, 'run')}${sets}; intervals are the middle 90 %.`;
}

function replayed({ frees, tasks, cpus, kernel }: WhatIfResult): string {
  return `Replayed: ${countText(frees, 'free')} by ${countText(tasks, 'task')} on ${countText(cpus, 'CPU')}, era ${kernel.era} (${kernel.title}).`;
}

function designTable(result: WhatIfResult): Table {
  const { baseline, designs } = result;
  const factor = (value: number) => value.toFixed(value < 10 ? 3 : 1);
  return {
    kind: 'table',
    title: 'Designs against the base [~]',
    columns: [
      text('design'),
      ...['total', 'speed-up', '90 % interval', 'waits', 'CPU', '90 % back'].map(number),
    ],
    rows: [baseline, ...designs].map((design) => {
      const { id, totalNs, speedup: s, lockWaitTotalNs, memoryReturn } = design;
      const isBase = design === baseline;
      return [
        id,
        durationText(totalNs.value),
        ...(isBase ? ['', ''] : [factor(s.value), `${factor(s.lo)}-${factor(s.hi)}`]),
        durationText(lockWaitTotalNs.value),
        isBase ? '' : workChange(design, baseline),
        memoryReturn.t90.value === null ? 'never' : durationText(memoryReturn.t90.value),
      ];
    }),
    note: 'waits: time in lock waits, all tasks. CPU: work of all CPUs. 90 % back: when so many of the pages were.',
  };
}

/** The base beside the design that gains most. */
function distributions({ baseline, designs }: WhatIfResult): Part[] {
  const best = [...designs].sort((a, b) => b.speedup.value - a.speedup.value)[0];
  const series = [baseline, ...(best ? [best] : [])].map(({ id, curves: { latency } }) => ({
    name: id,
    buckets: latency.fromNs.map((loNs, k) => ({
      loNs,
      hiNs: latency.toNs[k]!,
      count: latency.count[k]!,
    })),
  }));
  return [
    { kind: 'figure', title: 'Frees by duration in ns, modelled [~]', lines: histogramsSideBySide(series) },
  ];
}

/** What is waited for under each design: the model's answer to who blocks whom. */
function waits({ baseline, designs }: WhatIfResult): Table {
  const all = [baseline, ...designs];
  return {
    kind: 'table',
    title: 'Waiting by lock [~]',
    columns: [text('design'), text('lock'), ...['waits', 'wait', 'from', 'to'].map(number)],
    rows: all.flatMap((design: DesignPrediction) =>
      lockNames([design]).map((lock) => {
        const { value, lo, hi } = design.lockWaitNs[lock]!;
        return [
          design.id,
          lock,
          String(Math.round(design.contended[lock]!.value)),
          ...[value, lo, hi].map(durationText),
        ];
      }),
    ),
    note: '',
  };
}

function marginal(result: WhatIfResult): Table {
  return {
    kind: 'table',
    title: 'What each part of a composition saves [~]',
    columns: [text('design'), text('part'), ...['saves', 'from', 'to'].map(number)],
    rows: result.marginal.flatMap(({ design, parts }) =>
      parts.map(({ id, savesNs: { value, lo, hi } }) => [design, id, ...[value, lo, hi].map(signedText)]),
    ),
    note: '',
  };
}

function baseline({ validation: { comparisons }, designs }: WhatIfResult): Table {
  const show = (value: number, unit: 'ns' | 'count' | 'share') =>
    unit === 'ns' ? durationText(value) : unit === 'share' ? shareText(value) : String(Math.round(value));
  return {
    kind: 'table',
    title: 'The base, recorded [=] and modelled [~]',
    columns: [text('figure'), ...['recorded', 'modelled', 'from', 'to'].map(number)],
    rows: comparisons.map(({ name, unit, recorded, modelled: { value, lo, hi } }) => [
      name,
      ...[recorded, value, lo, hi].map((v) => show(v, unit)),
    ]),
    note: designs.some((design) => outcomeOf(design) !== 'no difference')
      ? ''
      : 'No design changes the whole noticeably.',
  };
}
