import { folioRules } from '../../../model/designs/failed-folio.ts';
import { ZSWAP_PATHS } from '../../../model/kernels/zswap.ts';
import type { KernelModel } from '../../../model/steps.ts';
import type { FullnessRule } from '../../../model/zsmalloc/fullness.ts';
import type { Geometry } from '../../../model/zsmalloc/geometry.ts';
import type { ZswapEra } from '../../../model/zswap/eras.ts';
import { limitOf, type PoolLimit } from '../../../model/zswap/limits.ts';
import type { OperationTable } from '../../../trace/operations.ts';
import type { LimitBasis } from '../../zswap/result.ts';
import type { RecordedRows, Row } from '../recorded-rows.ts';
import type { SizesRequest, SizesUsed } from '../sizes.ts';
import { decideFates, type Fated, recordedFates } from './fates.ts';
import { type NodesRequest, ONE_NODE } from './nodes.ts';
import { compressedPages } from './page-sizes.ts';
import type { StoreFates } from './result.ts';
import { type WakeTime, wakeTime } from './worker-pace.ts';

/** max_pool_percent and accept_threshold_percent, as pages and percent; null: as recorded, and 90. */
export interface LimitRequest {
  readonly poolPages: number | null;
  readonly acceptPercent: number | null;
}

export const LIMIT_AS_RECORDED: LimitRequest = { poolPages: null, acceptPercent: null };
/** accept_threshold_percent of a kernel that nobody has told otherwise. */
export const ACCEPT_PERCENT = 90;

/** The limit that decides, and how it is known. */
export interface UsedLimit {
  readonly maxPages: number | null;
  readonly acceptPages: number | null;
  /** `asked`: an option; `recorded`: the pool's size at the first folio refused for it; `none`: none is known. */
  readonly basis: 'asked' | 'recorded' | 'none';
}

/** Fates of a recording, and what the model makes of the same sizes and limit. */
export interface FateCheck {
  readonly recorded: StoreFates;
  readonly modelled: StoreFates;
}

/** What may differ from the recording. */
export interface FateRequest {
  readonly ops: OperationTable;
  readonly rows: RecordedRows;
  readonly recorded: { readonly era: ZswapEra; readonly sizes: SizesUsed; readonly limit: LimitBasis | null };
  /** The kernel as recorded. */
  readonly kernel: KernelModel;
  readonly era: ZswapEra;
  readonly geometry: Geometry;
  readonly fullness: FullnessRule;
  readonly sizes: SizesRequest | null;
  readonly limit: LimitRequest;
  readonly nodes: NodesRequest;
  readonly cpus: number;
  /** The codec is IAA. */
  readonly isDevice: boolean;
  /** Base and designs. */
  readonly kernels: readonly KernelModel[];
}

/**
 * Decides what becomes of folios: as recorded, as long as nothing changes what zswap refuses or writes back; else by
 * its rules, for base and designs alike, or for those designs alone that change it.
 */
export class FateDecider {
  readonly limit: UsedLimit;
  /** Of some kernel at least. */
  readonly isModelled: boolean;
  readonly #always: boolean;
  readonly #isShrunk: boolean;
  readonly wake: WakeTime;
  readonly #request: FateRequest;
  readonly #known = new WeakMap<KernelModel, Map<number, Fated>>();

  /** @param wake How soon the worker runs, where that is known. */
  constructor(request: FateRequest, wake: WakeTime | null = null) {
    this.#request = request;
    const { sizes, limit, nodes, era, recorded, kernels } = request;
    this.limit = usedLimit(limit, recorded.limit);
    const { zswap } = request.rows;
    this.#isShrunk = zswap.writebacks.length > 0 || (zswap.refusals()['pool limit'] ?? 0) > 0;
    this.#always =
      sizes !== null ||
      limit.poolPages !== null ||
      limit.acceptPercent !== null ||
      nodes.nodes > 1 ||
      nodes.memcgs > 1 ||
      era.incompressible !== recorded.era.incompressible;
    this.isModelled = kernels.some((kernel) => this.#isModelledFor(kernel));
    const metLimit = recorded.limit !== null && recorded.limit.maxPages !== null;
    const writtenBack = request.rows.tasks.flat().filter(({ path }) => path === ZSWAP_PATHS.writeback).length;
    this.wake =
      wake ?? wakeTime(this.isModelled && metLimit ? writtenBack : null, (ns) => this.#asRecorded(ns));
  }

  /** Where nothing is written back, a pool that was full stays full. */
  #isModelledFor({ virtualSwap }: KernelModel): boolean {
    return this.#always || (this.#isShrunk && virtualSwap === true);
  }

  /** @param folioPages What `tasks` were made with: the same number, the same tasks. */
  decide(kernel: KernelModel, tasks: readonly (readonly Row[])[], folioPages: number): Fated {
    let ofKernel = this.#known.get(kernel);
    if (!ofKernel) {
      ofKernel = new Map();
      this.#known.set(kernel, ofKernel);
    }
    const known = ofKernel.get(folioPages);
    if (known) return known;
    const { ops, rows, recorded } = this.#request;
    const fated = this.#isModelledFor(kernel)
      ? decideFates(ops, rows, tasks, kernel, this.#settings(tasks))
      : { tasks, fates: recordedFates(rows, tasks, folioRules(kernel), recorded.sizes) };
    ofKernel.set(folioPages, fated);
    return fated;
  }

  /** The recording's own sizes, limit and kernel through the same rules: how far they are from what was recorded. */
  checked(): FateCheck | null {
    if (!this.isModelled) return null;
    const { rows, recorded, kernel } = this.#request;
    return {
      recorded: recordedFates(rows, rows.tasks, folioRules(kernel), recorded.sizes),
      modelled: this.#asRecorded(this.wake.ns),
    };
  }

  #asRecorded(wakeNs: number): StoreFates {
    const { ops, rows, recorded, geometry, fullness, cpus, kernel } = this.#request;
    return decideFates(ops, rows, rows.tasks, kernel, {
      era: recorded.era,
      geometry,
      fullness,
      limit: poolLimit(usedLimit(LIMIT_AS_RECORDED, recorded.limit)),
      compressed: compressedPages(rows.tasks, null, false),
      nodes: ONE_NODE,
      cpus,
      wakeNs,
    }).fates;
  }

  #settings(tasks: readonly (readonly Row[])[]) {
    const { era, geometry, fullness, sizes, nodes, cpus, isDevice } = this.#request;
    return {
      era,
      geometry,
      fullness,
      limit: poolLimit(this.limit),
      compressed: compressedPages(tasks, sizes, isDevice),
      nodes,
      cpus,
      wakeNs: this.wake.ns,
    };
  }
}

function usedLimit({ poolPages, acceptPercent }: LimitRequest, recorded: LimitBasis | null): UsedLimit {
  const maxPages = poolPages ?? recorded?.maxPages ?? null;
  if (maxPages === null) return { maxPages: null, acceptPages: null, basis: 'none' };
  const basis = poolPages === null ? 'recorded' : 'asked';
  return { ...limitOf(maxPages, acceptPercent ?? ACCEPT_PERCENT), basis };
}

function poolLimit({ maxPages, acceptPages }: UsedLimit): PoolLimit {
  return {
    maxPages: maxPages ?? Number.POSITIVE_INFINITY,
    acceptPages: acceptPages ?? Number.POSITIVE_INFINITY,
  };
}
