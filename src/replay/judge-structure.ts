import type { StructureReport } from './structure.ts';

/** Share of outcomes that may differ: failed page locks, racing allocators, a clock that stood still. */
const FITS_STRUCTURE = 0.95;
/** Up to this share of frees may be of objects that the recording does not show to be made. */
const FEW_OLDER = 0.05;

/**
 * Why the structure of the pool is not that of the recording: then zspages that frees empty are others, and what
 * follows from them too. Null when it agrees, or when too little of it is known to be judged.
 */
export function structureMisfit(structure: StructureReport): string | null {
  const { frees, freesOfOlder, freesReconstructed } = structure;
  if (freesOfOlder + freesReconstructed > FEW_OLDER * frees) return null;
  const parts = [
    ['new zspage or not', structure.mallocsAgree, structure.mallocsJudged],
    ['which zspage', structure.zspageAgree, structure.zspageJudged],
    ['object index', structure.objectIndexAgree, structure.objectIndexJudged],
    ['zspage released or not', structure.freesAgree, structure.freesJudged],
  ] as const;
  const off = parts.filter(([, agree, judged]) => agree < FITS_STRUCTURE * judged);
  if (off.length === 0) return null;
  const shares = off.map(([what, agree, judged]) => `${what} ${agree} of ${judged}`);
  return `the pool of the model is not that of the recording (agree: ${shares.join(', ')}): --kernel and --zsmalloc say what is replayed`;
}
