import type { FullnessRule } from '../../model/zsmalloc/fullness.ts';
import type { Geometry } from '../../model/zsmalloc/geometry.ts';
import type { ZswapCounter, ZswapEra } from '../../model/zswap/eras.ts';
import type { StructureDifference } from '../structure.ts';

/** What the replay is told beside the recording. */
export interface ZswapReplayOptions {
  readonly era: ZswapEra;
  readonly eraBasis: string;
  readonly geometry: Geometry;
  readonly fullness: FullnessRule;
  /** Limit of the pool in pages; null: told by the recording. */
  readonly maxPages: number | null;
  /** accept_threshold_percent. */
  readonly acceptPercent: number;
}

/** How many of the operations of one kind the recording shows the outcome of, and how many agree. */
export interface Agreement {
  readonly operations: number;
  readonly judged: number;
  readonly agree: number;
}

/** How the pool's limit is known. */
export interface LimitBasis {
  /** Pages that the model used; null without a limit. */
  readonly maxPages: number | null;
  readonly acceptPages: number | null;
  /** `given`: an option; `first refusal`: the pool's size when the first folio was refused for it; `none`. */
  readonly basis: 'given' | 'first refusal' | 'none';
  /** Later decisions that were used to find it as well: the others are predicted. */
  readonly narrowedBy: number;
  /** Limits that give every recorded decision; null when none does, or there was nothing to decide. */
  readonly consistent: readonly [least: number, most: number] | null;
}

/** A structural replay of zswap beside what the recording shows. */
export interface ZswapReport {
  /** The version that was replayed, with what it does. */
  readonly version: ZswapEra;
  readonly versionBasis: string;
  readonly limit: LimitBasis;
  /** Stored or not, and why not. */
  readonly stores: Agreement;
  /** Folios refused, by cause, as recorded. */
  readonly refused: Readonly<Record<string, number>>;
  /** Found in zswap or not. */
  readonly loads: Agreement;
  /** An entry freed or none. */
  readonly invalidates: Agreement;
  /** Entries that the shrinker looked at and left: their second chance. */
  readonly looks: Agreement;
  /** Which entry is written back. */
  readonly victims: Agreement;
  /** What the writeback returned. */
  readonly writebacks: Agreement;
  /** Slot, bytes and object of each entry freed. */
  readonly entryFrees: Agreement;
  /** Entries that got their second chance, by the model. */
  readonly secondChances: number;
  /** Counters of debugfs as the model has them at the end. */
  readonly counters: Readonly<Partial<Record<ZswapCounter, number>>>;
  /** Entries at the end of the recording. */
  readonly entriesLeft: number;
  /** Operations on slots that were stored before the recording began. */
  readonly ofOlder: number;
  readonly differences: readonly StructureDifference[];
  /** What the recording does not show, so that it was taken as it came. */
  readonly notes: readonly string[];
}
