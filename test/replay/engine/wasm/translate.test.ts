import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Instance, Memory, Module } from '../../../../src/replay/engine/wasm/api.ts';
import type { ArrayPlace } from '../../../../src/replay/engine/wasm/instructions.ts';
import { translate } from '../../../../src/replay/engine/wasm/translate.ts';

const PLACES = new Map<string, ArrayPlace>([
  ['doubles', { of: 'f64', at: 64, length: 8 }],
  ['wholes', { of: 'i32', at: 256, length: 8 }],
  ['bytes', { of: 'u8', at: 512, length: 8 }],
]);

/** Runs a source both ways: as JavaScript, and translated; results, arrays and calls behind it. */
function bothWays(source: string, a: number, b: number) {
  const start = {
    doubles: Float64Array.from({ length: 8 }, (_, k) => k * 1.5 - 2),
    wholes: Int32Array.from({ length: 8 }, (_, k) => 3 * k - 4),
    bytes: Uint8Array.from({ length: 8 }, (_, k) => 40 * k),
  };
  const called: string[] = [];
  const helpers: Record<string, (...operands: number[]) => unknown> = {
    'o.tells': (...operands) => called.push(operands.join()),
    'o.whole': (x, y) => x! - y!,
    'o.half': (x) => x! / 2,
  };
  const { bytes, imports } = translate(source, PLACES, ['a', 'b']);
  const memory = new Memory({ initial: 1 });
  const views = {
    doubles: new Float64Array(memory.buffer, 64, 8),
    wholes: new Int32Array(memory.buffer, 256, 8),
    bytes: new Uint8Array(memory.buffer, 512, 8),
  };
  views.doubles.set(start.doubles);
  views.wholes.set(start.wholes);
  views.bytes.set(start.bytes);
  const m: Record<string, unknown> = { memory };
  imports.forEach(({ name }, k) => {
    m[k] = helpers[name];
  });
  const run = new Instance(new Module(bytes), { m }).exports.run as (a: number, b: number) => number;
  const translated = { result: run(a, b), ...views, called: called.splice(0) };

  const o = { tells: helpers['o.tells'], whole: helpers['o.whole'], half: helpers['o.half'] };
  const script = new Function('a', 'b', 'doubles', 'wholes', 'bytes', 'o', source);
  const result = Number(script(a, b, start.doubles, start.wholes, start.bytes, o)) | 0;
  return { translated, script: { result, ...start, called } };
}

function agree(source: string, a = 3, b = -5): void {
  const { translated, script } = bothWays(source, a, b);
  expect(translated, source).toEqual(script);
}

