import { ERAS, type Era, eraById } from '../model/kernels/eras.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import { type CompactionStep, OperationKind, type OperationTable } from '../trace/operations.ts';
import { replayStructure } from './structure.ts';

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

/**
 * The era that a recording shows: by its release, else by the locks of zs_free and by whose rules
 * explain the zspages that were made and released.
 * @param serialised Frees never overlap though several tasks free: the swap device's lock is held.
 */
export function detectEra(
  ops: OperationTable,
  compaction: readonly CompactionStep[],
  kernelRelease: string,
  serialised: boolean,
): DetectedEra {
  const byRelease = eraOfRelease(kernelRelease);
  if (byRelease) return { era: byRelease, basis: `the trace says that it is of ${kernelRelease}` };
  let poolLocks = 0;
  let locks = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free) continue;
    if (!Number.isNaN(ops.parts.poolLock.get(row))) poolLocks++;
    if (!Number.isNaN(ops.parts.lock.get(row))) locks++;
  }
  const old = ERAS.find((era) => era.id === 'C-6.1')!;
  const agreement = (era: Era) => {
    const { report } = replayStructure(ops, compaction, new Geometry(era.geometry), era.fullness);
    const judged = report.mallocsJudged + report.freesJudged;
    return judged === 0 ? 0 : (report.mallocsAgree + report.freesAgree) / judged;
  };
  const isOld = agreement(old) > agreement(eraById('D'));
  if (locks > 0 && poolLocks === 0) {
    if (isOld) return { era: old, basis: 'zs_free takes one spinlock; zspages follow the rules before 6.3' };
    return {
      era: eraById('C'),
      basis: 'zs_free takes one spinlock and no reader lock; no release in the trace',
    };
  }
  if (isOld)
    return { era: eraById('B'), basis: 'zs_free takes a reader lock; zspages follow the rules before 6.3' };
  if (serialised)
    return { era: eraById('D'), basis: 'frees of several CPUs never overlap: si->lock is held over them' };
  return {
    era: eraById('E'),
    basis:
      'frees of several CPUs overlap, or one task frees alone; no release in the trace (--kernel says it)',
  };
}
