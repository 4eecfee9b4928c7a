import { type Command, InvalidArgumentError } from 'commander';
import type { OperationRecording } from '../analysis/operations/recording.ts';
import { ERAS } from '../model/kernels/eras.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { ZSWAP_VERSIONS } from '../model/zswap/eras.ts';
import { checkStructure } from '../replay/check-structure.ts';
import { releaseOf } from '../replay/machine-of.ts';
import { renderStructureJson, renderStructureText } from '../report/structure-text.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { oneOf, poolShape, wholeNumber, ZSMALLOC_HELP } from './option-values.ts';
import { shapeWith } from './recordings.ts';

/** Options of `ops --check`. */
export interface CheckOptions {
  readonly check?: boolean;
  readonly kernel?: string;
  readonly zsmalloc?: PoolShape;
  readonly zswap?: string;
  readonly poolPages?: number;
  readonly acceptThreshold?: number;
  readonly json?: boolean;
}

/** Default of zswap's accept_threshold_percent. */
const ACCEPT_PERCENT = 90;

/** Adds the options of `--check`. */
export function addCheckOptions(command: Command): void {
  const eras = ERAS.map((era) => era.id);
  command
    .option('--check', 'replay the structure of zsmalloc and zswap and judge every outcome that is shown')
    .option('--kernel <era>', `with --check: era of zsmalloc, ${eras.join(', ')}`, oneOf(eras))
    .option('--zsmalloc <shape>', ZSMALLOC_HELP, poolShape)
    .option(
      '--zswap <version>',
      `with --check: version of zswap, ${ZSWAP_VERSIONS.join(', ')}`,
      oneOf(ZSWAP_VERSIONS),
    )
    .option('--pool-pages <n>', 'with --check: limit of the zswap pool in pages (max_pool_percent)', pages)
    .option(
      '--accept-threshold <percent>',
      `with --check: accept_threshold_percent (default: ${ACCEPT_PERCENT})`,
      wholeNumber(1),
    );
}

/** The report of `--check`. */
export function checkReport(recording: OperationRecording, options: CheckOptions): string {
  const result = checkStructure({
    operations: recording.operations,
    compaction: recording.compaction,
    kernelRelease: recording.kernelRelease || releaseOf(recording.sideTables),
    shape: shapeWith(recording.sideTables, options.zsmalloc ?? null),
    files: recording.files,
    era: options.kernel ?? null,
    zswapEra: options.zswap ?? null,
    poolPages: options.poolPages ?? null,
    acceptPercent: options.acceptThreshold ?? ACCEPT_PERCENT,
  });
  return options.json ? renderStructureJson(result) : renderStructureText(result);
}

/** @throws {UsageError} for options of `--check` without it. */
export function refuseCheckOptions(options: CheckOptions): void {
  if (options.check) return;
  const given = [
    ['--kernel', options.kernel],
    ['--zswap', options.zswap],
    ['--pool-pages', options.poolPages],
    ['--accept-threshold', options.acceptThreshold],
  ].find(([, value]) => value !== undefined);
  if (given) throw new UsageError(`${given[0]} belongs to --check`);
}

/** Pages: up to that of a large machine. */
function pages(text: string): number {
  const value = Number(text);
  if (!/^\d{1,12}$/.test(text) || value < 1) throw new InvalidArgumentError('expected a number of pages.');
  return value;
}
