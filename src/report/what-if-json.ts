import type { DesignPrediction, Interval, ReturnTime, WhatIfResult } from '../replay/result.ts';
import { pathText } from './step-text.ts';

/** A what-if as JSON: the shape of docs/what-if.md. Lists of numbers stand on one line. */
export function renderWhatIfJson(result: WhatIfResult): string {
  const { validation, baseline, designs, compaction, ...rest } = result;
  const { differences, ...structure } = validation.structure;
  const shaped = {
    ...rest,
    validation: {
      structure: { ...structure, explained: differences },
      latency: {
        recorded: validation.recordedLatency,
        modelled: validation.modelledLatency,
        ksDistance: validation.ksDistance,
        comparisons: validation.comparisons,
      },
      munmapCalls: validation.munmapCalls,
      verdict: validation.verdict,
      reasons: validation.reasons,
    },
    baseline: design(baseline),
    compaction: compaction && { ...compaction, without: design(compaction.without) },
    designs: designs.map(design),
  };
  return `${JSON.stringify(shaped, null, 1).replace(NUMBERS, onOneLine)}\n`;
}

/** A printed list of numbers; texts hold no line feed, so it is never within one. */
const NUMBERS = /\[\n\s*-?[\d.eE+-]+(?:,\n\s*-?[\d.eE+-]+)*\n\s*\]/g;

function onOneLine(list: string): string {
  return list.replace(/\n\s*/g, '');
}

function design(prediction: DesignPrediction) {
  const { kernel, notes, totalNs, lockWaitNs, contended, memoryReturn, anonymous, ...rest } = prediction;
  const { t50, t90, t100 } = memoryReturn;
  return {
    ...rest,
    totalNs: totalNs.value,
    totalIntervalNs: totalNs,
    lockWaitNs: medians(lockWaitNs),
    lockWaitIntervalNs: lockWaitNs,
    contended: medians(contended),
    contendedInterval: contended,
    memoryReturn: { t50Ns: t50.value, t90Ns: t90.value, t100Ns: t100.value },
    anonymousReturn: anonymous && {
      pages: anonymous.pages,
      t50Ns: anonymous.t50.value,
      t90Ns: anonymous.t90.value,
      t100Ns: anonymous.t100.value,
      intervalNs: { t50: anonymous.t50, t90: anonymous.t90, t100: anonymous.t100 },
    },
    memoryReturnIntervalNs: { t50, t90, t100 } satisfies Record<string, ReturnTime>,
    steps: Object.fromEntries(Object.entries(kernel.paths).map(([path, steps]) => [path, pathText(steps)])),
    assumptions: notes,
  };
}

function medians(byName: Readonly<Record<string, Interval>>): Record<string, number> {
  return Object.fromEntries(Object.entries(byName).map(([name, { value }]) => [name, value]));
}
