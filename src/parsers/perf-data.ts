import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { InputError } from '../trace/diagnostics.ts';
import { latin1, type RecordBatch, RecordKind } from '../trace/records.ts';
import { PerfScriptParser } from './perf-script.ts';
import type { ParseContext, TraceFacts } from './trace-parser.ts';

/**
 * What perf is asked to print: stamps in ns, losses, and the header with kernel and command line.
 * `--force`: files that another user recorded are refused otherwise. `--no-inline`: addr2line would be
 * run for each address of a user program.
 */
const ARGUMENTS = ['script', '--force', '--ns', '--header', '--show-lost-events', '--no-inline'];
const MAX_STDERR = 1 << 14;

/** True at the magic of perf.data: as a file or as a stream, of either byte order. */
export function sniffPerfData(head: Uint8Array): boolean {
  const magic = latin1(head, 0, Math.min(8, head.length));
  return magic === 'PERFILE2' || magic === '2ELIFREP';
}

/**
 * Reads a perf.data with the machine's own `perf script`, whose text goes to {@link PerfScriptParser} as
 * it comes. The facts count lines of that text, and the bytes of the file.
 * @throws {InputError} when perf is not installed, or fails before it has printed any sample.
 */
export async function readPerfData(
  path: string,
  context: ParseContext,
  onProgress: (bytes: number) => void,
  /** The program to run; another one in tests. */
  perf = 'perf',
): Promise<TraceFacts> {
  const size = statSync(path).size;
  const watched = new WatchedSink(context, () => parser.originNs);
  const parser = new PerfScriptParser({ ...context, sink: (batch) => watched.take(batch) });
  const child = spawn(perf, [...ARGUMENTS, '-i', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('latin1');
  child.stderr.on('data', (text: string) => {
    if (stderr.length < MAX_STDERR) stderr += text;
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    child.once('close', (code, signal) => {
      resolve(code === 0 ? '' : code === null ? `was ended by ${signal}` : `exit status ${code}`);
    });
  });
  let read = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      read += chunk.length;
      parser.push(chunk);
      // How far perf is in its file is not known; its text is a little longer than the file.
      onProgress(Math.min(size, read));
    }
  } finally {
    // Whoever stops reading early leaves no perf behind.
    child.kill();
  }
  const failure = await ended;
  const facts = parser.finish();
  if (failure === 'ENOENT' || failure === 'EACCES') throw new InputError(notInstalled(context.inputName));
  const said = messageOf(stderr);
  if (failure !== '') {
    const sentence = `${context.inputName}: \`perf script\` failed (${failure})${said && `: ${said}`}`;
    if (read === 0) throw new InputError(sentence);
    context.diagnostics.add(
      'perf-script-failed',
      'loss',
      'perf could not read its file to the end',
      sentence,
    );
  } else if (watched.unknownFrames > 0 && /No kallsyms or vmlinux/.test(said)) {
    const sentence =
      'perf has no symbols of the recorded kernel here, frames stay [unknown]: run `perf script` where it was recorded';
    context.diagnostics.add('perf-no-symbols', 'loss', sentence, context.inputName, watched.unknownFrames);
  } else if (said !== '') {
    context.diagnostics.add('perf-script-says', 'info', 'perf had something to say', said);
  }
  return { ...facts, bytes: size };
}

/** Hands rows on, tells the origin of their times before the first that has one, and counts unnamed frames. */
class WatchedSink {
  unknownFrames = 0;
  readonly #context: ParseContext;
  readonly #originNs: () => number;
  readonly #unknown: number;
  #told = -1;

  constructor(context: ParseContext, originNs: () => number) {
    this.#context = context;
    this.#originNs = originNs;
    this.#unknown = context.names.internText('[unknown]');
  }

  take(batch: RecordBatch): void {
    const originNs = this.#originNs();
    if (originNs !== this.#told) this.#context.onOrigin?.(originNs);
    this.#told = originNs;
    for (let row = 0; row < batch.length; row++) {
      if (batch.name[row] === this.#unknown && batch.kind[row] === RecordKind.Frame) this.unknownFrames++;
    }
    this.#context.sink(batch);
  }
}

function notInstalled(name: string): string {
  return (
    `${name}: this is a perf.data, which is read with \`perf script\`, and perf is not installed here; ` +
    `where it is: perf script --ns --header --show-lost-events -i perf.data > trace.txt`
  );
}

/** What perf said, on one line; its remarks on fields that do not apply are no news. */
function messageOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/not valid for .* events\. Ignoring/.test(line));
  const distinct = [...new Set(lines)];
  return distinct.slice(0, 3).join('; ') + (distinct.length > 3 ? '; ...' : '');
}
