import { engineNs, type IaaCosts } from '../../model/iaa/costs.ts';
import { mix } from '../engine/random.ts';
import type { PressureCodec } from './setup.ts';

/** Most pages of one request to the accelerator. */
const MAX_BATCH = 8;

/** What compressing and decompressing takes, ns; the accelerator's engines are shared by all CPUs. */
export class CodecTime {
  readonly #codec: PressureCodec;
  readonly #engines: Float64Array;

  constructor(codec: PressureCodec) {
    this.#codec = codec;
    this.#engines = new Float64Array(codec.kind === 'iaa' ? codec.engines : 0);
  }

  /** Pages, one request for each `batch` of them; software takes them one by one. */
  compress(now: number, pages: readonly number[], batch: number): number {
    const codec = this.#codec;
    if (codec.kind === 'iaa') return this.#requests(codec.compress, now, pages.length, batch);
    return sum(codec.compressNs, pages);
  }

  decompress(now: number, pages: readonly number[], isBatched: boolean): number {
    const codec = this.#codec;
    if (codec.kind === 'iaa')
      return this.#requests(codec.decompress, now, pages.length, isBatched ? MAX_BATCH : 1);
    return sum(codec.decompressNs, pages);
  }

  #requests(costs: IaaCosts, from: number, pages: number, batch: number): number {
    let now = from;
    const serviceNs = engineNs(costs, 4);
    const done: number[] = [];
    for (let first = 0; first < pages; first += batch) {
      now += costs.callNs;
      done.length = 0;
      for (let page = first; page < Math.min(first + batch, pages); page++) {
        now += costs.submitNs;
        const engine = this.#earliest();
        this.#engines[engine] = Math.max(now, this.#engines[engine]!) + serviceNs;
        done.push(this.#engines[engine]!);
      }
      for (const doneNs of done) now = Math.max(now, doneNs) + costs.completeNs;
    }
    return now - from;
  }

  #earliest(): number {
    const engines = this.#engines;
    let earliest = 0;
    for (let engine = 1; engine < engines.length; engine++)
      if (engines[engine]! < engines[earliest]!) earliest = engine;
    return earliest;
  }
}

function sum(quantiles: Float64Array, pages: readonly number[]): number {
  let total = 0;
  for (const page of pages) total += quantiles[mix(page, 1, 0) % quantiles.length]!;
  return total;
}