/** Whole numbers that stay small, so that JavaScript does not leave 32 bits where WebAssembly wraps. */
const { whole, double } = fc.letrec<{ whole: string; double: string }>((tie) => {
  const w = tie('whole');
  const d = tie('double');
  const binary = (left: fc.Arbitrary<string>, signs: readonly string[], right: fc.Arbitrary<string>) =>
    fc.tuple(left, fc.constantFrom(...signs), right).map(([x, sign, y]) => `(${x} ${sign} ${y})`);
  const index = w.map((x) => `(${x} & 7)`);
  const compared = fc.oneof(
    binary(w, ['<', '>', '<=', '>=', '===', '!=='], w),
    binary(d, ['<', '>', '<=', '>='], d),
  );
  const condition = fc.oneof(
    compared,
    binary(compared, ['&&', '||'], compared).map((x) => x),
    compared.map((x) => `!${x}`),
  );
  return {
    whole: fc.oneof(
      { maxDepth: 4 },
      fc.integer({ min: -9, max: 9 }).map((x) => `(${x})`),
      fc.constantFrom('a', 'b'),
      binary(w, ['+', '-', '&', '|', '^'], w).map((x) => `(${x} | 0)`),
      binary(w, ['>>', '>>>'], fc.constantFrom('3', '7')).map((x) => `(${x} | 0)`),
      index.map((k) => `wholes[${k}]`),
      index.map((k) => `bytes[${k}]`),
      fc.tuple(w, w).map(([x, y]) => `Math.imul(${x}, ${y})`),
      w.map((x) => `Math.clz32(${x})`),
      fc.tuple(index, w).map(([k, x]) => `(wholes[${k}] = (${x} & 1023))`),
      index.map((k) => `wholes[${k}]++`),
      index.map((k) => `--wholes[${k}]`),
      fc.tuple(condition, w, w).map(([c, x, y]) => `(${c} ? ${x} : ${y})`),
      fc.tuple(w, w).map(([x, y]) => `(o.whole(${x} & 255, ${y} & 255) | 0)`),
    ),
    double: fc.oneof(
      { maxDepth: 4 },
      fc.integer({ min: 0, max: 40 }).map((x) => `${x}.25`),
      fc.constant('Infinity'),
      index.map((k) => `doubles[${k}]`),
      binary(d, ['+', '-', '*'], d),
      fc.tuple(d, w).map(([x, y]) => `(${x} + ${y})`),
      fc.tuple(condition, d, d).map(([c, x, y]) => `(${c} ? ${x} : ${y})`),
      d.map((x) => `(+o.half(${x}))`),
    ),
  };
});
const statement = fc.oneof(
  fc.tuple(whole, double).map(([k, x]) => `doubles[${k} & 7] = ${x};`),
  fc.tuple(whole, double).map(([k, x]) => `doubles[${k} & 7] += ${x};`),
  fc.tuple(whole, whole).map(([x, y]) => `if (${x} > 0 && (${y} > 2 || ${x} < 9)) { wholes[1] = ${y}; }`),
  fc
    .tuple(whole, whole)
    .map(([x, y]) => `if (${x} === ${y} || !(${y} > 0)) wholes[2]++; else wholes[3] -= 2;`),
  fc.tuple(whole, double).map(([x, y]) => `{ const d = ${y}, k = ${x}; if (d > k) o.tells(k, d); }`),
);

describe('a source of the hot loop', () => {
  it('does the same translated as it does as JavaScript', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 4 }),
        whole,
        fc.integer(),
        fc.integer(),
        (body, result, a, b) => {
          agree(`${body.join('\n')} return (${result}) | 0;`, a | 0, b | 0);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('has loops and a switch whose cases run into each other', () => {
    agree(`
let left = 12, state = 2, sum = 0.5;
outer: for (;;) {
  left--;
  if (left < 0) { doubles[0] = sum; return state; }
  inner: for (;;) {
    steps: switch (state) {
case 1: sum += 1; if (left > 8) { state = 0; continue inner; }
case 0: sum += 10; if (left === 3) break steps;
state = 2; continue outer;
case 2: { const d = sum; sum += d; state = left > 5 ? 1 : 0; continue inner; }
    }
    wholes[left] = 77;
    state = 2;
    continue outer;
  }
}`);
  });

  it('orders doubles by their bits', () => {
    agree('return doubles[2] < doubles[3] ? 1 : 2;');
    const source = 'const x = bits(doubles[3]), y = bits(doubles[2]); return double(x < y ? x : y) * 4;';
    const { bytes } = translate(source, PLACES, []);
    const memory = new Memory({ initial: 1 });
    new Float64Array(memory.buffer, 64, 8).set([0, 0, 1.25, Number.POSITIVE_INFINITY]);
    const { run } = new Instance(new Module(bytes), { m: { memory } }).exports as { run: () => number };
    expect(run()).toBe(5);
  });

  it.each([
    ['return nobody;', 'no variable nobody'],
    ['return none[0];', 'no array none'],
    ['continue run;', 'nothing to continue run'],
    ['let x = 1', 'expected ";"'],
    ['return 1 @ 2;', 'not a token'],
    ['a + b; return 1;', 'without an effect'],
    ['doubles[0] &= 1; return 1;', 'of type f'],
    ['(a + b) = 1; return 1;', 'something that can be set'],
  ])('says what is wrong with %s', (source, message) => {
    expect(() => translate(source, PLACES, ['a', 'b'])).toThrow(message);
  });
});
