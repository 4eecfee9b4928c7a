import type { EventFormat, Field } from './event-format.ts';
import type { EventRecord } from './event-record.ts';
import type { Expression } from './print-syntax.ts';

/**
 * A value of a print format, computed in 64 bits. `number` is the fast way: it
 * gives NaN where a double would not be exact, and then `big` is asked.
 */
export interface Value {
  readonly number: (record: EventRecord) => number;
  readonly big: (record: EventRecord) => bigint;
  /** An unsigned value of 64 bits, which `big` gives as the signed number of the same bits. */
  readonly unsigned?: boolean;
}

/** The format asks for something that is not known: a macro, a function of the kernel. */
export class UnknownExpression extends Error {}

const TWO_32 = 2 ** 32;

/**
 * Compiles an expression to closures.
 * @throws {UnknownExpression} when something in it cannot be computed.
 */
export function compileValue(expression: Expression, format: EventFormat, longBytes: number): Value {
  const compile = (inner: Expression) => compileValue(inner, format, longBytes);
  switch (expression.kind) {
    case 'number':
      return constant(expression.value);
    case 'field':
      return fieldValue(fieldOf(expression.name, format), 0);
    case 'index':
      return indexed(expression, format, longBytes);
    case 'unary':
      return unary(expression.operator, compile(expression.operand));
    case 'binary':
      return binary(expression.operator, compile(expression.left), compile(expression.right));
    case 'choice': {
      const [test, yes, no] = [compile(expression.test), compile(expression.yes), compile(expression.no)];
      return {
        number: (r) => (truth(test, r) ? yes.number(r) : no.number(r)),
        big: (r) => (truth(test, r) ? yes.big(r) : no.big(r)),
        unsigned: isUnsigned(yes, no),
      };
    }
    case 'cast':
      return cast(expression.type, compile(expression.operand), longBytes);
    case 'call':
      return called(expression.name, expression.args, format, longBytes);
    default:
      throw new UnknownExpression(expression.kind);
  }
}

/** True when a value is not 0. */
export function truth(value: Value, record: EventRecord): boolean {
  const number = value.number(record);
  return Number.isNaN(number) ? value.big(record) !== 0n : number !== 0;
}

/** The field of a name. @throws {UnknownExpression} when the event has none. */
export function fieldOf(name: string, format: EventFormat): Field {
  const field = format.fields.find((candidate) => candidate.name === name);
  if (!field) throw new UnknownExpression(name);
  return field;
}

/** The array that `REC->f`, `__get_dynamic_array(f)` or `__get_str(f)` stand for; null when it is none. */
export function arrayOf(expression: Expression, format: EventFormat): Field | null {
  if (expression.kind === 'cast') return arrayOf(expression.operand, format);
  if (expression.kind === 'unary' && expression.operator === '&') return arrayOf(expression.operand, format);
  if (expression.kind === 'field') {
    const field = fieldOf(expression.name, format);
    return field.isArray || field.location !== 'none' || !isNumberSize(field.size) ? field : null;
  }
  if (expression.kind !== 'call') return null;
  if (!/^__get_(rel_)?(str|dynamic_array|bitmask|cpumask|sockaddr)$/.test(expression.name)) return null;
  const argument = expression.args[0];
  return argument?.kind === 'call' && argument.args.length === 0 ? fieldOf(argument.name, format) : null;
}

