import type { EventFormat } from './event-format.ts';
import type { EventRecord } from './event-record.ts';
import { arrayOf, compileValue, fieldOf, UnknownExpression, type Value } from './expressions.ts';
import type { Expression } from './print-syntax.ts';
import type { Printer } from './print-text.ts';
import type { TextWriter } from './text-writer.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** A row of `{ value, "name" }`. */
interface Named {
  readonly value: bigint;
  readonly low: number;
  readonly text: string;
}

/**
 * Compiles the macros that print into a `%s` (include/trace/stages/stage3_trace_output.h):
 * __print_flags, __print_symbolic, __print_hex, __print_array, __get_bitmask. Null for a call that
 * is none of them.
 * @throws {UnknownExpression} when its arguments cannot be computed.
 */
export function compilePrintCall(call: Call, format: EventFormat, longBytes: number): Printer | null {
  const value = (index: number): Value => {
    const argument = call.args[index];
    if (!argument) throw new UnknownExpression(call.name);
    return compileValue(argument, format, longBytes);
  };
  switch (call.name) {
    case '__print_flags':
    case '__print_flags_u64': {
      const delimiter = call.args[1]?.kind === 'string' ? call.args[1].text : '';
      return printFlags(value(0), delimiter, namedRows(call.args.slice(2), format, longBytes));
    }
    case '__print_symbolic':
    case '__print_symbolic_u64':
      return printSymbolic(value(0), namedRows(call.args.slice(1), format, longBytes));
    case '__print_hex':
    case '__print_hex_str':
      return printHex(call, format, value(1), call.name === '__print_hex' ? 32 : -1);
    case '__print_array':
      return printArray(call, format, value(1), value(2));
    case '__get_bitmask':
    case '__get_cpumask':
    case '__get_rel_bitmask':
    case '__get_rel_cpumask':
      return printBitmask(call, format);
    default:
      return null;
  }
}

function namedRows(rows: readonly Expression[], format: EventFormat, longBytes: number): Named[] {
  return rows.map((row) => {
    const [key, text] = row.kind === 'list' ? row.items : [];
    if (!key || text?.kind !== 'string') throw new UnknownExpression('a row of names');
    // Rows are constants: the record is never looked at.
    const value = compileValue(key, { ...format, fields: [] }, longBytes).big(undefined as never);
    const unsigned = BigInt.asUintN(64, value);
    return { value: unsigned, low: Number(unsigned), text: text.text };
  });
}

function printFlags(value: Value, delimiter: string, rows: readonly Named[]): Printer {
  const small = rows.every((row) => row.low < 2 ** 31);
  return (r, out) => {
    const number = value.number(r);
    if (small && number >= 0 && number < 2 ** 31) writeSmallFlags(number, delimiter, rows, out);
    else writeFlags(BigInt.asUintN(64, value.big(r)), delimiter, rows, out);
  };
}

function writeSmallFlags(flags: number, delimiter: string, rows: readonly Named[], out: TextWriter): void {
  let rest = flags;
  let some = false;
  for (let i = 0; i < rows.length; i++) {
    const { low, text } = rows[i]!;
    if (low === 0 || (rest & low) !== low) continue;
    if (some) out.text(delimiter);
    out.text(text);
    some = true;
    rest &= ~low;
  }
  if (rest === 0) return;
  if (some) out.text(delimiter);
  out.pointer(0, rest);
}

function writeFlags(flags: bigint, delimiter: string, rows: readonly Named[], out: TextWriter): void {
  let rest = flags;
  let some = false;
  for (const { value, text } of rows) {
    if (value === 0n || (rest & value) !== value) continue;
    if (some) out.text(delimiter);
    out.text(text);
    some = true;
    rest &= ~value;
  }
  if (rest === 0n) return;
  if (some) out.text(delimiter);
  writeHex(rest, out);
}

function printSymbolic(value: Value, rows: readonly Named[]): Printer {
  const small = new Map<number, string>();
  for (const { value: key, text } of [...rows].reverse())
    if (key <= 0xffffffffn) small.set(Number(key), text);
  return (r, out) => {
    const number = value.number(r);
    const text = number >= 0 ? small.get(number) : undefined;
    if (text !== undefined) return out.text(text);
    const big = BigInt.asUintN(64, value.big(r));
    const row = rows.find((candidate) => candidate.value === big);
    if (row) out.text(row.text);
    else writeHex(big, out);
  };
}

function writeHex(value: bigint, out: TextWriter): void {
  out.pointer(Number(value >> 32n), Number(value & 0xffffffffn));
}

function printHex(call: Call, format: EventFormat, length: Value, between: number): Printer {
  const field = arrayOf(call.args[0]!, format);
  if (!field) throw new UnknownExpression(call.name);
  return (r, out) => {
    const start = r.arrayStart(field);
    const end = Math.min(r.arrayEnd(field), start + lengthOf(length, r));
    for (let i = start; i < end; i++) {
      if (i > start && between >= 0) out.byte(between);
      out.hexByte(r.bytes[i]!);
    }
  };
}

function printArray(call: Call, format: EventFormat, count: Value, elementBytes: Value): Printer {
  const field = arrayOf(call.args[0]!, format);
  if (!field) throw new UnknownExpression(call.name);
  return (r, out) => {
    const size = lengthOf(elementBytes, r);
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return out.text(`BAD SIZE:${size} 0x`);
    const start = r.arrayStart(field);
    const have = Math.floor((r.arrayEnd(field) - start) / size);
    const items = Math.min(lengthOf(count, r), have);
    for (let i = 0; i < items; i++) {
      if (i > 0) out.byte(32);
      out.text(r.big(start - r.start + i * size, size, false).toString());
    }
  };
}

function printBitmask(call: Call, format: EventFormat): Printer {
  const name = call.args[0];
  if (name?.kind !== 'call') throw new UnknownExpression(call.name);
  const field = fieldOf(name.name, format);
  return (r, out) => {
    const start = r.arrayStart(field);
    const end = r.arrayEnd(field);
    // Words of 32 bits with commas between, the highest first.
    const words = (end - start) >> 2;
    for (let i = words - 1; i >= 0; i--) {
      const index = r.littleEndian ? i : i ^ 1;
      const word = start + index * 4 + 4 <= end ? r.u32(start - r.start + index * 4) : 0;
      for (let shift = 24; shift >= 0; shift -= 8) out.hexByte((word >>> shift) & 255);
      if (i > 0) out.text(',');
    }
  };
}

function lengthOf(value: Value, record: EventRecord): number {
  const number = value.number(record);
  return number >= 0 ? Math.min(number, 1 << 16) : 0;
}
