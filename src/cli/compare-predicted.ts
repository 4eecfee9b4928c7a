import { callsOf, comparePredicted, waitsWithin } from '../replay/predicted/compare-predicted.ts';
import { type MeasuredCalls, MeasuredCallsReader } from '../replay/predicted/measured-calls.ts';
import { PredictionError, readPrediction } from '../replay/predicted/read-prediction.ts';
import type { PredictedComparison } from '../replay/predicted/result.ts';
import { renderPredictedJson } from '../report/json.ts';
import { predictedDocument } from '../report/mail/predicted-document.ts';
import { renderPredictedText } from '../report/predicted-text.ts';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import type { ExportOptions } from './export-options.ts';
import { keepInputs } from './keep-inputs.ts';
import { writeTo } from './output.ts';
import { writePage } from './page-output.ts';
import { eachRecording, readRecording } from './read-summaries.ts';
import { type ReportChoice, renderDocument } from './report-format.ts';
import { textOfFile } from './text-of-file.ts';
import { toolOf } from './tool.ts';

export interface PredictedOptions extends ExportOptions {
  readonly html?: string;
  readonly predicted: string;
  readonly design?: readonly string[];
  readonly function?: readonly string[];
  readonly choice: ReportChoice;
  readonly output?: string;
  readonly quiet: boolean;
  readonly format: string | null;
}

/** Lays a what-if beside recordings of the kernel that was really patched. */
export async function comparePrediction(after: readonly string[], options: PredictedOptions): Promise<void> {
  const { predicted, quiet, format } = options;
  if (after.length === 0)
    throw new UsageError('no recording of the patched kernel: --predicted FILE AFTER...');
  keepInputs([...after, predicted], [options.output, options.html]);
  const text = textOfFile(predicted);
  if (text === null) throw new InputError(`${predicted}: no such file`);
  try {
    const prediction = readPrediction(predicted, text);
    const asked = options.function ?? null;
    const recordings: MeasuredCalls[] = [];
    for (const name of eachRecording(after)) {
      const reader = new MeasuredCallsReader(
        asked ?? callsOf(prediction.times),
        waitsWithin(prediction.times, asked),
      );
      await readRecording(name, reader, { quiet, format });
      recordings.push(reader.result());
    }
    const tool = toolOf(process.argv.slice(2));
    const result = comparePredicted(tool, predicted, prediction, recordings, options.design ?? null);
    const wantsText = await writePage(options, [...after, predicted], async () => {
      const { renderPredictedHtml } = await import('../report/predicted-html.ts');
      return renderPredictedHtml(result);
    });
    if (!wantsText) return;
    await writeTo(options.output, mainReport(result, options.choice));
  } catch (error) {
    if (error instanceof PredictionError) throw new InputError(error.message);
    throw error;
  }
}

function mainReport(result: PredictedComparison, choice: ReportChoice): string {
  if (choice.format === 'json') return renderPredictedJson(result);
  if (choice.format === 'text') return renderPredictedText(result);
  return renderDocument(predictedDocument(result), choice);
}
