import { Code, type Type, VALUE_TYPES } from './instructions.ts';

/** A function that is called from within. */
export interface Import {
  readonly name: string;
  readonly parameters: readonly Type[];
  readonly result: Type | undefined;
}

/** A whole number, unsigned, in base 128. */
export function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** A whole number of 32 bits, signed, in base 128. */
export function signed(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && low < 64) || (rest === -1 && low >= 64)) return [...bytes, low];
    bytes.push(low + 128);
  }
}

/** The bytes of a double. */
export function double(value: number): Uint8Array {
  return new Uint8Array(Float64Array.of(value).buffer);
}

/** A function of the module, its parameters all whole numbers, its result as well. */
export interface Body {
  readonly parameters: number;
  readonly locals: readonly Type[];
  readonly code: readonly number[];
}

/** A module with a memory from outside (`m.memory`), imports (`m.` and their number), and one function, `run`. */
export function moduleBytes(imports: readonly Import[], body: Body): Uint8Array<ArrayBuffer> {
  const signatures = [
    ...imports.map(({ parameters, result }) => signature(parameters, result)),
    signature(new Array<Type>(body.parameters).fill('i'), 'i'),
  ];
  const imported = [
    [...text('m'), ...text('memory'), 0x02, 0x00, 0x01],
    ...imports.map((_, k) => [...text('m'), ...text(String(k)), 0x00, ...unsigned(k)]),
  ];
  const locals = body.locals.map((type) => [1, VALUE_TYPES[type]]);
  const code = [...list(locals), ...body.code, Code.end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(signatures)),
    ...section(2, list(imported)),
    ...section(3, list([unsigned(imports.length)])),
    ...section(7, list([[...text('run'), 0x00, ...unsigned(imports.length)]])),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ]);
}

function signature(parameters: readonly Type[], result: Type | undefined): readonly number[] {
  const results = result === undefined ? [] : [[VALUE_TYPES[result]]];
  return [0x60, ...list(parameters.map((type) => [VALUE_TYPES[type]])), ...list(results)];
}

function list(items: readonly (readonly number[])[]): readonly number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): readonly number[] {
  return list([...value].map((letter) => [letter.charCodeAt(0)]));
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...unsigned(content.length), ...content];
}
