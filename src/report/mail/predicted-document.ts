import type { PredictedComparison, PredictedDesign, PredictedFigure } from '../../replay/predicted/result.ts';
import { changeText } from '../compare-summary.ts';
import { countText, durationText } from '../quantities.ts';
import { trustOfPrediction } from '../trust/prediction.ts';
import { SIGNS, SIGNS_LEGEND } from '../trust/trust-box.ts';
import { number, type ReviewDocument, type Table, text } from './document.ts';

/** A prediction beside the really patched kernel for reviewers: how much came true, and the figures by design. */
export function predictedDocument(result: PredictedComparison): ReviewDocument {
  const { tool, prediction, after, designs, warnings } = result;
  const box = trustOfPrediction(result);
  const recordings = countText(after.recordings.length, 'recording');
  return {
    title: `Predicted and measured: ${designs.map(({ id }) => id).join(', ')}`,
    words: [
      `Predictions of ${countText(designs.length, 'design')} beside ${recordings} of the patched kernel (calls of ${after.function}).`,
      ...designs.map(
        ({ id, inside, measured }) =>
          `${id}: ${inside} of ${measured} measured figures lie within the predicted intervals.`,
      ),
      ...warnings.map((warning) => `Warning: ${warning.text}${/[.!?]$/.test(warning.text) ? '' : '.'}`),
    ],
    parts: designs
      .flatMap((design) => [figures(design), changes(design)])
      .filter(({ rows }) => rows.length > 0),
    method: [
      'Method: predicted is the median of the runs with their middle 90 %, made without these recordings; measured the median of the recordings.',
      `Input: ${inputsText(box.inputs)}; ${box.lostRecords ? `${box.lostRecords} records lost` : 'no record lost'}; ${tool.name} ${tool.version}.`,
    ],
    details: [
      `The what-if, base ${prediction.verdict.replaceAll('-', ' ')}: ${prediction.command}`,
      `Tracing: ${box.tracingOverhead}`,
      `${SIGNS_LEGEND}:`,
      ...box.rests.map(({ basis, what }) => `${SIGNS[basis]} ${what}`),
      ...box.inputs.map(({ role, name, sha256 }) => `${role}: ${name}: sha256 ${sha256}`),
    ],
    command: tool.command,
  };
}

function inputsText(inputs: ReturnType<typeof trustOfPrediction>['inputs']): string {
  return inputs.map(({ role, name, sha256 }) => `${role} ${name} ${sha256.slice(0, 12)}`).join(', ');
}

function figures({ id, figures: rows }: PredictedDesign): Table {
  return {
    kind: 'table',
    title: `${id}: predicted ${SIGNS.modelled} and measured ${SIGNS.measured}`,
    columns: [
      text('figure'),
      ...['predicted', 'from', 'to', 'measured', 'error'].map(number),
      text('inside'),
    ],
    rows: rows.map((figure) => {
      const { name, predicted, measured, error, inside } = figure;
      return [
        name,
        ...[predicted.value, predicted.lo, predicted.hi, measured].map(valueText(figure)),
        changeText(error),
        inside === null ? '?' : inside ? 'yes' : 'NO',
      ];
    }),
    note: '',
  };
}

function changes({ id, figures: rows }: PredictedDesign): Table {
  return {
    kind: 'table',
    title: `${id}: change against the base`,
    columns: [text('figure'), number('predicted'), number('measured')],
    rows: rows
      .filter(({ change }) => change.predicted !== null && change.measured !== null)
      .map(({ name, change }) => [name, changeText(change.predicted), changeText(change.measured)]),
    note: '',
  };
}

function valueText({ unit }: PredictedFigure): (value: number | null) => string {
  return (value) => (unit === 'ns' ? durationText(value) : value === null ? '-' : String(Math.round(value)));
}
