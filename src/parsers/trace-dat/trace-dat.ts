import { setImmediate } from 'node:timers/promises';
import { InputError } from '../../trace/diagnostics.ts';
import { latin1 } from '../../trace/records.ts';
import type { FileReader, ParseContext, TraceFacts } from '../trace-parser.ts';
import { DamagedTraceDat, FileSource } from './byte-source.ts';
import {
  type CpuRange,
  type DamageSink,
  readContainer,
  TRACE_DAT_MAGIC,
  type TraceBuffer,
  type TraceDat,
} from './container.ts';
import { CpuStream, pageLayout } from './cpu-stream.ts';
import { readLatencyText } from './latency-text.ts';
import { RecordReader } from './record-reader.ts';

const NS_PER_SECOND = 1_000_000_000n;
/** Others may run after so many bytes: progress, signals. */
const BYTES_BETWEEN_PAUSES = 1 << 20;

/** True for a trace.dat of any version. */
export function sniffTraceDat(head: Uint8Array): boolean {
  return latin1(head, 0, Math.min(head.length, TRACE_DAT_MAGIC.length)) === TRACE_DAT_MAGIC;
}

/**
 * Reads a trace.dat of trace-cmd, versions 6 and 7: the records of all CPUs and instances in the order
 * of their stamps, as `trace-cmd report` prints them, with exact ns and the module of each function.
 * `lines` are records. Memory: the metadata, and a few pages or one chunk a CPU.
 *
 * @throws {InputError} when the file's header cannot be used, or damage leaves no records at all.
 */
export const readTraceDat: FileReader = async (path, context, onProgress) => {
  const source = new FileSource(path);
  try {
    return await readFrom(source, context, onProgress);
  } catch (error) {
    if (error instanceof DamagedTraceDat)
      throw new InputError(`${context.inputName}: at byte ${error.offset}: ${error.message}`);
    throw error;
  } finally {
    source.close();
  }
};

async function readFrom(
  source: FileSource,
  context: ParseContext,
  onProgress: (bytes: number) => void,
): Promise<TraceFacts> {
  let damaged = 0;
  let first: DamagedTraceDat | null = null;
  const onDamage: DamageSink = (sentence, offset) => {
    damaged++;
    first ??= new DamagedTraceDat(sentence, offset);
    const place = `${context.inputName}: byte ${offset}: ${sentence}`;
    context.diagnostics.add('trace-dat-damaged', 'warning', 'parts of the trace.dat cannot be read', place);
  };
  const file = readContainer(source, onDamage);
  if (file.latencyText) {
    const facts = await readLatencyText(file, file.latencyText, source, context, onDamage);
    return { ...facts, bytes: source.size, kernelRelease: facts.kernelRelease || file.release };
  }
  if (file.buffers.length === 0 && first !== null) throw first;
  const layout = pageLayout(file.headerPage);
  const kallsyms = file.kallsyms;
  const safe: TraceDat = {
    ...file,
    kallsyms: () => {
      try {
        return kallsyms();
      } catch (error) {
        if (!(error instanceof DamagedTraceDat)) throw error;
        onDamage(error.message, error.offset);
        return new Uint8Array(0);
      }
    },
  };
  const reader = new RecordReader(safe, layout.longBytes, context);
  const buffers = readableBuffers(file, source.size, onDamage);
  const options = { file: safe, source, layout, onDamage };
  const streams = buffers.flatMap((buffer) =>
    buffer.cpus.map((range) => new CpuStream(buffer, range, options)),
  );
  const origin = start(streams);
  context.onOrigin?.(Number(origin));
  await merge(streams, reader, source, onProgress);
  reader.flush();
  onProgress(source.size);
  const clock = clockOf(file, buffers, context);
  return {
    bytes: source.size,
    // A damaged part counts as one record that is not understood.
    lines: reader.records + damaged,
    understoodLines: reader.records - reader.notUnderstood,
    cpus: new Set(streams.map((stream) => stream.cpu)).size,
    clock: 'stamps',
    clockName: clock,
    stampQuantumNs: 1,
    originNs: Number(origin),
    firstNs: reader.firstNs,
    lastNs: reader.lastNs,
    kernelRelease: file.release,
    layouts: [`v${file.version} ${file.littleEndian ? 'little' : 'big'}-endian`],
  };
}

