import { InputError } from '../../trace/diagnostics.ts';
import type { ParseContext, TraceFacts, TraceParser } from '../trace-parser.ts';
import { Cursor, type FileSource } from './byte-source.ts';
import type { DamageSink, TextRange, TraceDat } from './container.ts';

const CHUNK_BYTES = 1 << 16;

/**
 * Reads a recording of a latency tracer (irqsoff, wakeup): trace-cmd stores the kernel's text, which
 * goes to the parser of that text.
 * @throws {InputError} when no parser knows the text.
 */
export async function readLatencyText(
  file: TraceDat,
  range: TextRange,
  source: FileSource,
  context: ParseContext,
  onDamage: DamageSink,
): Promise<TraceFacts> {
  // Here and not at the top: the registry has this format among its rows.
  const { FORMATS } = await import('../registry.ts');
  const chunks = pieces(file, range, source, onDamage);
  const head = chunks.next().value ?? new Uint8Array(0);
  const format = FORMATS.find(
    (candidate) => candidate.open !== null && candidate.sniff(head.subarray(0, CHUNK_BYTES)),
  );
  if (!format?.open) {
    throw new InputError(
      `${context.inputName}: at byte ${range.offset}: holds the text of a latency tracer that is not recognised`,
    );
  }
  const parser: TraceParser = format.open({
    ...context,
    sink: (batch) => {
      context.onOrigin?.(parser.originNs);
      context.sink(batch);
    },
  });
  parser.push(head);
  for (const chunk of chunks) parser.push(chunk);
  return parser.finish();
}

function* pieces(
  file: TraceDat,
  range: TextRange,
  source: FileSource,
  onDamage: DamageSink,
): Generator<Uint8Array, undefined> {
  const end = Math.min(range.offset + range.size, source.size);
  if (!range.compressed) {
    for (let at = range.offset; at < end; at += CHUNK_BYTES)
      yield source.read(at, Math.min(CHUNK_BYTES, end - at));
    return;
  }
  const cursor = new Cursor(source, file.littleEndian, range.offset, end);
  if (cursor.left < 4) return;
  for (let left = cursor.u32(); left > 0 && cursor.left >= 8; left--) {
    const place = cursor.place;
    const compressed = cursor.u32();
    const size = cursor.u32();
    if (compressed > cursor.left) {
      onDamage(`a chunk of ${compressed} bytes is absurd`, place);
      return;
    }
    const bytes = cursor.bytes(compressed);
    try {
      if (file.decompress) yield file.decompress(bytes, size);
    } catch (error) {
      onDamage(`damaged compressed data: ${(error as Error).message}`, place);
    }
  }
}
