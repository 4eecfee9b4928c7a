import { eraById } from '../model/kernels/eras.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import { type ZswapEra, zswapEraById } from '../model/zswap/eras.ts';
import type { CompactionStep, OperationTable } from '../trace/operations.ts';
import { detectEra } from './detect-era.ts';
import { replayStructure, type StructureReport } from './structure.ts';
import { detectZswap } from './zswap/detect-zswap.ts';
import { replayZswap } from './zswap/replay-zswap.ts';
import type { ZswapReport } from './zswap/result.ts';

export const STRUCTURE_SCHEMA_VERSION = 1;

/** What the models of zsmalloc and zswap say of a recording's operations. */
export interface StructureCheck {
  readonly schemaVersion: typeof STRUCTURE_SCHEMA_VERSION;
  readonly inputs: readonly { readonly name: string; readonly format: string; readonly sha256: string }[];
  readonly kernel: { readonly era: string; readonly title: string; readonly basis: string };
  readonly zsmalloc: StructureReport;
  /** Null when the recording has no operation of zswap. */
  readonly zswap: ZswapReport | null;
}

export interface StructureRequest {
  readonly operations: OperationTable;
  readonly compaction: readonly CompactionStep[];
  readonly kernelRelease: string;
  readonly files: StructureCheck['inputs'];
  /** Era of zsmalloc by its letter, of zswap by its release; null: told by the recording. */
  readonly era: string | null;
  readonly zswapEra: string | null;
  /** Limit of the zswap pool in pages; null: told by the recording. */
  readonly poolPages: number | null;
  /** accept_threshold_percent. */
  readonly acceptPercent: number;
}

/** Replays the structure of a recording and judges each outcome that it shows. */
export function checkStructure(request: StructureRequest): StructureCheck {
  const { operations, compaction, kernelRelease } = request;
  const { era, basis } =
    request.era === null
      ? detectEra(operations, compaction, kernelRelease, false)
      : { era: eraById(request.era), basis: 'as asked (--kernel)' };
  const geometry = new Geometry(era.geometry);
  const zswap: { era: ZswapEra; basis: string } =
    request.zswapEra === null
      ? detectZswap(operations, kernelRelease)
      : { era: zswapEraById(request.zswapEra), basis: 'as asked (--zswap)' };
  return {
    schemaVersion: STRUCTURE_SCHEMA_VERSION,
    inputs: request.files,
    kernel: { era: era.id, title: era.title, basis },
    zsmalloc: replayStructure(operations, compaction, geometry, era.fullness).report,
    zswap: replayZswap(operations, compaction, {
      era: zswap.era,
      eraBasis: zswap.basis,
      geometry,
      fullness: era.fullness,
      maxPages: request.poolPages,
      acceptPercent: request.acceptPercent,
    }),
  };
}
