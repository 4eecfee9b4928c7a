import type { Reproduction } from '../../replay/reproduce/reproduce.ts';
import type { TrustBox } from './trust-box.ts';

/** What the predictions of published figures rest on. */
export function trustOfReproduction(result: Reproduction, tool: TrustBox['tool']): TrustBox {
  const { platforms, summary, storeSummary } = result;
  const rows = summary.coverage.rows + storeSummary.coverage.rows;
  const inside = summary.coverage.inside + storeSummary.coverage.inside;
  return {
    tool,
    inputs: [],
    lines: 0,
    understoodLines: 0,
    lostRecords: null,
    tracingOverhead: 'none: published times are of kernels without a tracer',
    calibration: [
      ...platforms.map(
        ({ title, calibratedOn, tried, accepted }) =>
          `${title}: ${accepted} of ${tried} parameter sets give ${calibratedOn.join(', ')}`,
      ),
      ...platforms.flatMap(({ title, numbers }) =>
        Object.entries(numbers).map(([name, { source }]) => `${title}, ${name}: ${source}`),
      ),
    ],
    rests: [
      { basis: 'measured', what: 'published times, as the patches and mails give them' },
      { basis: 'modelled', what: 'predictions: the median of the parameter sets, with the middle 90 %' },
      ...platforms.map(({ title, numbers }) => ({
        basis: 'assumed' as const,
        what: `${title}, what is left of published ranges: ${Object.entries(numbers)
          .map(([name, { median, lo, hi }]) => `${name} ${text(median)} (${text(lo)} to ${text(hi)})`)
          .join(', ')}`,
      })),
    ],
    validation: {
      verdict: `90 % intervals hold ${inside} of ${rows} held-out rows`,
      reasons: ['the mechanisms were chosen by people who knew the figures: not a blind prediction'],
    },
  };
}

function text(value: number): string {
  return String(Number(value.toPrecision(3)));
}
