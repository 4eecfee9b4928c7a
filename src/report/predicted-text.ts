import type { PredictedComparison, PredictedDesign, PredictedFigure } from '../replay/predicted/result.ts';
import { changeText } from './compare-summary.ts';
import { countText, durationText } from './quantities.ts';
import { ascii, clip, WIDTH, wrap } from './text/layout.ts';

/** Predicted beside measured, as plain ASCII text of at most 72 columns. */
export function renderPredictedText(result: PredictedComparison): string {
  const { designs, warnings, prediction, after } = result;
  const lines = [
    ...wrap(
      `Predicted beside measured: ${countText(designs.length, 'design')} of a what-if, ${countText(after.recordings.length, 'recording')} of the patched kernel; calls of ${after.function}.`,
      '',
    ),
    ...designs.flatMap((design) =>
      wrap(
        `${design.id}: ${design.inside} of ${design.measured} measured figures lie within the predicted intervals.`,
        '',
      ),
    ),
    ...(warnings.length === 0 ? [] : ['', 'Take care']),
    ...warnings.flatMap(({ text }) => wrap(text, '  ', '- ')),
    ...designs.flatMap(designLines),
    '',
    'What this is',
    ...wrap(
      'predicted: modelled, the median and the middle 90 % of the runs. measured: the median of the recordings. error: predicted against measured. change: against the base, modelled and measured.',
      '',
    ),
    '',
    'What was read',
    clip(`what-if: ${prediction.file} (base: ${prediction.verdict}, ${prediction.world})`, WIDTH),
    ...after.recordings.map(({ inputs, calls }) =>
      clip(`after: ${inputs.map(({ name }) => name).join(', ')} (${countText(calls, 'call')})`, WIDTH),
    ),
  ];
  return `${lines.map((line) => ascii(line.trimEnd())).join('\n')}\n`;
}

function designLines({ id, figures }: PredictedDesign): string[] {
  return [
    '',
    clip(`Design ${id}`, WIDTH),
    cells(['', 'predicted', '90 % of the runs', 'measured', 'error', 'in']),
    ...figures.map((figure) => {
      const { name, predicted, measured, error, inside } = figure;
      const text = textOf(figure);
      return cells([
        name,
        text(predicted.value),
        `${text(predicted.lo)}..${text(predicted.hi)}`,
        text(measured),
        changeText(error),
        inside === null ? '?' : inside ? 'yes' : 'NO',
      ]);
    }),
    ...changes(figures),
  ];
}

function changes(figures: readonly PredictedFigure[]): string[] {
  const known = figures.filter(({ change }) => change.predicted !== null && change.measured !== null);
  if (known.length === 0) return [];
  const texts = known.map(
    ({ name, change }) => `${name} ${changeText(change.predicted)} (measured ${changeText(change.measured)})`,
  );
  return wrap(`Change against the base: ${texts.join('; ')}`, '', '');
}

function textOf({ unit }: PredictedFigure): (value: number | null) => string {
  return (value) => (unit === 'ns' ? durationText(value) : value === null ? '-' : String(Math.round(value)));
}

function cells([name, predicted, interval, measured, error, inside]: readonly string[]): string {
  return `${clip(name!, 20).padEnd(20)}${predicted!.padStart(10)}${interval!.padStart(18)}${measured!.padStart(10)}${error!.padStart(9)} ${inside}`;
}
