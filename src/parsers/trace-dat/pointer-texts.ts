import type { TextWriter } from './text-writer.ts';

const COLON = 58;
const DOT = 46;
const BLANK = 32;
const DASH = 45;
const COMMA = 44;

/** Order of the bytes of a UUID: as they stand, and with the first three groups reversed. */
const UUID_BIG = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const UUID_LITTLE = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/**
 * Writes what the kernel's extended `%p` conversions print of an array (Documentation/core-api/
 * printk-formats.rst): `I4`, `I6`, `M`, `U`, `*ph`, `*pb[l]`.
 *
 * @param width The length in front of `ph` (bytes) and `pb` (bits); 0 when not said.
 */
export function writePointerText(
  kind: string,
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  littleEndian: boolean,
  out: TextWriter,
): void {
  const at = (index: number) => (start + index < end ? bytes[start + index]! : 0);
  switch (kind[0]) {
    case 'M':
    case 'm':
      for (let i = 0; i < 6; i++) {
        if (i > 0 && kind[0] === 'M') out.byte(kind[1] === 'F' ? DASH : COLON);
        out.hexByte(at(kind[1] === 'R' ? 5 - i : i));
      }
      break;
    case 'I':
    case 'i':
      writeAddress(kind, at, out);
      break;
    case 'U': {
      const order = /^U[lL]/.test(kind) ? UUID_LITTLE : UUID_BIG;
      order.forEach((index, i) => {
        if (i === 4 || i === 6 || i === 8 || i === 10) out.byte(DASH);
        out.hexByte(at(index));
      });
      break;
    }
    case 'h': {
      const count = Math.min(width > 0 ? width : end - start, end - start);
      const between = { C: COLON, D: DASH, N: -1 }[kind[1] ?? ''] ?? BLANK;
      for (let i = 0; i < count; i++) {
        if (i > 0 && between >= 0) out.byte(between);
        out.hexByte(at(i));
      }
      break;
    }
    case 'b':
      writeBitList(bytes, start, end, width, littleEndian, out);
      break;
    default:
  }
}

function writeAddress(kind: string, at: (index: number) => number, out: TextWriter): void {
  let base = 0;
  let version = kind[1];
  if (version === 'S') {
    // struct sockaddr: the family in 2 bytes of either order, then port, address.
    const family = at(0) || at(1);
    version = family === 10 ? '6' : '4';
    base = version === '6' ? 8 : 4;
  }
  if (version === '4') {
    for (let i = 0; i < 4; i++) {
      if (i > 0) out.byte(DOT);
      if (kind[0] === 'i') out.pad(out.length, at(base + i) < 10 ? 2 : at(base + i) < 100 ? 1 : 0, false, 48);
      out.decimal(at(base + i));
    }
  } else if (kind.includes('c')) {
    out.text(
      compressedIpv6(Array.from({ length: 8 }, (_, i) => at(base + i * 2) * 256 + at(base + i * 2 + 1))),
    );
  } else {
    for (let i = 0; i < 16; i++) {
      if (i > 0 && i % 2 === 0 && kind[0] === 'I') out.byte(COLON);
      out.hexByte(at(base + i));
    }
  }
  if (kind[1] === 'S' && kind.includes('p')) {
    out.byte(COLON);
    out.decimal(at(2) * 256 + at(3));
  }
}

/** RFC 5952: the longest run of zeros is `::`. */
function compressedIpv6(words: readonly number[]): string {
  let bestAt = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0) length++;
    if (length > bestLength) {
      bestAt = i;
      bestLength = length;
    }
  }
  const hex = (list: readonly number[]) => list.map((word) => word.toString(16)).join(':');
  if (bestAt < 0) return hex(words);
  return `${hex(words.slice(0, bestAt))}::${hex(words.slice(bestAt + bestLength))}`;
}

/** `0-2,5`: the bits that are set. */
function writeBitList(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  littleEndian: boolean,
  out: TextWriter,
): void {
  const have = (end - start) * 8;
  const count = width > 0 ? Math.min(width, have) : have;
  const isSet = (bit: number) => {
    const index = bit >> 3;
    // Words of 8 bytes, stored in the kernel's byte order.
    const byte = littleEndian ? index : (index & ~7) + 7 - (index & 7);
    return start + byte < end && ((bytes[start + byte]! >> (bit & 7)) & 1) === 1;
  };
  let first = true;
  for (let bit = 0; bit < count; bit++) {
    if (!isSet(bit)) continue;
    let last = bit;
    while (last + 1 < count && isSet(last + 1)) last++;
    if (!first) out.byte(COMMA);
    first = false;
    out.decimal(bit);
    if (last > bit) {
      out.byte(DASH);
      out.decimal(last);
    }
    bit = last;
  }
}
