import type { Rejection } from '../../../model/zswap/store.ts';

/** Folios that were refused for one cause, and their pages. */
export interface Refused {
  readonly folios: number;
  readonly pages: number;
}

/** Where entries and the pages that they are for lie, on a machine of several nodes. */
export interface EntryNodes {
  readonly nodes: number;
  /** Share of the pages that lie on another node than the CPU that stores them: assumed. */
  readonly pagesElsewhere: number;
  readonly entries: number;
  /** Entries on another node than their page: on the list of that node, and so found by its shrinker. */
  readonly entriesElsewhere: number;
  /** Entries on another node than the CPU that writes them. */
  readonly entriesFarFromCpu: number;
  /** Pages written back from the list of a node that they do not lie on. */
  readonly writtenBackElsewhere: number;
}

/** What became of all operations: which folios are stored, which entries exist, what is written back. */
export interface StoreFates {
  /** As recorded, or by the rules of zswap over other sizes, another kernel or another limit. */
  readonly basis: 'recorded' | 'modelled';
  readonly storedFolios: number;
  readonly storedPages: number;
  readonly refused: Readonly<Partial<Record<Rejection | 'not shown', Refused>>>;
  readonly writtenBack: number;
  readonly staleEntries: { readonly replaced: number; readonly erased: number };
  /** Loads that the recording finds in zswap and this does not, and the other way round. */
  readonly loadsLost: number;
  readonly loadsGained: number;
  /** Most pages that the pool held at once; null where neither sizes nor new zspages are recorded. */
  readonly poolPages: number | null;
  readonly objects: number;
  /** Null where no size is recorded. */
  readonly meanBytes: number | null;
  /** Null for one node. */
  readonly nodes: EntryNodes | null;
}