function isNumberSize(size: number): boolean {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

function constant(value: bigint): Value {
  const signed = BigInt.asIntN(64, value);
  const number = Number.isSafeInteger(Number(signed)) ? Number(signed) : Number.NaN;
  return { number: () => number, big: () => signed, unsigned: value >= 1n << 63n };
}

function fieldValue(field: Field, at: number): Value {
  const offset = field.offset + at;
  const size = field.isArray && field.location === 'none' ? field.elementSize : field.size;
  const { signed } = field;
  if (!isNumberSize(size)) throw new UnknownExpression(field.name);
  const big = (r: EventRecord) => BigInt.asIntN(64, r.big(offset, size, signed));
  if (size === 4) {
    return signed
      ? { number: (r) => r.view.getInt32(r.start + offset, r.littleEndian), big }
      : { number: (r) => r.view.getUint32(r.start + offset, r.littleEndian), big };
  }
  return { number: (r) => r.number(offset, size, signed), big, unsigned: size === 8 && !signed };
}

/** `REC->caller[2]`, `((u8 *)__get_dynamic_array(f))[i]`. */
function indexed(
  expression: Extract<Expression, { kind: 'index' }>,
  format: EventFormat,
  longBytes: number,
): Value {
  const field = arrayOf(expression.base, format);
  if (!field) throw new UnknownExpression('[]');
  const index = compileValue(expression.index, format, longBytes);
  const size = elementSize(expression.base, field, longBytes);
  const read = (r: EventRecord): bigint => {
    const at = r.arrayStart(field) + Number(index.big(r)) * size;
    if (!(at >= r.start && at + size <= r.end)) return 0n;
    return BigInt.asIntN(64, r.big(at - r.start, size, field.signed));
  };
  return { number: () => Number.NaN, big: read, unsigned: size === 8 && !field.signed };
}

function elementSize(base: Expression, field: Field, longBytes: number): number {
  const size =
    base.kind === 'cast' ? typeOf(base.type.replace(/ ?\*$/, ''), longBytes).size : field.elementSize;
  if (!isNumberSize(size)) throw new UnknownExpression(field.name);
  return size;
}

function unary(operator: string, operand: Value): Value {
  switch (operator) {
    case '-':
      return { number: (r) => 0 - operand.number(r), big: (r) => BigInt.asIntN(64, -operand.big(r)) };
    case '+':
      return operand;
    case '~':
      return { number: (r) => -operand.number(r) - 1, big: (r) => ~operand.big(r) };
    case '!':
      return {
        number: (r) => (truth(operand, r) ? 0 : 1),
        big: (r) => (truth(operand, r) ? 0n : 1n),
      };
    default:
      throw new UnknownExpression(operator);
  }
}

function binary(operator: string, left: Value, right: Value): Value {
  const number = NUMBER_OPERATORS[operator];
  const big = BIG_OPERATORS[operator];
  if (!number || !big) throw new UnknownExpression(operator);
  if (operator === '&&' || operator === '||') {
    const isAnd = operator === '&&';
    const both = (r: EventRecord) =>
      isAnd ? truth(left, r) && truth(right, r) : truth(left, r) || truth(right, r);
    return { number: (r) => (both(r) ? 1 : 0), big: (r) => (both(r) ? 1n : 0n) };
  }
  const unsigned = operator === '>>' || operator === '<<' ? isUnsigned(left) : isUnsigned(left, right);
  const compares = /^[<>=!]=?$/.test(operator);
  if (unsigned) {
    const bits = (value: bigint) => BigInt.asUintN(64, value);
    return {
      number: (r) => number(left.number(r), right.number(r)),
      big: (r) => BigInt.asIntN(64, big(bits(left.big(r)), bits(right.big(r)))),
      unsigned: !compares,
    };
  }
  return {
    number: (r) => number(left.number(r), right.number(r)),
    big: (r) => BigInt.asIntN(64, big(left.big(r), right.big(r))),
  };
}

function isUnsigned(...values: readonly Value[]): boolean {
  return values.some((value) => value.unsigned === true);
}

const safe = (value: number) => (value <= 2 ** 53 && value >= -(2 ** 53) ? value : Number.NaN);
const truthOf = (known: boolean, answer: boolean) => (known ? (answer ? 1 : 0) : Number.NaN);
const ordered = (a: number, b: number) => !Number.isNaN(a) && !Number.isNaN(b);

/** Bit operations on doubles: on 32 bits where both operands have no more, else unknown. */
function bits(a: number, b: number, operation: (a: number, b: number) => number): number {
  if (a >= 0 && a < TWO_32 && b >= 0 && b < TWO_32) return operation(a, b) >>> 0;
  if (a === (a | 0) && b === (b | 0)) return operation(a, b);
  return Number.NaN;
}

const NUMBER_OPERATORS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => safe(a + b),
  '-': (a, b) => safe(a - b),
  '*': (a, b) => safe(a * b),
  '/': (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  '%': (a, b) => (b === 0 ? 0 : a % b),
  '&': (a, b) => bits(a, b, (x, y) => x & y),
  '|': (a, b) => bits(a, b, (x, y) => x | y),
  '^': (a, b) => bits(a, b, (x, y) => x ^ y),
  '<<': (a, b) => (b >= 0 && b < 53 ? safe(a * 2 ** b) : Number.NaN),
  '>>': (a, b) => (b >= 0 && b < 53 ? Math.floor(a / 2 ** b) : Number.NaN),
  '==': (a, b) => truthOf(ordered(a, b), a === b),
  '!=': (a, b) => truthOf(ordered(a, b), a !== b),
  '<': (a, b) => truthOf(ordered(a, b), a < b),
  '>': (a, b) => truthOf(ordered(a, b), a > b),
  '<=': (a, b) => truthOf(ordered(a, b), a <= b),
  '>=': (a, b) => truthOf(ordered(a, b), a >= b),
  '&&': () => Number.NaN,
  '||': () => Number.NaN,
};

const BIG_OPERATORS: Record<string, (a: bigint, b: bigint) => bigint> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? 0n : a / b),
  '%': (a, b) => (b === 0n ? 0n : a % b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => (b >= 0n && b < 64n ? a << b : 0n),
  '>>': (a, b) => (b >= 0n && b < 64n ? a >> b : 0n),
  '==': (a, b) => (a === b ? 1n : 0n),
  '!=': (a, b) => (a !== b ? 1n : 0n),
  '<': (a, b) => (a < b ? 1n : 0n),
  '>': (a, b) => (a > b ? 1n : 0n),
  '<=': (a, b) => (a <= b ? 1n : 0n),
  '>=': (a, b) => (a >= b ? 1n : 0n),
  '&&': (a, b) => (a !== 0n && b !== 0n ? 1n : 0n),
  '||': (a, b) => (a !== 0n || b !== 0n ? 1n : 0n),
};

