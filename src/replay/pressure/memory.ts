import type { World } from './world.ts';

/** Share of a node's memory, in ten thousandths, between two watermarks (watermark_scale_factor). */
const SCALE_FACTOR = 10;
const KIB_PER_PAGE = 4;

/** Pages of a node at which kswapd wakes (low), ends (high), and at which tasks reclaim themselves (min). */
export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Watermarks of memory in one zone a node (init_per_zone_wmark_min, __setup_per_zone_wmarks of 6.12):
 * min_free_kbytes is the root of 16 times the memory in KiB, 128 KiB to 256 MiB.
 */
export function watermarks(memoryPages: number, nodes: number): Watermarks {
  const kib = Math.floor(Math.sqrt(memoryPages * KIB_PER_PAGE * 16));
  const min = Math.floor(Math.min(Math.max(kib, 128), 262_144) / KIB_PER_PAGE / nodes);
  const gap = Math.max(min >> 2, Math.floor(((memoryPages / nodes) * SCALE_FACTOR) / 10_000));
  return { min, low: min + gap, high: min + 2 * gap };
}

/** Who gets a page: under a memcg's limit, or by the watermarks of the machine's nodes. */
export class Memory {
  readonly marks: Watermarks;
  readonly #world: World;
  /** Called when a node is below its low watermark. */
  readonly #wake: (node: number, now: number) => void;

  constructor(world: World, wake: (node: number, now: number) => void) {
    this.#world = world;
    this.#wake = wake;
    const { memoryPages, listScale, nodes } = world.setup;
    const { min, low, high } = watermarks(memoryPages * listScale, nodes);
    // A slice has its share; a batch of everybody must fit below it.
    const least = (pages: number, batches: number) => Math.ceil(Math.max(pages / listScale, batches * 32));
    this.marks = { min: least(min, 1), low: least(low, 2), high: least(high, 3) };
  }

  /** A node that has so many pages for a task of a memcg; -1 for none: it must reclaim. */
  nodeFor(home: number, memcg: number, pages: number, now: number): number {
    const world = this.#world;
    if (world.setup.limit === 'memcg') return world.freeOfMemcg(memcg) >= pages ? home : -1;
    for (let k = 0; k < world.setup.nodes; k++) {
      const node = (home + k) % world.setup.nodes;
      if (world.freeOfNode(node) - pages >= this.marks.low) return node;
    }
    for (let node = 0; node < world.setup.nodes; node++) this.#wake(node, now);
    for (let k = 0; k < world.setup.nodes; k++) {
      const node = (home + k) % world.setup.nodes;
      if (world.freeOfNode(node) - pages >= this.marks.min) return node;
    }
    return -1;
  }
}
