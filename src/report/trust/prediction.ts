import type { PredictedComparison } from '../../replay/predicted/result.ts';
import { linesOf, type TrustBox } from './trust-box.ts';

/** What a prediction beside what was measured rests on. */
export function trustOfPrediction(result: PredictedComparison): TrustBox {
  const { tool, prediction, after } = result;
  const inputs = [
    ...prediction.inputs.map((input) => ({ role: 'predicted from', ...input })),
    ...after.recordings.flatMap((one) => one.inputs.map((input) => ({ role: 'after', ...input }))),
  ];
  return {
    tool,
    inputs,
    ...linesOf(inputs),
    lostRecords: after.recordings.reduce((sum, { lostRecords }) => sum + lostRecords, 0),
    tracingOverhead: `the prediction is of ${prediction.world === 'traced' ? 'a traced kernel, as the recordings are' : 'a kernel without tracer, the recordings are of a traced one'}`,
    calibration: [`the what-if and what it was made of: ${prediction.file}`],
    rests: [
      { basis: 'measured', what: 'figures of the recordings of the patched kernel: their median' },
      { basis: 'modelled', what: 'predictions: the median of the runs, with the middle 90 %' },
    ],
    validation: { verdict: prediction.verdict, reasons: [] },
  };
}
