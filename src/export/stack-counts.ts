/** Distinct paths kept; what comes after counts for the longest path that is known. */
const MAX_NODES = 1 << 18;

/**
 * Weights by stack: a tree of names below an event and a task. Memory grows with the number of
 * distinct paths, not with the number of stacks.
 */
export class StackCounts {
  readonly #parent: number[] = [];
  readonly #name: number[] = [];
  readonly #weight: number[] = [];
  /** Children by `parent * 2^21 + name`; names have fewer bits, nodes too: exact in a double. */
  readonly #children = new Map<number, number>();
  readonly #events = new Set<number>();

  get size(): number {
    return this.#parent.length;
  }

  /** Number of different events. */
  get events(): number {
    return this.#events.size;
  }

  /** Adds a stack, outermost frame first. `task` may be -1. */
  add(event: number, task: number, frames: readonly number[], weight: number): void {
    this.#events.add(event);
    let node = this.#child(this.#child(-1, event), task + 1);
    for (const frame of frames) node = this.#child(node, frame);
    this.#weight[node]! += weight;
  }

  /** All stacks that have a weight of their own, in the order in which they were first met. */
  forEach(see: (event: number, task: number, frames: readonly number[], weight: number) => void): void {
    for (let node = 0; node < this.size; node++) {
      const weight = this.#weight[node]!;
      if (weight === 0) continue;
      const path: number[] = [];
      for (let at = node; at >= 0; at = this.#parent[at]!) path.unshift(this.#name[at]!);
      const [event = -1, task = 0, ...frames] = path;
      see(event, task - 1, frames, weight);
    }
  }

  #child(parent: number, name: number): number {
    const key = (parent + 1) * 0x200000 + name + 1;
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.size >= MAX_NODES && parent >= 0) return parent;
    const node = this.#parent.length;
    this.#parent.push(parent);
    this.#name.push(name);
    this.#weight.push(0);
    this.#children.set(key, node);
    return node;
  }
}
