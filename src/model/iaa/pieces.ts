import { engineNs, type IaaCosts } from './costs.ts';

/**
 * Time to compress or decompress `kib` KiB in `pieces` pieces that are in flight together, ns: the CPU
 * submits one after the other, `engines` serve them in that order, the CPU then collects them.
 */
export function piecesNs(
  costs: IaaCosts,
  { kib, pieces, engines }: { readonly kib: number; readonly pieces: number; readonly engines: number },
): number {
  const service = engineNs(costs, kib / pieces);
  const free = new Float64Array(engines);
  let now = costs.callNs;
  const done: number[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    now += costs.submitNs;
    // All pieces are alike, so engines become free in the order in which they began.
    const engine = piece % engines;
    free[engine] = Math.max(now, free[engine]!) + service;
    done.push(free[engine]!);
  }
  for (const doneNs of done) now = Math.max(now, doneNs) + costs.completeNs;
  return now;
}
