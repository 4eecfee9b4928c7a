/** One field of an event, as its `format` file tells. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** `char name[16]`, `unsigned long caller[8]`, `char buf[]`. */
  readonly isArray: boolean;
  /** `data`: `__data_loc`, the offset counts from the record; `rel`: `__rel_loc`, from behind the field. */
  readonly location: 'none' | 'data' | 'rel';
  /** Array of characters that hold a text. */
  readonly isString: boolean;
  readonly isPointer: boolean;
  readonly isLong: boolean;
  /** Bytes of one element of an array. */
  readonly elementSize: number;
}

/** An event, as its `format` file tells. */
export interface EventFormat {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly Field[];
  /** Behind `print fmt: `, '' when there is none. */
  readonly printFormat: string;
}

const MAX_RECORD_BYTES = 1 << 16;
const MAX_FIELDS = 512;

/**
 * Reads a `format` file: kernel/trace/trace_events.c, f_show.
 * Returns null when it is none.
 */
export function parseEventFormat(text: string): EventFormat | null {
  const name = /^name: (\S+)$/m.exec(text)?.[1];
  const id = /^ID: (\d{1,5})$/m.exec(text)?.[1];
  if (name === undefined || id === undefined || Number(id) > 0xffff) return null;
  const fields = parseFields(text);
  const printFormat = /^print fmt: ([\s\S]*)$/m.exec(text)?.[1] ?? '';
  return { id: Number(id), name, fields, printFormat: printFormat.trimEnd() };
}

/** The `field:` lines of a format or of header_page. */
export function parseFields(text: string): Field[] {
  const fields: Field[] = [];
  const line = /^\s*field:\s?([^;\n]+);\s*offset:(\d{1,7});\s*size:(\d{1,7});(?:\s*signed:(\d);)?/gm;
  for (const m of text.matchAll(line)) {
    if (fields.length >= MAX_FIELDS) break;
    const field = parseField(m[1]!, Number(m[2]), Number(m[3]), m[4] === '1');
    if (field) fields.push(field);
  }
  return fields;
}

function parseField(declaration: string, offset: number, size: number, signed: boolean): Field | null {
  if (offset + size > MAX_RECORD_BYTES) return null;
  const location = declaration.startsWith('__data_loc ')
    ? 'data'
    : declaration.startsWith('__rel_loc ')
      ? 'rel'
      : 'none';
  const plain = location === 'none' ? declaration : declaration.slice(declaration.indexOf(' ') + 1);
  // `char name[16]`, and with a location `char[] name`.
  const m = /^(.*?[\s*])(\w+)(\[[^\]]*\])?$/.exec(plain.trim());
  if (!m) return null;
  const type = m[1]!.trim();
  const isArray = m[3] !== undefined || type.endsWith(']');
  const element = type.replace(/\s*\[[^\]]*\]$/, '');
  const count = Number(/^\[(\d+)\]$/.exec(m[3] ?? '')?.[1] ?? 0);
  return {
    name: m[2]!,
    type,
    offset,
    size,
    signed,
    isArray,
    location,
    isString: isArray && /(^|\s)(char|u8|s8|__u8|unsigned char)$/.test(element),
    isPointer: type.endsWith('*'),
    isLong: /\blong\b/.test(type),
    elementSize: count > 0 ? size / count : elementBytes(element),
  };
}

function elementBytes(type: string): number {
  if (/(char|[us]8|bool)$/.test(type)) return 1;
  if (/([us]16|short)$/.test(type)) return 2;
  if (/(long|[us]64|\*)$/.test(type)) return 8;
  return 4;
}
