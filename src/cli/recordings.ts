import { OperationRecording } from '../analysis/operations/recording.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { sniffSideData } from '../parsers/side-data.ts';
import { preemptionShownBy } from '../replay/cpu-sharing.ts';
import { releaseOf, shapeOf } from '../replay/machine-of.ts';
import type { Recording } from '../replay/run-what-if.ts';
import type { SideTable } from '../trace/side-tables.ts';
import { headOfFile } from './head-of-file.ts';
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
    const reader = new InputReader(sideDataFirst(inputs), {
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

/** What side data say of zsmalloc's configuration, and what is asked for instead; null: nothing is known. */
export function shapeWith(tables: readonly SideTable[], asked: PoolShape | null): PoolShape | null {
  const told = shapeOf(tables);
  return told === null && asked === null ? null : { ...told, ...asked };
}

const HEAD_BYTES = 1 << 13;

/** Definitions of probes must be known before their events: small files that are side data come first. */
function sideDataFirst(inputs: readonly string[]): readonly string[] {
  if (inputs.length < 2) return inputs;
  const isSide = new Map(inputs.map((name) => [name, isSideData(name)]));
  return [...inputs.filter((name) => isSide.get(name)), ...inputs.filter((name) => !isSide.get(name))];
}

function isSideData(name: string): boolean {
  const head = headOfFile(name, HEAD_BYTES);
  return head !== null && sniffSideData(head);
}

/**
 * A recording as what-if and calibrate need it.
 * @param asked Configuration of zsmalloc as given; it goes before what side data say.
 * @throws {InputError} when nothing can be read.
 */
export async function recordingOf(
  names: readonly string[],
  read: { readonly quiet: boolean; readonly hash: boolean },
  asked: PoolShape | null = null,
): Promise<Recording> {
  const recording = await readOperations(names, read);
  const cost = recording.overhead.estimate();
  return {
    operations: recording.operations,
    compaction: recording.compaction,
    kernelRelease: recording.kernelRelease || releaseOf(recording.sideTables),
    shape: shapeWith(recording.sideTables, asked),
    onlineCpus: recording.onlineCpus,
    files: recording.files,
    tracer: cost === null ? null : { insideNs: cost.insideNs, outsideNs: cost.outsideNs },
    tables: recording.sideTables,
    lostRecords: recording.diagnostics.count('lost-events'),
    findings: recording.diagnostics.list(),
    preemption: preemptionShownBy((name) => recording.hasFunction(name)),
  };
}
