import type { FolioRules } from '../../../model/designs/failed-folio.ts';
import type { Pool } from '../../../model/zsmalloc/pool.ts';
import type { ZswapEra } from '../../../model/zswap/eras.ts';
import type { PoolLimit } from '../../../model/zswap/limits.ts';
import type { Row } from '../recorded-rows.ts';
import type { NodesRequest } from './nodes.ts';
import type { CompressedPages } from './page-sizes.ts';
import type { ShownList } from './shown-lists.ts';
import type { ShrinkPace } from './shrinking.ts';

/** An operation with its task and when it began. */
export interface TimedCall {
  readonly task: number;
  readonly cpu: number;
  readonly atNs: number;
  readonly row: Row;
}

/** The world that decides. */
export interface FateWorld {
  readonly era: ZswapEra;
  readonly rules: FolioRules;
  /** Entries come from the node of the CPU. */
  readonly entriesOfCpu: boolean;
  readonly limit: PoolLimit;
  /** Empty. */
  readonly pool: Pool;
  readonly compressed: CompressedPages;
  readonly nodes: NodesRequest;
  /** By operation, where the recording shows them: they hold as long as no other memcgs, or nodes, are asked for. */
  readonly lists: ReadonlyMap<number, ShownList>;
  readonly cpus: number;
  /** Who writes back: the worker that refused folios wake, or reclaim, where and as often as it was recorded to. */
  readonly shrinker: 'worker' | 'reclaim';
  readonly pace: ShrinkPace;
  /** Only what all comes to is wanted, and no rows. */
  readonly countsOnly?: boolean;
}

/** What became of one operation; several where a folio was split and its pages fared differently. */
export interface Decided {
  readonly task: number;
  readonly atNs: number;
  readonly row: Row;
}
