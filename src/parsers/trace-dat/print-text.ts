import { type Conversion, parseConversions } from './conversions.ts';
import type { EventFormat, Field } from './event-format.ts';
import type { EventRecord } from './event-record.ts';
import { arrayOf, compileValue, truth, UnknownExpression, type Value } from './expressions.ts';
import { writePointerText } from './pointer-texts.ts';
import { compilePrintCall } from './print-calls.ts';
import { type Expression, parsePrintFormat } from './print-syntax.ts';
import type { Symbols } from './symbols.ts';
import type { TextWriter } from './text-writer.ts';

/** Writes a part of the text of a record. */
export type Printer = (record: EventRecord, out: TextWriter) => void;

const ZERO = 48;

/**
 * Compiles the `print fmt:` of an event to a writer of its text.
 * @throws {SyntaxError} @throws {UnknownExpression} when it cannot be evaluated.
 */
export function compilePrintFormat(format: EventFormat, longBytes: number, symbols: Symbols): Printer {
  const { format: text, args } = parsePrintFormat(format.printFormat);
  const parts: Printer[] = [];
  let next = 0;
  const argument = () => {
    const arg = args[next++];
    if (!arg) throw new UnknownExpression('an argument is missing');
    return arg;
  };
  for (const conversion of parseConversions(text, longBytes)) {
    const { before } = conversion;
    if (before !== '') parts.push(literal(before));
    if (conversion.letter === '') continue;
    const value = (expression: Expression) => compileValue(expression, format, longBytes);
    const width = conversion.width === 'arg' ? value(argument()) : null;
    const precision = conversion.precision === 'arg' ? value(argument()) : null;
    const write = compileConversion(conversion, argument(), format, longBytes, symbols, width);
    parts.push(padded(write, conversion, width, precision));
  }
  return sequence(parts);
}

function literal(text: string): Printer {
  const bytes = Buffer.from(text, 'latin1');
  return (_, out) => out.copy(bytes, 0, bytes.length);
}

function sequence(parts: readonly Printer[]): Printer {
  if (parts.length === 1) return parts[0]!;
  return (record, out) => {
    for (let i = 0; i < parts.length; i++) parts[i]!(record, out);
  };
}

/** Width and precision around a conversion; nothing at all where the format asks for neither. */
function padded(write: Printer, c: Conversion, widthArg: Value | null, precisionArg: Value | null): Printer {
  if (c.pointer.startsWith('h') || c.pointer.startsWith('b')) return write;
  const isNumber = c.letter !== 's' && c.letter !== 'p';
  if (c.width === -1 && c.precision === -1) return write;
  const amount = (arg: Value | null, fixed: number | 'arg', r: EventRecord) =>
    arg ? Number(BigInt.asIntN(32, arg.big(r))) : (fixed as number);
  return (record, out) => {
    const from = out.length;
    write(record, out);
    const precision = amount(precisionArg, c.precision, record);
    if (precision >= 0) {
      if (isNumber) out.pad(from, precision, false, ZERO);
      else if (c.letter === 's') out.length = Math.min(out.length, from + precision);
    }
    const width = amount(widthArg, c.width, record);
    const zero = c.zero && !c.left && isNumber && precision < 0;
    out.pad(from, Math.abs(width), c.left || width < 0, zero ? ZERO : 32);
  };
}

function compileConversion(
  c: Conversion,
  argument: Expression,
  format: EventFormat,
  longBytes: number,
  symbols: Symbols,
  width: Value | null,
): Printer {
  if (c.letter === 's') return compileString(argument, format, longBytes, symbols);
  if (c.letter === 'p') return compilePointer(c, argument, format, longBytes, symbols, width);
  const value = compileValue(argument, format, longBytes);
  if (c.letter === 'c') {
    return (r, out) => out.byte(Number(BigInt.asUintN(8, value.big(r))));
  }
  const direct = directWord(argument, format);
  if (direct && c.bytes === 8 && !c.alternate && !c.plus && !c.blank) {
    const { offset } = direct;
    if (c.letter === 'x') return (r, out) => out.hex(r.high(offset), r.low(offset));
  }
  return compileNumber(c, value);
}

/** A plain field of 8 bytes, which needs no arithmetic; null when it is none. */
function directWord(expression: Expression, format: EventFormat): Field | null {
  if (expression.kind === 'cast' && /\*$|\b(long long|u64|__u64)\b/.test(expression.type))
    return directWord(expression.operand, format);
  if (expression.kind !== 'field') return null;
  const field = format.fields.find((candidate) => candidate.name === expression.name);
  return field && field.size === 8 && !field.isArray && field.location === 'none' ? field : null;
}

