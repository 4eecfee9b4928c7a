import type { MachineResult } from './engine/machine.ts';

/** Pages given back in one run: how many in all at each time, rising. */
export interface Returns {
  readonly atNs: Float64Array;
  readonly pages: Float64Array;
}

/** A run's result as it is kept: a sweep of millions of frees would not fit with each return. */
export type RunResult = Omit<MachineResult, 'returnedAtNs' | 'returnedPages'> & { readonly returns: Returns };

/** Parts of the time of a run of which the last return is kept; charts have a twentieth of that. */
const SLOTS = 4096;
/** Shares of the pool's pages whose time is asked for: that return is kept as well. */
const SHARES = [0.5, 0.9, 1];

/**
 * A run without its single returns. As many as there are slots stay as they are; of more the last of each slot
 * stays, the last before the end of the frees, and those with which shares of the pool were back.
 * @param totalNs When the last free ended.
 * @param poolPages Pages of the pool when the first free began.
 */
export function withReturns(result: MachineResult, totalNs: number, poolPages: number): RunResult {
  const { returnedAtNs: at, returnedPages, ...rest } = result;
  const pages = new Float64Array(returnedPages.length);
  let sum = 0;
  for (let k = 0; k < pages.length; k++) {
    sum += returnedPages[k]!;
    pages[k] = sum;
  }
  if (at.length <= SLOTS) return { ...rest, returns: { atNs: at, pages } };
  const slotNs = at.at(-1)! / SLOTS;
  const shares = SHARES.map((share) => share * poolPages);
  const kept: number[] = [];
  let before = 0;
  let slot = Math.floor(at[0]! / slotNs);
  let nextShare = 0;
  for (let k = 0; k < at.length; k++) {
    const next = k + 1 < at.length ? at[k + 1]! : Number.POSITIVE_INFINITY;
    const nextSlot = Math.floor(next / slotNs);
    const isLastFree = at[k]! <= totalNs && next > totalNs;
    let isShare = false;
    for (; nextShare < shares.length && pages[k]! >= shares[nextShare]!; nextShare++)
      isShare ||= before < shares[nextShare]!;
    if (nextSlot > slot || isLastFree || isShare) kept.push(k);
    before = pages[k]!;
    slot = nextSlot;
  }
  return {
    ...rest,
    returns: {
      atNs: Float64Array.from(kept, (k) => at[k]!),
      pages: Float64Array.from(kept, (k) => pages[k]!),
    },
  };
}

/** Pages given back until a time. */
export function returnedBy({ atNs, pages }: Returns, ns: number): number {
  let k = 0;
  while (k < atNs.length && atNs[k]! <= ns) k++;
  return k === 0 ? 0 : pages[k - 1]!;
}

/** When so many pages had come back, ns; infinite when they never did. */
export function timeReturned({ atNs, pages }: Returns, count: number): number {
  const k = pages.findIndex((sum) => sum >= count);
  return k < 0 ? Number.POSITIVE_INFINITY : atNs[k]!;
}
