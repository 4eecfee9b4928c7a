type Column = Uint8Array | Int8Array | Int32Array | Float64Array;

const kept = new WeakMap<Column, Column>();

/**
 * Plain data with all its columns in shared memory, so that threads are given the same columns and no
 * copies. A column is moved once; objects, lists and maps around the columns are new.
 */
export function inSharedMemory<T>(value: T): T {
  return shared(value) as T;
}

function shared(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return sharedColumn(value as Column);
  if (Array.isArray(value)) return value.map(shared);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, shared(item)]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shared(item)]));
}

function sharedColumn(column: Column): Column {
  if (column.buffer instanceof SharedArrayBuffer) return column;
  let copy = kept.get(column);
  if (!copy) {
    const Kind = column.constructor as new (buffer: SharedArrayBuffer) => Column;
    copy = new Kind(new SharedArrayBuffer(column.byteLength));
    copy.set(column);
    kept.set(column, copy);
  }
  return copy;
}
