/** Types of values: whole numbers of 32 bits, of 64 bits, doubles. */
export type Type = 'i' | 'l' | 'f';

export const VALUE_TYPES: Readonly<Record<Type, number>> = { i: 0x7f, l: 0x7e, f: 0x7c };

/** Instructions of WebAssembly that the hot loop needs (specification 2.0, section 5.4). */
export const Code = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  select: 0x1b,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  constI: 0x41,
  constF: 0x44,
  isZero: 0x45,
  clz: 0x67,
  toDouble: 0xb7,
  asDouble: 0xbf,
  /** Behind a prefix: doubles to whole numbers, without a trap. */
  prefix: 0xfc,
  truncate: 0x02,
} as const;

/** Type of a block without a value. */
export const NOTHING = 0x40;

/** An array of the source, and where it stands in the memory. */
export interface ArrayPlace {
  readonly of: 'f64' | 'i32' | 'u8';
  /** First byte, a multiple of the size of its elements. */
  readonly at: number;
  readonly length: number;
}

/** Instructions that read and write memory, each with the alignment it says it has; sizes of elements. */
export const LOADS = { f64: [0x2b, 3], i32: [0x28, 2], u8: [0x2d, 0], i64: [0x29, 3] } as const;
export const STORES = { f64: [0x39, 3], i32: [0x36, 2], u8: [0x3a, 0] } as const;
export const SIZES = { f64: 8, i32: 4, u8: 1 } as const;

/** Instructions by sign: of whole numbers, long ones, doubles. */
export const ARITHMETIC: Readonly<Record<string, Partial<Record<Type, number>>>> = {
  '+': { i: 0x6a, f: 0xa0 },
  '-': { i: 0x6b, f: 0xa1 },
  '*': { i: 0x6c, f: 0xa2 },
  '/': { f: 0xa3 },
  '&': { i: 0x71 },
  '|': { i: 0x72 },
  '^': { i: 0x73 },
  '<<': { i: 0x74 },
  '>>': { i: 0x75 },
  '>>>': { i: 0x76 },
};
export const COMPARISONS: Readonly<Record<string, Readonly<Record<Type, number>>>> = {
  '===': { i: 0x46, l: 0x51, f: 0x61 },
  '!==': { i: 0x47, l: 0x52, f: 0x62 },
  '<': { i: 0x48, l: 0x53, f: 0x63 },
  '>': { i: 0x4a, l: 0x55, f: 0x64 },
  '<=': { i: 0x4c, l: 0x57, f: 0x65 },
  '>=': { i: 0x4e, l: 0x59, f: 0x66 },
};
