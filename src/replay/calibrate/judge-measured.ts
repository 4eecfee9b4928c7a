import type { Validation } from '../result.ts';
import type { MeasuredResult } from './measured-result.ts';
import type { Measured } from './noise.ts';

/**
 * The verdict with measured untraced times in it: where no parameter set gives them, the model without
 * the tracer does not fit, however well it reproduces the traced recording. That is the first reason.
 */
export function judgedByMeasured(
  validation: Validation,
  measured: readonly Measured[],
  results: readonly MeasuredResult[],
  { tried, accepted }: { readonly tried: number; readonly accepted: number },
): Validation {
  if (measured.length === 0 || accepted > 0) return validation;
  const told = results.map(({ name, measuredNs, predictedNs: { value, lo, hi } }) => {
    const [text, unit] = name === 'munmap' ? [inMs, 'ms'] : [inUs, 'us'];
    return `${name} ${text(measuredNs)} ${unit} measured, ${text(value)} ${unit} (${text(lo)} to ${text(hi)}) predicted`;
  });
  const reason =
    told.length === 0
      ? `no parameter set of ${tried} reproduces the recording, so that none could be laid beside the measured time`
      : `without the tracer: ${told.join(', ')}; no parameter set of ${tried} gives both the recording and what was measured`;
  return { ...validation, verdict: 'does-not-fit', reasons: [reason, ...validation.reasons] };
}

const inMs = (ns: number) => (ns / 1e6).toPrecision(4);
const inUs = (ns: number) => (ns / 1e3).toPrecision(4);
