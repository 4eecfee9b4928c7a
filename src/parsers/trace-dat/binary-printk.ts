import { parseConversions } from './conversions.ts';
import type { EventRecord } from './event-record.ts';
import { unescaped } from './print-syntax.ts';
import type { Symbols } from './symbols.ts';
import type { TextWriter } from './text-writer.ts';

/**
 * Writes a trace_printk whose arguments the kernel stored as they are (lib/vsprintf.c, vbin_printf):
 * numbers aligned to 4 bytes, strings in place with their NUL.
 *
 * @param format The format string as printk_formats shows it, escapes included.
 * @param offset Where the arguments begin in the record.
 */
export function writeBinaryPrintk(
  format: string,
  r: EventRecord,
  offset: number,
  symbols: Symbols,
  out: TextWriter,
): void {
  let at = offset;
  const size = r.end - r.start;
  const number = (bytes: number): bigint => {
    // Numbers below 4 bytes are stored in 4; those of 8 are aligned to 4.
    const stored = Math.max(bytes, 4);
    at = (at + 3) & ~3;
    if (at + stored > size) return 0n;
    const value = r.big(at, stored, true);
    at += stored;
    return BigInt.asIntN(bytes * 8, value);
  };
  for (const c of parseConversions(unescaped(format), r.longBytes)) {
    out.text(c.before);
    if (c.letter === '') continue;
    const width = c.width === 'arg' ? Number(number(4)) : c.width;
    const precision = c.precision === 'arg' ? Number(number(4)) : c.precision;
    const from = out.length;
    if (c.letter === 's') {
      const start = Math.min(r.start + at, r.end);
      out.copyString(r.bytes, start, r.end);
      const nul = r.bytes.subarray(start, r.end).indexOf(0);
      at += (nul < 0 ? r.end - start : nul) + 1;
      if (precision >= 0) out.length = Math.min(out.length, from + precision);
    } else {
      const value = number(c.bytes);
      const unsigned = BigInt.asUintN(c.bytes * 8, value);
      const [high, low] = [Number(unsigned >> 32n), Number(unsigned & 0xffffffffn)];
      if (c.letter === 'p' && /^[FfSsB]/.test(c.pointer))
        symbols.write(out, high, low, /^[FS]/.test(c.pointer));
      else if (c.letter === 'p') out.pointer(high, low);
      else if (c.letter === 'c') out.byte(low & 255);
      else if (c.letter === 'd' || c.letter === 'i') out.text(value.toString());
      else if (c.letter === 'u') out.text(unsigned.toString());
      else if (c.letter === 'o') out.text(unsigned.toString(8));
      else {
        const hex = unsigned.toString(16);
        out.text((c.alternate ? '0x' : '') + (c.letter === 'X' ? hex.toUpperCase() : hex));
      }
      if (precision >= 0) out.pad(from, precision, false, 48);
    }
    const zero = c.zero && !c.left && c.letter !== 's' && c.letter !== 'p';
    out.pad(from, Math.abs(width < 0 && c.width !== 'arg' ? 0 : width), c.left || width < -1, zero ? 48 : 32);
  }
}
