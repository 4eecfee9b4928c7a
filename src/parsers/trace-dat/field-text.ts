import type { EventFormat, Field } from './event-format.ts';
import type { EventRecord } from './event-record.ts';
import type { Printer } from './print-text.ts';
import type { TextWriter } from './text-writer.ts';

/**
 * `name=value` for each field but the common ones: the text of an event whose print format cannot be
 * evaluated, written as `trace-cmd report -R` does.
 */
export function fieldPrinter(format: EventFormat): Printer {
  const fields = format.fields.filter((field) => !field.name.startsWith('common_'));
  return (r, out) => {
    for (let i = 0; i < fields.length; i++) {
      if (i > 0) out.text(' ');
      out.text(fields[i]!.name);
      out.text('=');
      writeField(fields[i]!, r, out);
    }
  };
}

function writeField(field: Field, r: EventRecord, out: TextWriter): void {
  if (field.isArray || field.location !== 'none') {
    const start = r.arrayStart(field);
    const end = r.arrayEnd(field);
    if (field.isString && isPrintable(r.bytes, start, end)) out.copyString(r.bytes, start, end);
    else writeBytes(r.bytes, start, end, out);
    return;
  }
  const { offset, size, signed } = field;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) out.text('?');
  else if (field.isPointer || (field.isLong && !signed)) {
    if (size === 8) out.pointer(r.high(offset), r.low(offset));
    else out.pointer(0, r.number(offset, size, false));
  } else {
    const number = r.number(offset, size, signed);
    if (Number.isNaN(number)) out.text(r.big(offset, size, signed).toString());
    else out.decimal(number);
  }
}

function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end && bytes[i] !== 0; i++) if (bytes[i]! < 32 || bytes[i]! > 126) return false;
  return true;
}

function writeBytes(bytes: Uint8Array, start: number, end: number, out: TextWriter): void {
  out.text('ARRAY[');
  for (let i = start; i < end; i++) {
    if (i > start) out.text(', ');
    out.hexByte(bytes[i]!);
  }
  out.text(']');
}
