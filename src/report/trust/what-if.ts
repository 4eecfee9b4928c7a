import type { WhatIfResult } from '../../replay/result.ts';
import type { StoreWhatIfResult } from '../../replay/stores/result.ts';
import { durationText } from '../quantities.ts';
import { linesOf, type TrustBox } from './trust-box.ts';

/** What a what-if of the free path rests on. */
export function trustOfWhatIf(result: WhatIfResult): TrustBox {
  const { tool, inputs, reading, world, platform, ensemble, validation } = result;
  return {
    tool,
    inputs,
    ...linesOf(inputs),
    lostRecords: reading.lostRecords,
    tracingOverhead: tracerSentence(reading.tracerNs, world === 'traced'),
    calibration: [
      platform === null
        ? 'times of the steps: this recording'
        : `times of the steps: ${platform.title} (${platform.basis})`,
      ...(ensemble.tried === 0
        ? []
        : [`${ensemble.accepted} of ${ensemble.tried} parameter sets tried reproduce it within its noise`]),
      ...ensemble.parameters.map(({ title, source }) => `${title}: ${source}`),
    ],
    rests: result.assumptions,
    validation: { verdict: validation.verdict, reasons: validation.reasons },
  };
}

/** What a what-if of the store path rests on. */
export function trustOfStores(result: StoreWhatIfResult): TrustBox {
  const { tool, inputs, reading, validation } = result;
  return {
    tool,
    inputs,
    ...linesOf(inputs),
    lostRecords: reading.lostRecords,
    tracingOverhead: tracerSentence(reading.tracerNs, result.tracer === null),
    calibration: ['times of the steps: this recording'],
    rests: result.assumptions,
    validation: { verdict: validation.verdict, reasons: validation.reasons },
  };
}

/** What tracing costs, by the quickest calls. */
export function tracerSentence(
  tracerNs: { readonly inside: number; readonly outside: number } | null,
  isLeftIn: boolean,
): string {
  if (tracerNs === null) return 'not known';
  return `~${durationText(tracerNs.inside)} within each traced call, ~${durationText(tracerNs.outside)} in its caller; ${isLeftIn ? 'left in' : 'taken out'}`;
}
