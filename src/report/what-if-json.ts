import type { DesignPrediction, WhatIfResult } from '../replay/result.ts';
import { pathText } from './step-text.ts';

/** A what-if as JSON: the shape of docs/what-if.md. */
export function renderWhatIfJson(result: WhatIfResult): string {
  const { validation, baseline, designs, compaction, ...rest } = result;
  const { differences, ...structure } = validation.structure;
  const shaped = {
    ...rest,
    validation: {
      structure: { ...structure, explained: differences },
      latency: { comparisons: validation.comparisons, ksDistance: validation.ksDistance },
      verdict: validation.verdict,
      reasons: validation.reasons,
    },
    baseline: design(baseline),
    compaction: compaction && { ...compaction, without: design(compaction.without) },
    designs: designs.map(design),
  };
  return `${JSON.stringify(shaped, null, 1)}\n`;
}

function design(prediction: DesignPrediction) {
  const { kernel, notes, totalNs, ...rest } = prediction;
  return {
    ...rest,
    totalNs: totalNs.value,
    totalIntervalNs: totalNs,
    steps: Object.fromEntries(Object.entries(kernel.paths).map(([path, steps]) => [path, pathText(steps)])),
    assumptions: notes,
  };
}
