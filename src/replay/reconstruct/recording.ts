import { Geometry } from '../../model/zsmalloc/geometry.ts';
import type { CompactionStep, OperationTable } from '../../trace/operations.ts';
import type { SideTable } from '../../trace/side-tables.ts';
import { detectEra } from '../detect-era.ts';
import { type Reconstruction, reconstruct } from './reconstruct.ts';

/**
 * The operations of a recording, completed as `what-if` does it before it replays them.
 * @see reconstruct
 */
export function reconstructRecording(recording: {
  readonly operations: OperationTable;
  readonly compaction: readonly CompactionStep[];
  readonly kernelRelease: string;
  readonly sideTables: readonly SideTable[];
}): { readonly operations: OperationTable; readonly reconstruction: Reconstruction | null } {
  const { operations, compaction, kernelRelease, sideTables } = recording;
  const { era } = detectEra(operations, compaction, kernelRelease, false);
  return reconstruct(operations, { geometry: new Geometry(era.geometry), tables: sideTables, seed: 1 });
}
