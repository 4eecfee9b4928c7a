import type { NameId, NameTable } from '../trace/names.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../trace/spans.ts';
import type { CallTreeNode } from './result.ts';
import type { RowFilter } from './row-filter.ts';

/** Paths kept apart; calls on further paths count for the node of their caller's `(other paths)`. */
const MAX_NODES = 1 << 16;

/**
 * Paths of function names from the outermost call down, with calls and times: the data of a flame
 * graph. Hot: a path is a number, found by hashing its caller's number and the function.
 */
export class CallTree {
  #size = 0;
  #parent = new Int32Array(1024);
  #name = new Int32Array(1024);
  #calls = new Float64Array(1024);
  #totalNs = new Float64Array(1024);
  #selfNs = new Float64Array(1024);
  #slots = new Int32Array(4096).fill(-1);

  /** The path of `name` called on path `parent` (-1: outermost). */
  child(parent: number, name: NameId): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(name + 1, 0x85ebca6b)) >>> 7;
    for (;;) {
      slot &= mask;
      const node = slots[slot]!;
      if (node < 0) break;
      if (this.#parent[node] === parent && this.#name[node] === name) return node;
      slot++;
    }
    return this.#add(parent, name, slot);
  }

  /** Adds the calls of a batch whose rows carry their path. */
  add(rows: SpanBatch, filter: RowFilter): void {
    const active = filter.active;
    for (let i = 0; i < rows.length; i++) {
      if (rows.kind[i] !== SpanKind.Span) continue;
      const node = rows.node[i]!;
      if (node < 0 || (active && !filter.acceptsPlace(rows, i))) continue;
      this.#calls[node]!++;
      const ns = rows.durationNs[i]!;
      if (Number.isNaN(ns)) continue;
      this.#totalNs[node]! += ns;
      this.#selfNs[node]! += rows.flags[i]! & SpanFlag.Leaf ? ns : rows.selfNs[i]!;
    }
  }

  /** The paths that were called, parents before children, the longest time first among siblings. */
  nodes(names: NameTable): CallTreeNode[] {
    const children: number[][] = Array.from({ length: this.#size }, () => []);
    const roots: number[] = [];
    for (let node = 0; node < this.#size; node++) {
      const parent = this.#parent[node]!;
      (parent < 0 ? roots : children[parent]!).push(node);
    }
    const weight = new Float64Array(this.#size);
    for (let node = this.#size - 1; node >= 0; node--) {
      const below = children[node]!.reduce((sum, child) => sum + weight[child]!, 0);
      weight[node] = Math.max(this.#totalNs[node]!, below, this.#calls[node]! > 0 ? 1e-9 : 0);
    }
    const out: CallTreeNode[] = [];
    const byWeight = (list: number[]) => list.sort((a, b) => weight[a]! - weight[b]! || b - a);
    // A list of what is still to visit, the next one last: recursion would overflow on deep paths.
    const left = byWeight(roots).map((node) => ({ node, parent: -1 }));
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { node, parent } = next;
      if (weight[node] === 0) continue;
      const index = out.length;
      out.push({
        name: names.text(this.#name[node]!),
        parent,
        calls: this.#calls[node]!,
        totalNs: this.#totalNs[node]!,
        selfNs: this.#selfNs[node]!,
      });
      for (const child of byWeight(children[node]!)) left.push({ node: child, parent: index });
    }
    return out;
  }

  #add(parent: number, name: NameId, slot: number): number {
    if (this.#size >= MAX_NODES) return parent;
    if (this.#size === this.#parent.length) this.#grow();
    const node = this.#size++;
    this.#parent[node] = parent;
    this.#name[node] = name;
    this.#slots[slot] = node;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return node;
  }

  #grow(): void {
    const length = this.#parent.length * 2;
    const ints = (column: Int32Array) => {
      const bigger = new Int32Array(length);
      bigger.set(column);
      return bigger;
    };
    const floats = (column: Float64Array) => {
      const bigger = new Float64Array(length);
      bigger.set(column);
      return bigger;
    };
    this.#parent = ints(this.#parent);
    this.#name = ints(this.#name);
    this.#calls = floats(this.#calls);
    this.#totalNs = floats(this.#totalNs);
    this.#selfNs = floats(this.#selfNs);
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let node = 0; node < this.#size; node++) {
      let slot =
        (Math.imul(this.#parent[node]! + 1, 0x9e3779b1) ^ Math.imul(this.#name[node]! + 1, 0x85ebca6b)) >>> 7;
      slot &= mask;
      while (slots[slot]! >= 0) slot = (slot + 1) & mask;
      slots[slot] = node;
    }
    this.#slots = slots;
  }
}
