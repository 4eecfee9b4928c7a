import { OperationRecording } from '../analysis/operations/recording.ts';
import type { Recording } from '../replay/run-what-if.ts';
import { Progress } from './progress.ts';
import { InputReader } from './read-inputs.ts';
import { Spool } from './spool.ts';

/** Reads inputs for their operations. @throws {InputError} when nothing can be read. */
export async function readOperations(
  inputs: readonly string[],
  options: { readonly quiet: boolean; readonly hash: boolean },
): Promise<OperationRecording> {
  const spool = new Spool();
  const recording = new OperationRecording();
  try {
    const reader = new InputReader(inputs, {
      progress: new Progress(options.quiet),
      spool,
      hash: options.hash,
      format: null,
      merge: 'auto',
      again: false,
      warn: (message) => {
        if (!options.quiet) process.stderr.write(`trace-replay: ${message}\n`);
      },
    });
    await reader.read(recording);
  } finally {
    spool.remove();
  }
  return recording;
}

/** A recording as what-if and calibrate need it. @throws {InputError} when nothing can be read. */
export async function recordingOf(
  names: readonly string[],
  read: { readonly quiet: boolean; readonly hash: boolean },
): Promise<Recording> {
  const recording = await readOperations(names, read);
  const cost = recording.overhead.estimate();
  return {
    operations: recording.operations,
    compaction: recording.compaction,
    kernelRelease: recording.kernelRelease,
    files: recording.files,
    tracer: cost === null ? null : { insideNs: cost.insideNs, outsideNs: cost.outsideNs },
  };
}
