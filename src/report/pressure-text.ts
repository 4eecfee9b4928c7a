import type { Interval } from '../replay/interval.ts';
import type { HeldOut, PublishedPressure } from '../replay/pressure/published.ts';
import type { AgainstBase, PressurePrediction, PressureResult } from '../replay/pressure/result.ts';
import { bytesText, countText, durationText, percentText } from './quantities.ts';
import { wrap } from './text/layout.ts';

const MOST_SENSITIVE = 5;
const NAME_WIDTH = 32;

/** A scenario of memory pressure as plain text of at most 72 columns. */
export function renderPressureText(result: PressureResult): string {
  const { baseline, designs, published, notes, scenario } = result;
  const blocks = [
    ['Memory pressure: a closed loop of reclaim, zswap and writeback', ...answers(result)],
    ['Scenario', ...scenarioLines(result)],
    ...[baseline, ...designs].map((prediction) => details(prediction, scenario.nodes, result.runs)),
    ...designs.flatMap(({ id, againstBase }) =>
      againstBase ? [sensitivityLines(id, againstBase, result.correlationNoise)] : [],
    ),
    ...published.map(publishedLines),
    ['What this rests on', ...assumptionLines(result)],
  ];
  if (notes.length > 0) blocks.splice(1, 0, ['Mind', ...notes.flatMap((note) => wrap(note, '    ', '  - '))]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function answers({ baseline, designs, luck, runs }: PressureResult): string[] {
  const ended = runs - baseline.runsOutOfMemory;
  const wrote = ended - baseline.runsWithoutWriteback;
  const base = `base: ${span(baseline.writtenBack)} pages written back [modelled], some in ${wrote} of ${ended} runs.`;
  const chance =
    luck === null
      ? 'No run of the base writes back: nothing can be said of fewer pages.'
      : `The base against itself with other luck: ${times(luck)} fewer; a design within that shows nothing.`;
  return [
    ...wrap(base, '  ', '  '),
    ...wrap(chance, '  ', '  '),
    ...designs.flatMap((design) => answer(design)),
  ];
}

function answer({ id, writtenBack, againstBase }: PressurePrediction): string[] {
  if (againstBase === null) return wrap(`${id}: every run is out of memory, or its base is.`, '  ', '  ');
  const { fewerWrittenBack, runsWithBaseWriteback, runsTenTimesFewer, runsWithNone, speedup, sysRatio } =
    againstBase;
  const fewer =
    fewerWrittenBack === null
      ? 'the base writes nothing back'
      : `${times(fewerWrittenBack)} fewer; ten times fewer in ${runsTenTimesFewer}, none at all in ` +
        `${runsWithNone} of the ${runsWithBaseWriteback} runs in which the base writes back`;
  return wrap(
    `${id}: ${span(writtenBack)} pages written back: ${fewer}. ` +
      `The run is ${times(speedup)} as fast, its sys time ${times(sysRatio)} of the base's.`,
    '  ',
    '  ',
  );
}

function scenarioLines({ scenario, recording, runs, seed }: PressureResult): string[] {
  const { memoryBytes, sliceBytes, listScale, processes, jobs, limit, nodes, codec } = scenario;
  const source =
    recording === null
      ? `No trace: compression of ${codec} as published, everything else as listed below.`
      : `Compression, sizes and the pace are those of ${recording.stores} stores and ${recording.loads} loads of the ` +
        `recording (zswap ${recording.version}), tracer included.`;
  const where = limit === 'memcg' ? 'under the limit of a memcg' : 'on a machine with kswapd';
  return [
    `${countText(processes, 'process', 'processes')}, ${countText(jobs, 'job')} each, ${where} of ${bytesText(memoryBytes)}, played on a slice of ` +
      `${bytesText(sliceBytes)} whose lists count ${Number(listScale.toPrecision(3))}-fold; ${countText(nodes, 'node')}, ` +
      `folios of ${countText(scenario.folioPages, 'page')}, readahead of ${scenario.readaheadPages}.`,
    `Pool up to ${scenario.maxPoolPercent} % of it, accepts again at ${scenario.acceptPercent} % of that; ` +
      `shrinker ${scenario.hasShrinker ? 'on' : 'off'}.`,
    `${runs} runs (seed ${seed}): the first with the middle of all ranges, the others drawn. Figures are medians ` +
      'with the middle 90 % of the runs; counts are pages of the slice.',
    source,
  ].flatMap((text) => wrap(text, '  ', '  '));
}

function details(prediction: PressurePrediction, nodes: number, runs: number): string[] {
  const line = (name: string, text: string) => `  ${name.padEnd(NAME_WIDTH)}${text}`;
  const count = (name: string, value: Interval) => (value.hi > 0 ? [line(name, span(value))] : []);
  const { passes, runsOutOfMemory } = prediction;
  if (runsOutOfMemory === runs) return [...wrap(prediction.id, '  ', ''), '  every run is out of memory'];
  const last = passes.findLastIndex((mean) => mean > 0);
  return [
    ...wrap(prediction.id, '  ', ''),
    line('real time', duration(prediction.realNs)),
    line('user time', duration(prediction.userNs)),
    line('sys time', duration(prediction.sysNs)),
    line('touches of pages a second', span(prediction.touchesPerSecond)),
    line('pages stored', span(prediction.storedPages)),
    line('loaded from zswap', span(prediction.loadedFromZswap)),
    line('written back', span(prediction.writtenBack)),
    line('  per million stored', span(prediction.writtenBackPerMillion)),
    ...count('  by the worker of the limit', prediction.writtenByWorker),
    ...count('refused: pool limit', prediction.refusedForLimit),
    ...count('refused: does not get smaller', prediction.refusedIncompressible),
    line('read from the device', span(prediction.readFromDisk)),
    line('second chances', span(prediction.secondChances)),
    ...count('scans ended: in swap cache', prediction.stoppedInSwapCache),
    ...(prediction.runsOutOfMemory > 0
      ? [line('runs out of memory, left out', String(prediction.runsOutOfMemory))]
      : []),
    line('most pages in the pool', span(prediction.mostPoolPages)),
    ...(nodes > 1
      ? [
          line('entries on another node, %', shares(prediction.storedOnOtherNode)),
          line(
            'written from the wrong node, %',
            prediction.writtenFromWrongNode ? shares(prediction.writtenFromWrongNode) : '-',
          ),
        ]
      : []),
    ...wrap(
      `passes by priority, 12 first: ${passes
        .slice(0, last + 1)
        .map((mean) => rounded(mean))
        .join(' ')}`,
      '    ',
      '  ',
    ),
  ];
}

function sensitivityLines(id: string, { sensitivity }: AgainstBase, noise: number): string[] {
  const rows = sensitivity.slice(0, MOST_SENSITIVE);
  return [
    ...wrap(`Which assumption moves the answer of ${id}`, '  ', ''),
    `  ${'rank correlation over the runs'.padEnd(34)}${'with fewer'.padStart(12)}${'with base'.padStart(12)}`,
    ...rows.map(
      ({ name, withFewer, withBase }) =>
        `  ${name.padEnd(34)}${withFewer.toFixed(2).padStart(12)}${withBase.toFixed(2).padStart(12)}`,
    ),
    `  nearer to 0 than ${noise.toFixed(2)} can be luck`,
  ];
}

function publishedLines({
  luck,
  id,
  design,
  baselinePerSecond,
  sets,
  accepted,
  heldOut,
}: PublishedPressure): string[] {
  return [
    ...wrap(`Published: ${id}, ${design}`, '  ', ''),
    ...wrap(
      `Baseline [published, fitted to]: ${Math.round(baselinePerSecond)} pages written back per second of sys time; ` +
        `${accepted} of ${sets} parameter sets give it.`,
      '  ',
      '  ',
    ),
    `  ${'series over base, held out'.padEnd(28)}${'published'.padStart(10)}${'predicted'.padStart(24)}${'error'.padStart(8)}`,
    ...heldOut.map(heldOutLine),
    ...(luck === null
      ? []
      : wrap(`The base with other luck writes back ${times(luck)} as many pages.`, '  ', '  ')),
  ];
}

function heldOutLine({ metric, published, predicted, errorPercent, isWithin }: HeldOut): string {
  const range = predicted
    ? `${two(predicted.value)} (${two(predicted.lo)}..${two(predicted.hi)})`
    : 'no set fits';
  const error =
    errorPercent === null ? '-' : `${errorPercent >= 0.5 ? '+' : ''}${Math.round(errorPercent) || 0} %`;
  const mark = isWithin === false ? ' out' : '';
  return `  ${`${metric}${mark}`.padEnd(28)}${two(published).padStart(10)}${range.padStart(24)}${error.padStart(8)}`;
}

function assumptionLines({ parameters, scenario }: PressureResult): string[] {
  const range = (low: number, middle: number, high: number) =>
    low === high ? rounded(middle) : `${rounded(middle)} (${rounded(low)}..${rounded(high)})`;
  return [
    ...parameters.flatMap(({ name, what, unit, low, middle, high, basis, source }) => {
      const value = `${range(low, middle, high)} ${unit}`.trimEnd();
      return wrap(`${basis}: ${name}, ${what}: ${value}; ${source}`, '    ', '  - ');
    }),
    ...MODELLED.flatMap((what) => wrap(`modelled: ${what}`, '    ', '  - ')),
    ...(scenario.nodes > 1 ? wrap("modelled: an object lies on its page's node", '    ', '  - ') : []),
  ];
}

const MODELLED: readonly string[] = [
  'order and amounts of reclaim and shrinker as in mm/vmscan.c, mm/shrinker.c, mm/zswap.c of 6.12; one LRU list a node, with a second chance for touched folios, in the place of active and inactive lists',
  'what programs touch does not depend on how fast they are; every page is written to, none is shared',
  'a CPU for each process; locks are not waited for',
  'everything else that is reclaimed (files, slabs) is left out',
];

const span = ({ value, lo, hi }: Interval) => `${rounded(value)} (${rounded(lo)}..${rounded(hi)})`;
const times = ({ value, lo, hi }: Interval) => `${two(value)}x (${two(lo)}..${two(hi)})`;
const duration = ({ value, lo, hi }: Interval) =>
  `${durationText(value)} (${durationText(lo)}..${durationText(hi)})`;
const shares = ({ value, lo, hi }: Interval) =>
  `${percentText(value)} (${percentText(lo)}..${percentText(hi)})`;

function rounded(value: number): string {
  if (!Number.isFinite(value)) return 'inf';
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function two(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'inf';
}