function compileNumber(c: Conversion, value: Value): Printer {
  const width = c.bytes * 8;
  const limit = 2 ** width;
  if (c.letter === 'd' || c.letter === 'i') {
    const most = c.bytes === 8 ? 2 ** 53 : limit / 2;
    const sign = c.plus ? '+' : c.blank ? ' ' : '';
    return (r, out) => {
      let number = value.number(r);
      if (!(number >= -most && number < most)) {
        const big = BigInt.asIntN(width, value.big(r));
        number = Number(big);
        if (!Number.isSafeInteger(number)) return out.text(big.toString());
      }
      if (sign !== '' && number >= 0) out.text(sign);
      out.decimal(number);
    };
  }
  const most = c.bytes === 8 ? 2 ** 53 : limit;
  if (c.letter === 'u') {
    return (r, out) => {
      const number = value.number(r);
      if (number >= 0 && number < most) return out.decimal(number);
      const big = BigInt.asUintN(width, value.big(r));
      if (big <= 9007199254740991n) out.decimal(Number(big));
      else out.text(big.toString());
    };
  }
  if (c.letter === 'o') {
    return (r, out) => out.text((c.alternate ? '0' : '') + BigInt.asUintN(width, value.big(r)).toString(8));
  }
  const prefix = c.alternate ? (c.letter === 'X' ? '0X' : '0x') : '';
  const upper = c.letter === 'X';
  return (r, out) => {
    const number = value.number(r);
    const from = out.length;
    if (number >= 0 && number < most) {
      if (prefix !== '' && number !== 0) out.text(prefix);
      out.hex(Math.floor(number / 2 ** 32), number >>> 0);
    } else {
      const big = BigInt.asUintN(width, value.big(r));
      if (prefix !== '' && big !== 0n) out.text(prefix);
      out.hex(Number(big >> 32n), Number(big & 0xffffffffn));
    }
    if (upper) toUpper(out, from);
  };
}

function toUpper(out: TextWriter, from: number): void {
  for (let i = from; i < out.length; i++) {
    const c = out.bytes[i]!;
    if (c >= 97 && c <= 122) out.bytes[i] = c - 32;
  }
}

/** What `%s` can print: literals, arrays of characters, the kernel's strings, choices, __print_*. */
function compileString(
  expression: Expression,
  format: EventFormat,
  longBytes: number,
  symbols: Symbols,
): Printer {
  switch (expression.kind) {
    case 'string':
      return literal(expression.text);
    case 'choice': {
      const test = compileValue(expression.test, format, longBytes);
      const yes = compileString(expression.yes, format, longBytes, symbols);
      const no = compileString(expression.no, format, longBytes, symbols);
      return (r, out) => (truth(test, r) ? yes(r, out) : no(r, out));
    }
    case 'call': {
      const printer = compilePrintCall(expression, format, longBytes);
      if (printer) return printer;
      break;
    }
    case 'cast':
      if (expression.type.endsWith('*')) return compileString(expression.operand, format, longBytes, symbols);
      break;
    default:
  }
  const array = arrayOf(expression, format);
  if (array) return (r, out) => out.copyString(r.bytes, r.arrayStart(array), r.arrayEnd(array));
  const value = compileValue(expression, format, longBytes);
  return (r, out) => {
    const address = BigInt.asUintN(64, value.big(r));
    const text = symbols.printk(address);
    if (text !== undefined) out.text(text);
    else out.text(address.toString(16));
  };
}

function compilePointer(
  c: Conversion,
  argument: Expression,
  format: EventFormat,
  longBytes: number,
  symbols: Symbols,
  width: Value | null,
): Printer {
  const kind = c.pointer;
  if (/^[FfSsB]/.test(kind)) {
    const withOffset = /^[FS]/.test(kind);
    const direct = directWord(argument, format);
    if (direct) {
      const { offset } = direct;
      return (r, out) => symbols.write(out, r.high(offset), r.low(offset), withOffset);
    }
    const value = compileValue(argument, format, longBytes);
    return (r, out) => {
      const address = BigInt.asUintN(64, value.big(r));
      symbols.write(out, Number(address >> 32n), Number(address & 0xffffffffn), withOffset);
    };
  }
  const array = arrayOf(argument, format);
  if (array && /^[IiMmUhb]/.test(kind)) {
    const length = (r: EventRecord) =>
      width
        ? Math.max(0, Number(BigInt.asIntN(32, width.big(r))))
        : typeof c.width === 'number'
          ? c.width
          : 0;
    return (r, out) =>
      writePointerText(kind, r.bytes, r.arrayStart(array), r.arrayEnd(array), length(r), r.littleEndian, out);
  }
  const direct = directWord(argument, format);
  if (direct) {
    const { offset } = direct;
    return (r, out) => writePointer(r.high(offset), r.low(offset), out);
  }
  if (array) throw new UnknownExpression(`%p${kind} of an array`);
  const value = compileValue(argument, format, longBytes);
  return (r, out) => {
    const address = BigInt.asUintN(longBytes * 8, value.big(r));
    writePointer(Number(address >> 32n), Number(address & 0xffffffffn), out);
  };
}

/** A plain `%p`, as the C library prints it. */
function writePointer(high: number, low: number, out: TextWriter): void {
  if (high === 0 && low === 0) out.text('(nil)');
  else out.pointer(high, low);
}
