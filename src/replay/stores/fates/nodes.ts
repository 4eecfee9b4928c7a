import { mix } from '../../engine/random.ts';
import type { EntryNodes } from './result.ts';
import type { ShownList } from './shown-lists.ts';

/** A machine of several nodes, and where its pages lie: no recording shows it. */
export interface NodesRequest {
  readonly nodes: number;
  /** Tasks are in so many memcgs, in turn. */
  readonly memcgs: number;
  /** Share of the pages that lie on another node than the CPU that stores them. */
  readonly pagesElsewhere: number;
}

/** One node and one memcg: as long as nobody says otherwise. */
export const ONE_NODE: NodesRequest = { nodes: 1, memcgs: 1, pagesElsewhere: 0 };

/**
 * A machine as it was asked for. Reclaim of a node goes over that node's pages, from a CPU of it (kswapd) or from
 * whichever CPU needs memory (direct reclaim): unless a share is given, half of what pages that were spread evenly over the
 * nodes would have.
 */
export function nodesOf(nodes: number, memcgs: number, pagesElsewhere: number | null): NodesRequest {
  return { nodes, memcgs, pagesElsewhere: pagesElsewhere ?? (0.5 * (nodes - 1)) / nodes };
}

/** Where pages and their entries lie, and what that comes to. */
export class NodePlaces {
  readonly #request: NodesRequest;
  readonly #cpus: number;
  readonly #entriesOfCpu: boolean;
  #entries = 0;
  #entriesElsewhere = 0;
  #farFromCpu = 0;
  #writtenBackElsewhere = 0;

  /** @param entriesOfCpu Entries come from the node of the CPU: one slab call for a batch. */
  constructor(request: NodesRequest, cpus: number, entriesOfCpu: boolean) {
    this.#request = request;
    this.#cpus = cpus;
    this.#entriesOfCpu = entriesOfCpu;
  }

  /** CPUs are spread evenly over the nodes, neighbours together. */
  nodeOfCpu(cpu: number): number {
    return Math.floor(((cpu % this.#cpus) * this.#request.nodes) / this.#cpus);
  }

  /** @param shown What the recording shows, which stays unless several are asked for. */
  memcgOf(task: number, shown?: ShownList): number {
    return shown && this.#request.memcgs === 1 ? shown.memcg : task % this.#request.memcgs;
  }

  /** Node of a folio's memory: that of the CPU, or with the given chance one of the others. */
  nodeOfPages(cpu: number, key: number): number {
    const { nodes, pagesElsewhere } = this.#request;
    const own = this.nodeOfCpu(cpu);
    if (nodes === 1 || mix(key, 1, 11) / 2 ** 32 >= pagesElsewhere) return own;
    return (own + 1 + (mix(key, 2, 11) % (nodes - 1))) % nodes;
  }

  /** @param shown As of {@link memcgOf}. */
  nodeOfEntries(cpu: number, nodeOfPages: number, shown?: ShownList): number {
    if (shown && this.#request.nodes === 1) return shown.node;
    return this.#entriesOfCpu ? this.nodeOfCpu(cpu) : nodeOfPages;
  }

  stored(pages: number, cpu: number, nodeOfPages: number): void {
    const node = this.nodeOfEntries(cpu, nodeOfPages);
    this.#entries += pages;
    if (node !== nodeOfPages) this.#entriesElsewhere += pages;
    if (node !== this.nodeOfCpu(cpu)) this.#farFromCpu += pages;
  }

  writtenBack(nodeOfEntry: number, nodeOfPage: number): void {
    if (nodeOfEntry !== nodeOfPage) this.#writtenBackElsewhere++;
  }

  result(): EntryNodes | null {
    if (this.#request.nodes === 1) return null;
    return {
      nodes: this.#request.nodes,
      pagesElsewhere: this.#request.pagesElsewhere,
      entries: this.#entries,
      entriesElsewhere: this.#entriesElsewhere,
      entriesFarFromCpu: this.#farFromCpu,
      writtenBackElsewhere: this.#writtenBackElsewhere,
    };
  }
}