function cast(type: string, operand: Value, longBytes: number): Value {
  const { size, signed } = typeOf(type, longBytes);
  if (size === 8) return { ...operand, unsigned: !signed };
  const width = size * 8;
  const big = (r: EventRecord) =>
    signed ? BigInt.asIntN(width, operand.big(r)) : BigInt.asUintN(width, operand.big(r));
  const limit = 2 ** width;
  const least = signed ? -limit / 2 : 0;
  const most = signed ? limit / 2 : limit;
  const number = (r: EventRecord) => {
    const value = operand.number(r);
    return value >= least && value < most ? value : Number(big(r));
  };
  return { number, big };
}

/** Size and sign of a C type, as far as formats cast to them. */
function typeOf(type: string, longBytes: number): { size: number; signed: boolean } {
  const words = type.replace(/\b(const|volatile)\b/g, '').trim();
  if (words.endsWith('*')) return { size: longBytes, signed: false };
  const m = /^(?:__)?([us]|le|be|u?int)(8|16|32|64)(?:_t)?$/.exec(words);
  if (m) return { size: Number(m[2]) / 8, signed: m[1] === 's' || m[1] === 'int' };
  const signed = !/\bunsigned\b/.test(words);
  if (/\bchar\b/.test(words)) return { size: 1, signed };
  if (/\bbool\b/.test(words)) return { size: 1, signed: false };
  if (/\bshort\b/.test(words)) return { size: 2, signed };
  if (/\blong long\b/.test(words)) return { size: 8, signed };
  if (/\blong\b/.test(words)) return { size: longBytes, signed };
  if (/\bsize_t\b/.test(words)) return { size: longBytes, signed: /ssize/.test(words) };
  if (/\b(int|unsigned|signed|enum|pid_t|gfp_t)\b/.test(words)) return { size: 4, signed };
  return { size: 8, signed: false };
}

function called(name: string, args: readonly Expression[], format: EventFormat, longBytes: number): Value {
  if (name === '__builtin_expect' && args.length === 2) return compileValue(args[0]!, format, longBytes);
  if (name === 'sizeof') {
    const operand = args[0]?.kind === 'string' ? args[0].text : '';
    const field = /^\(?REC ?\)? ?-> ?(\w+)$/.exec(operand);
    const size = field ? fieldOf(field[1]!, format).size : typeOf(operand, longBytes).size;
    return constant(BigInt(size));
  }
  const length = /^__get_(?:rel_)?(?:dynamic_array_len|cpumask_size)$/.test(name);
  if (length && args[0]?.kind === 'call') {
    const field = fieldOf(args[0].name, format);
    const number = (r: EventRecord) => r.u32(field.offset) >>> 16;
    return { number, big: (r) => BigInt(number(r)) };
  }
  if (name === 'true' || name === 'false') return constant(name === 'true' ? 1n : 0n);
  if (name === 'NULL') return constant(0n);
  throw new UnknownExpression(name);
}
