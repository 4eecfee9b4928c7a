import { type Era, eraById, eraOn } from '../model/kernels/eras.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { type ZswapEra, zswapEraById } from '../model/zswap/eras.ts';
import type { CompactionStep, OperationTable } from '../trace/operations.ts';
import { detectEra } from './detect-era.ts';
import { detectShape, shapeText } from './detect-shape.ts';
import { replayStructure, type StructureReport } from './structure.ts';
import { batchesText } from './zswap/detect-batches.ts';
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
  /** What is known of the kernel's configuration; null: nothing. */
  readonly shape: PoolShape | null;
  /** Limit of the zswap pool in pages; null: told by the recording. */
  readonly poolPages: number | null;
  /** accept_threshold_percent. */
  readonly acceptPercent: number;
}

/** Replays the structure of a recording and judges each outcome that it shows. */
export function checkStructure(request: StructureRequest): StructureCheck {
  const { operations, compaction, kernelRelease } = request;
  const detected = (shape: PoolShape | null) =>
    request.era === null
      ? detectEra(operations, compaction, kernelRelease, false, operations, shape)
      : { era: eraOn(eraById(request.era), shape), basis: 'as asked (--kernel)' };
  const replayed = ({ era }: { readonly era: Era }) =>
    replayStructure(operations, compaction, new Geometry(era.geometry), era.fullness).report;
  const first = detected(request.shape);
  const report = replayed(first);
  const shown = request.shape === null ? detectShape(first.era, report, operations, compaction) : null;
  const { era, basis: told } = shown ? detected(shown) : first;
  const basis = shown ? `${told}; ${shapeText(shown)}` : told;
  const geometry = new Geometry(era.geometry);
  const zswap: { era: ZswapEra; basis: string } =
    request.zswapEra === null
      ? detectZswap(operations, kernelRelease)
      : { era: zswapEraById(request.zswapEra), basis: 'as asked (--zswap)' };
  const batches = batchesText(operations);
  return {
    schemaVersion: STRUCTURE_SCHEMA_VERSION,
    inputs: request.files,
    kernel: { era: era.id, title: era.title, basis },
    zsmalloc: shown ? replayed({ era }) : report,
    zswap: replayZswap(operations, compaction, {
      era: zswap.era,
      eraBasis: batches === null ? zswap.basis : `${zswap.basis}; ${batches}`,
      geometry,
      fullness: era.fullness,
      maxPages: request.poolPages,
      acceptPercent: request.acceptPercent,
    }),
  };
}
