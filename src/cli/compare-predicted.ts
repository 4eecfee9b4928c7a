import { callsOf, comparePredicted, waitsWithin } from '../replay/predicted/compare-predicted.ts';
import { type MeasuredCalls, MeasuredCallsReader } from '../replay/predicted/measured-calls.ts';
import { PredictionError, readPrediction } from '../replay/predicted/read-prediction.ts';
import { renderJson } from '../report/json.ts';
import { renderPredictedText } from '../report/predicted-text.ts';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import { keepInputs } from './keep-inputs.ts';
import { writeTo } from './output.ts';
import { eachRecording, readRecording } from './read-summaries.ts';
import { textOfFile } from './text-of-file.ts';
import { toolOf } from './tool.ts';

export interface PredictedOptions {
  readonly predicted: string;
  readonly design?: readonly string[];
  readonly function?: readonly string[];
  readonly json?: boolean;
  readonly output?: string;
  readonly quiet: boolean;
  readonly format: string | null;
}

/** Lays a what-if beside recordings of the kernel that was really patched. */
export async function comparePrediction(after: readonly string[], options: PredictedOptions): Promise<void> {
  const { predicted, quiet, format } = options;
  if (after.length === 0)
    throw new UsageError('no recording of the patched kernel: --predicted FILE AFTER...');
  keepInputs([...after, predicted], [options.output]);
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
    await writeTo(options.output, options.json ? renderJson(result) : renderPredictedText(result));
  } catch (error) {
    if (error instanceof PredictionError) throw new InputError(error.message);
    throw error;
  }
}
