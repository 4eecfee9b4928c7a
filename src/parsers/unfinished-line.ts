import type { Source } from './source.ts';

const NEWLINE = 10;
/** Longer is no line of text: it is handed on as it comes. */
const MAX_LINE_BYTES = 1 << 16;

/**
 * The chunks of a source, cut so that an unfinished last line stays behind while a file is still being
 * written: it is no damage, and half of a line must not be read as a whole one. `onUnfinished` is then
 * called once. Inputs that nobody writes any more come out complete.
 */
export async function* wholeLines(source: Source, onUnfinished: () => void): AsyncGenerator<Uint8Array> {
  if (!source.isPlainFile) {
    yield* source.chunks;
    return;
  }
  let tail = new Uint8Array(0);
  for await (const chunk of source.chunks) {
    if (tail.length > 0) yield tail;
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const isLine = chunk.length - end <= MAX_LINE_BYTES;
    tail = isLine ? chunk.slice(end) : new Uint8Array(0);
    const whole = isLine ? chunk.subarray(0, end) : chunk;
    if (whole.length > 0) yield whole;
  }
  if (tail.length === 0) return;
  if (source.isGrowing()) onUnfinished();
  else yield tail;
}
