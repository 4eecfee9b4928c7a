import type { ArrayPlace } from './wasm/instructions.ts';

/** Small columns of a run, laid out for the memory of its hot loop. */
export interface Arena {
  /** Bytes that they take, from the first of the memory on. */
  readonly bytes: number;
  /** By the name of the field. */
  readonly places: ReadonlyMap<string, ArrayPlace>;
  /** Moves the columns: from now on the fields are views of the memory. */
  readonly moveTo: (memory: ArrayBuffer) => void;
}

/** Lays out the Float64Array and Int32Array fields of some objects, doubles first. */
export function gather(holders: readonly object[]): Arena {
  const columns = holders.flatMap((holder) =>
    Object.entries(holder)
      .filter(([, value]) => value instanceof Float64Array || value instanceof Int32Array)
      .map(([name, value]) => ({ holder, name, value: value as Float64Array | Int32Array })),
  );
  const doubles = columns.filter(({ value }) => value instanceof Float64Array);
  const wholes = columns.filter(({ value }) => value instanceof Int32Array);
  const places = new Map<string, ArrayPlace>();
  let bytes = 0;
  for (const { name, value } of [...doubles, ...wholes]) {
    if (places.has(name)) throw new Error(`two columns are called ${name}`);
    places.set(name, { of: value instanceof Float64Array ? 'f64' : 'i32', at: bytes, length: value.length });
    bytes += value.byteLength;
  }
  const moveTo = (memory: ArrayBuffer) => {
    for (const { holder, name, value } of columns) {
      const { at, length } = places.get(name)!;
      const view =
        value instanceof Float64Array
          ? new Float64Array(memory, at, length)
          : new Int32Array(memory, at, length);
      view.set(value);
      Object.assign(holder, { [name]: view });
    }
  };
  return { bytes, places, moveTo };
}
