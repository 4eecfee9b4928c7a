import { applyDesigns, parseDesign } from '../model/designs/registry.ts';
import { ERAS, type Era, eraById, eraOn } from '../model/kernels/eras.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { type CompactionStep, OperationKind, type OperationTable } from '../trace/operations.ts';
import { countOverlaps } from './overlaps.ts';
import { replayStructure } from './structure.ts';
import { detectZswap } from './zswap/detect-zswap.ts';

/** The era of a recording, and what it was told by. */
export interface DetectedEra {
  readonly era: Era;
  readonly basis: string;
}

/** Era by mainline release; stable 6.1 changed at 6.1.47 (mm/zsmalloc.c of the releases). */
export function eraOfRelease(release: string): Era | null {
  const m = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release);
  if (!m) return null;
  const [major, minor, patch] = [Number(m[1]), Number(m[2]), Number(m[3] ?? 0)];
  const version = major * 100 + minor;
  if (version < 504) return null;
  if (version <= 516) return eraById('A');
  if (version === 601) return eraById(patch >= 47 ? 'C-6.1' : 'B');
  if (version <= 600) return eraById('B');
  if (version === 602) return eraById('C-6.1');
  if (version <= 610) return eraById('C');
  if (version <= 614) return eraById('D');
  if (version <= 702) return eraById('E');
  return eraById('F');
}

/** Fewer releases of zspages than this say nothing of the longest chain. */
const LEAST_RELEASES = 50;
/** Up to this share of frees may show a lock that belongs to an interrupt, or to the end of a cut call. */
const FEW = 0.05;
/** Fewer frees that overlap say nothing of what they share. */
const LEAST_OVERLAPS = 50;
/** One lock for all makes more than this share of overlapping frees wait: it is held for a third of each. */
const WAITS_OF_ONE_LOCK = 0.25;

/**
 * The era that a recording shows: by its release, else by the locks of zs_free and by whose rules
 * explain the zspages that were made and released. A kernel whose zs_free differs from its era's in a way
 * that a design describes is that era with the design.
 * @param serialised Frees never overlap though several tasks free: the swap device's lock is held.
 * @param graph Recording that shows the calls of zs_free, when it is another one of the same workload.
 * @param shape What is known of the machine's configuration; null: the usual one of a PC.
 */
export function detectEra(
  ops: OperationTable,
  compaction: readonly CompactionStep[],
  kernelRelease: string,
  serialised: boolean,
  graph: OperationTable = ops,
  shape: PoolShape | null = null,
): DetectedEra {
  const on = ({ era, basis }: DetectedEra): DetectedEra => ({ era: eraOn(era, shape), basis });
  const count = countLocks(graph);
  const hasReaderLock = count.poolLocks > FEW * count.locks;
  const lacksReaderLock = count.locks > 0 && !hasReaderLock && showsReaderLocks(graph);
  const byRelease = eraOfRelease(kernelRelease);
  if (byRelease) {
    const basis = `the trace says that it is of ${kernelRelease}`;
    return patched(on({ era: byRelease, basis }), lacksReaderLock, graph);
  }
  const found = withoutRelease(ops, compaction, serialised, lacksReaderLock, count, graph, shape);
  return patched(on(found), lacksReaderLock, graph);
}

