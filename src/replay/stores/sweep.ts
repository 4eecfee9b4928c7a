import { DesignError } from '../../model/designs/design.ts';
import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { Interval } from '../interval.ts';
import type { StoreFates } from './fates/result.ts';
import type { AskedDesign } from './predict-stores.ts';
import type { GroupPrediction, IaaPrediction, StorePrediction } from './store-summary.ts';

/** Values to go through, all with all; the first of each is what the report is about. Null: as it is. */
export interface SweepRequest {
  readonly batchSizes: readonly number[] | null;
  readonly engines: readonly number[] | null;
  readonly processes: readonly number[] | null;
  readonly folioPages: readonly number[];
}

/** One of all combinations. */
export interface SweepPoint {
  readonly batchSize: number | null;
  readonly engines: number | null;
  readonly processes: number | null;
  readonly folioPages: number;
}

export interface SweepCase extends SweepPoint {
  readonly designs: readonly AskedDesign[];
}

type LatencyName = 'meanNs' | 'p50Ns' | 'p99Ns' | 'maxNs';

/** Figures of one kernel in one case. */
export interface SweptFigures {
  readonly id: string;
  /** Calls of zswap_store that succeed, by pages of the folio. */
  readonly stores: readonly Pick<GroupPrediction, 'pages' | 'members' | 'operations' | LatencyName>[];
  readonly storeNsPerPage: Interval;
  readonly storeSpeedup: Interval;
  readonly storedPagesPerSecond: Interval;
  readonly cpuNs: Interval;
  readonly lockWaitNs: Readonly<Record<string, Interval>>;
  readonly iaa: IaaPrediction | null;
  readonly fates: StoreFates;
}

/** A case and what came of it, the base first. */
export interface SweptCase extends SweepPoint {
  readonly figures: readonly SweptFigures[];
}

/**
 * All combinations.
 * @throws {DesignError} when a batch size is asked for, and no design has batches of it.
 */
export function sweepCases(request: SweepRequest, designs: readonly AskedDesign[]): readonly SweepCase[] {
  const orAsItIs = (values: readonly number[] | null) => values ?? [null];
  return request.folioPages.flatMap((folioPages) =>
    orAsItIs(request.processes).flatMap((processes) =>
      orAsItIs(request.engines).flatMap((engines) =>
        orAsItIs(request.batchSizes).map((batchSize) => ({
          folioPages,
          processes,
          engines,
          batchSize,
          designs: batchSize === null ? designs : withSize(designs, batchSize),
        })),
      ),
    ),
  );
}

/** Figures of a case. */
export function caseOf(
  { batchSize, engines, processes, folioPages }: SweepCase,
  base: StorePrediction,
  designs: readonly StorePrediction[],
): SweptCase {
  const figures = [base, ...designs].map(
    ({ id, groups, storeNsPerPage, storeSpeedup, storedPagesPerSecond, cpuNs, lockWaitNs, iaa, fates }) => ({
      id,
      stores: groups
        .filter(({ path }) => path === ZSWAP_PATHS.store)
        .map(({ pages, members, operations, meanNs, p50Ns, p99Ns, maxNs }) => ({
          pages,
          members,
          operations,
          meanNs,
          p50Ns,
          p99Ns,
          maxNs,
        })),
      storeNsPerPage,
      storeSpeedup,
      storedPagesPerSecond,
      cpuNs,
      lockWaitNs,
      iaa,
      fates,
    }),
  );
  return { batchSize, engines, processes, folioPages, figures };
}

/** Each part that has an option `size` gets this one; its text stays as it was asked for. */
function withSize(designs: readonly AskedDesign[], size: number): readonly AskedDesign[] {
  let found = false;
  const sized = designs.map(({ text, chosen }) => ({
    text,
    chosen: chosen.map(({ design, options }) => {
      const option = design.options.find(({ name }) => name === 'size');
      if (!option) return { design, options };
      found = true;
      if (size < option.least || size > option.most)
        throw new DesignError(`${design.id}: batches of ${option.least} to ${option.most}, not ${size}`);
      return { design, options: { ...options, size } };
    }),
  }));
  if (!found) throw new DesignError('--batch-size is for designs with batches: batch-store, iaa-batch');
  return sized;
}
