/** One `%` conversion of a printf format of the kernel's, or the text between two. */
export interface Conversion {
  /** Text in front of the conversion. */
  readonly before: string;
  /** `d`, `u`, `x`, `X`, `o`, `c`, `s`, `p`; '' when only text stands here. */
  readonly letter: string;
  /** What follows `%p`: `S`, `I4`, `U`; '' for a plain pointer. */
  readonly pointer: string;
  readonly left: boolean;
  readonly zero: boolean;
  readonly plus: boolean;
  readonly blank: boolean;
  readonly alternate: boolean;
  /** -1 when not said; 'arg' for `*`. */
  readonly width: number | 'arg';
  readonly precision: number | 'arg';
  /** Bytes of the argument: `hh` 1, `h` 2, none 4, `l` that of a long, `ll` 8. */
  readonly bytes: number;
}

const CONVERSION =
  /%([-+ #0]*)(\*|\d{1,4})?(?:\.(\*|\d{0,4}))?(hh|h|ll|l|L|q|j|z|t)?([diuxXocs%]|p(?:[FfSsB]R?b?|[IiG][46S](?:p?f?s?c?|[hnbl])*|M[FR]?|m[FR]?|U[bBlL]?|h[CDN]?|bl?|x|K|e|d[2-4]?|D[2-4]?|a[dp]?|g|V|C[nr]?|O[Ff]?|t[TR]?[drs]*|[rR](?![a-z]))?)/g;

/** Splits a printf format. Widths are cut to 4 digits: damage must not make texts grow. */
export function parseConversions(format: string, longBytes: number): Conversion[] {
  const found: Conversion[] = [];
  let before = '';
  let at = 0;
  for (const m of format.matchAll(CONVERSION)) {
    before += format.slice(at, m.index);
    at = m.index + m[0].length;
    const spec = m[5]!;
    if (spec === '%') {
      before += '%';
      continue;
    }
    const flags = m[1]!;
    const length = m[4];
    const bytes = { hh: 1, h: 2, l: longBytes, z: longBytes, t: longBytes }[length ?? ''] ?? (length ? 8 : 4);
    found.push({
      before,
      letter: spec[0]!,
      pointer: spec.slice(1),
      left: flags.includes('-'),
      zero: flags.includes('0'),
      plus: flags.includes('+'),
      blank: flags.includes(' '),
      alternate: flags.includes('#'),
      width: m[2] === '*' ? 'arg' : m[2] === undefined ? -1 : Number(m[2]),
      precision: m[3] === '*' ? 'arg' : m[3] === undefined ? -1 : Number(m[3]),
      bytes: spec[0] === 'p' ? longBytes : bytes,
    });
    before = '';
  }
  before += format.slice(at);
  if (before !== '') found.push({ ...PLAIN, before });
  return found;
}

const PLAIN: Conversion = {
  before: '',
  letter: '',
  pointer: '',
  left: false,
  zero: false,
  plus: false,
  blank: false,
  alternate: false,
  width: -1,
  precision: -1,
  bytes: 0,
};