function withoutRelease(
  ops: OperationTable,
  compaction: readonly CompactionStep[],
  serialised: boolean,
  lacksReaderLock: boolean,
  { releases, mostPages, poolLocks, locks }: ReturnType<typeof countLocks>,
  graph: OperationTable,
  shape: PoolShape | null,
): DetectedEra {
  const old = ERAS.find((era) => era.id === 'C-6.1')!;
  const agreement = (era: Era) => {
    const { geometry } = eraOn(era, shape);
    const { report } = replayStructure(ops, compaction, new Geometry(geometry), era.fullness);
    const judged = report.mallocsJudged + report.freesJudged + report.zspageJudged;
    // Without sizes the pages of released zspages tell: no zspage has more than four before 6.3.
    if (judged === 0) return releases >= LEAST_RELEASES && mostPages <= 4 === geometry.chainSize <= 4 ? 1 : 0;
    return (report.mallocsAgree + report.freesAgree + report.zspageAgree) / judged;
  };
  const isOld = agreement(old) > agreement(eraById('D'));
  // zswap frees outside of si->lock when it loads or stores: that frees overlap tells nothing then.
  const zswap = ops.zswap.size > 0 ? detectZswap(ops, '') : null;
  if (lacksReaderLock) {
    const unlocked = releases > 0 && graph.releasesUnlocked;
    const newer = sinceObjectReads(ops, graph) ?? (zswap?.zsmalloc === 'E' ? zswap.basis : null);
    if (unlocked || (newer !== null && releases === 0)) {
      const why = unlocked ? "a zspage's pages go back behind the lock" : newer;
      return { era: eraById('F'), basis: `zs_free takes one spinlock and no reader lock; ${why}` };
    }
    if (newer !== null) return { era: eraById('E'), basis: newer };
    const { overlaps, waits } = countOverlaps(graph);
    const hasClassLocks = overlaps >= LEAST_OVERLAPS && waits < WAITS_OF_ONE_LOCK * overlaps;
    if (isOld) return { era: old, basis: 'zs_free takes one spinlock; zspages follow the rules before 6.3' };
    if (!hasClassLocks) {
      return {
        era: eraById('C'),
        basis: 'zs_free takes one spinlock and no reader lock; no release in the trace',
      };
    }
    return {
      era: eraById('E'),
      basis: `of ${overlaps} frees that overlap another task's ${waits} waited: there is a lock for each class; no release in the trace`,
    };
  }
  const rules = 'zspages follow the rules before 6.3';
  if (isOld && poolLocks === 0)
    return { era: old, basis: `${rules}; whether zs_free takes a reader lock is not shown` };
  if (isOld) return { era: eraById('B'), basis: `zs_free takes a reader lock; ${rules}` };
  if (zswap?.zsmalloc)
    return { era: eraById(zswap.zsmalloc), basis: `of the same kernel as zswap: ${zswap.basis}` };
  if (countOverlaps(graph).overlaps > FEW * locks)
    return { era: eraById('E'), basis: 'frees of several CPUs overlap: nothing is held over them all' };
  // 6.15 has zs_obj_read_begin and zs_obj_write instead, for zram and zswap, and locks of clusters.
  if ([ops, graph].some(({ accessedBy }) => accessedBy.has('zs_map_object')))
    return { era: eraById('D'), basis: 'zs_free takes two locks, and 6.15 has no zs_map_object any more' };
  if (serialised)
    return { era: eraById('D'), basis: 'frees of several CPUs never overlap: si->lock is held over them' };
  return {
    era: eraById('E'),
    basis:
      'nothing in the trace tells kernels with si->lock (6.11 to 6.14) from later ones; --kernel says it',
  };
}

/** That no reader lock is seen says something: calls are traced that every zs_free makes, or such locks elsewhere. */
function showsReaderLocks(graph: OperationTable): boolean {
  const always = ['kmem_cache_free', 'obj_free', 'fix_fullness_group'];
  if (always.some((name) => graph.calledByFree.has(name))) return true;
  for (let row = 0; row < graph.length; row++)
    if (graph.kind[row] !== OperationKind.Free && !Number.isNaN(graph.parts.poolLock.get(row))) return true;
  return false;
}

/** The function by which objects are read or written since 6.15; null where none is seen. */
function sinceObjectReads(ops: OperationTable, graph: OperationTable): string | null {
  for (const { accessedBy } of [ops, graph])
    for (const name of accessedBy) if (/^zs_obj_(?:read|write)/.test(name)) return `${name}: 6.15 or newer`;
  return null;
}

/** The era with the designs that the recorded zs_free shows to have been applied already. */
function patched({ era, basis }: DetectedEra, lacksReaderLock: boolean, graph: OperationTable): DetectedEra {
  const shown: { readonly id: string; readonly why: string }[] = [];
  const takesReaderLock = era.kernel.paths.zs_free!.some((step) => step.do === 'read-lock');
  if (takesReaderLock && lacksReaderLock)
    shown.push({ id: 'class-idx', why: 'zs_free takes no reader lock' });
  const freesUnlocked = graph.calledByFree.has('__free_zspage_lockless');
  const isClassIdx = takesReaderLock && 'class->lock' in era.kernel.locks;
  if (freesUnlocked && isClassIdx)
    shown.push({ id: 'drop-lock', why: '__free_zspage_lockless frees the zspage' });
  if (shown.length === 0) return { era, basis };
  const design = shown.map(({ id }) => id).join('+');
  return {
    era: {
      ...era,
      title: `${era.title}; already with ${design}`,
      kernel: applyDesigns(era.kernel, parseDesign(design)),
    },
    basis: `${basis}; ${shown.map(({ why }) => why).join(' and ')}`,
  };
}

/** What the frees show: locks of each kind, and zspages that were released with their pages. */
function countLocks(ops: OperationTable) {
  const count = { poolLocks: 0, locks: 0, releases: 0, mostPages: 0 };
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free) continue;
    if (!Number.isNaN(ops.parts.poolLock.get(row))) count.poolLocks++;
    if (!Number.isNaN(ops.parts.lock.get(row))) count.locks++;
    if (ops.seenReleasedPages[row]! > 0) count.releases++;
    count.mostPages = Math.max(count.mostPages, ops.seenReleasedPages[row]!);
  }
  return count;
}