/** Goes to the first record of each CPU, and sets all times relative to the whole second of the first. */
function start(streams: CpuStream[]): bigint {
  let origin: bigint | null = null;
  for (const stream of streams) {
    const stamp = stream.firstStamp();
    if (stamp !== null && (origin === null || stamp < origin)) origin = stamp;
  }
  if (origin === null) origin = 0n;
  let first = Number.POSITIVE_INFINITY;
  for (const stream of streams) {
    stream.setOrigin(origin);
    if (stream.next()) first = Math.min(first, stream.time);
  }
  if (Number.isFinite(first)) origin += BigInt(Math.round(first));
  origin -= origin % NS_PER_SECOND;
  for (const stream of streams) stream.setOrigin(origin);
  return origin;
}

/** Gives the records of all CPUs to the reader, the earliest first; of equal stamps the lower CPU's. */
async function merge(
  streams: readonly CpuStream[],
  reader: RecordReader,
  source: FileSource,
  onProgress: (bytes: number) => void,
): Promise<void> {
  let pauseAt = source.bytesRead + BYTES_BETWEEN_PAUSES;
  for (;;) {
    let best = -1;
    let bestTime = Number.POSITIVE_INFINITY;
    let other = -1;
    let otherTime = Number.POSITIVE_INFINITY;
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i]!;
      if (stream.ended) continue;
      if (best < 0 || stream.time < bestTime) {
        other = best;
        otherTime = bestTime;
        best = i;
        bestTime = stream.time;
      } else if (other < 0 || stream.time < otherTime) {
        other = i;
        otherTime = stream.time;
      }
    }
    if (best < 0) return;
    const stream = streams[best]!;
    // This CPU goes on until another comes first. Stamps are whole: half a ns lets equal ones pass.
    const limit = other > best ? otherTime + 0.5 : otherTime;
    do reader.read(stream, limit);
    while (!stream.ended && stream.time < limit && source.bytesRead < pauseAt);
    if (source.bytesRead >= pauseAt) {
      pauseAt = source.bytesRead + BYTES_BETWEEN_PAUSES;
      onProgress(Math.min(source.bytesRead, source.size));
      await setImmediate();
    }
  }
}

/** The ranges that lie in the file and share no byte: each byte is read once, whatever the file says. */
function readableBuffers(file: TraceDat, size: number, onDamage: DamageSink): TraceBuffer[] {
  const known = file.buffers.filter((buffer) => !buffer.compressed || file.decompress !== null);
  if (known.length < file.buffers.length) onDamage('compressed records cannot be read', 0);
  const all = known.flatMap((buffer) => buffer.cpus.filter((range) => range.size > 0));
  const accepted = new Set<CpuRange>();
  let end = 0;
  for (const range of [...all].sort((a, b) => a.offset - b.offset)) {
    if (!(range.offset + range.size <= size))
      onDamage(`the data of CPU ${range.cpu} (${range.size} bytes) reach behind the end`, range.offset);
    if (range.offset >= size) continue;
    if (range.offset < end) {
      onDamage(`the data of CPU ${range.cpu} overlap those of another`, range.offset);
      continue;
    }
    end = range.offset + range.size;
    accepted.add(range);
  }
  return known.map((buffer) => ({
    ...buffer,
    cpus: buffer.cpus
      .filter((range) => accepted.has(range))
      .map((range) => ({ ...range, size: Math.min(range.size, size - range.offset) })),
  }));
}

function clockOf(file: TraceDat, buffers: readonly TraceBuffer[], context: ParseContext): string {
  const clocks = new Set(
    buffers.filter((buffer) => buffer.cpus.length > 0).map((buffer) => buffer.clock || file.clock),
  );
  if (clocks.size > 1) {
    const sentence = 'instances with different clocks were merged by their stamps';
    context.diagnostics.add(
      'trace-dat-clocks',
      'warning',
      sentence,
      `${context.inputName}: ${[...clocks].join(', ')}`,
    );
  }
  return [...clocks][0] ?? file.clock;
}
