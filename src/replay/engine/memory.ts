import { type HotMemoryBytes, Memory } from './wasm/api.ts';
import type { ArrayPlace } from './wasm/instructions.ts';

/** Kinds of columns, and the size of their elements. */
const KINDS = { f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;
type Kind = keyof typeof KINDS;
type Column<K extends Kind> = InstanceType<(typeof KINDS)[K]>;

const PAGE_BYTES = 1 << 16;
/** The most that a WebAssembly memory can have. */
const MOST_BYTES = 2 ** 32 - PAGE_BYTES;

interface Resident {
  readonly place: ArrayPlace;
  /** What its values were made of, by number; they stand as long as that is the same. */
  sources: readonly number[];
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** A number for an object, which nobody is kept alive by. */
function numberOf(object: object): number {
  let number = numbers.get(object);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(object, number);
  }
  return number;
}

/**
 * The memory of hot loops, one for all runs of a thread, one run at a time. Small columns that differ from run
 * to run stand in front, large ones behind them: those stay where they are as long as the runs are of
 * equally many operations, so that designs over the same recording find its times in place, and programs
 * compiled for these places can be used again.
 */
export class HotMemory {
  readonly #memory = new Memory({ initial: 1 });
  /** Bytes in front for what differs from run to run. */
  #front = PAGE_BYTES;
  #end = this.#front;
  readonly #residents = new Map<string, Resident>();

  get memory(): HotMemoryBytes {
    return this.#memory;
  }

  /**
   * A run begins.
   * @param front Bytes that it wants in front.
   * @param columns Lengths of its large columns, in order.
   * @throws {RangeError} when they do not fit.
   */
  begin(
    front: number,
    columns: readonly { readonly name: string; readonly of: Kind; readonly length: number }[],
  ): void {
    const fit = columns.every(
      ({ name, length }) => (this.#residents.get(name)?.place.length ?? length) === length,
    );
    if (front > this.#front || !fit) {
      while (this.#front < front) this.#front *= 2;
      this.#forget();
    }
    for (const { name, of, length } of columns) {
      if (this.#residents.has(name)) continue;
      this.#residents.set(name, { place: { of, at: this.#end, length }, sources: [] });
      this.#end += Math.ceil((length * KINDS[of].BYTES_PER_ELEMENT) / 64) * 64;
    }
    if (this.#end > MOST_BYTES) {
      const wanted = this.#end;
      this.#forget();
      throw new RangeError(`${wanted} bytes of operations are more than a run can have (4 GiB)`);
    }
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  /** A view of a place. */
  view<K extends Kind>({ of, at, length }: ArrayPlace & { readonly of: K }): Column<K> {
    return new KINDS[of](this.#memory.buffer, at, length) as Column<K>;
  }

  place(name: string): ArrayPlace {
    return this.#residents.get(name)!.place;
  }

  /** The place of a large column; its values are made anew unless they were made of the same before. */
  keep(
    name: string,
    sources: readonly object[],
    fill: (column: Float64Array | Int32Array | Uint8Array) => void,
  ): ArrayPlace {
    const resident = this.#residents.get(name)!;
    const { place, sources: before } = resident;
    const numbers = sources.map(numberOf);
    const isThere = numbers.length === before.length && numbers.every((number, k) => before[k] === number);
    if (isThere && numbers.length > 0) return place;
    fill(this.view(place));
    resident.sources = numbers;
    return place;
  }

  #forget(): void {
    this.#residents.clear();
    this.#end = this.#front;
  }
}
