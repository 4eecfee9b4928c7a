import { Readable } from 'node:stream';
import split2 from 'split2';
import { undecorate } from './line-decoration.ts';

const NEWLINE = 10;
const MAX_LINE_BYTES = 1 << 16;
/** A trace line may have been wrapped into so many pieces. */
const MAX_PIECES = 4;

const TRACE_START = /^\s*(?:\d+\.\d{6} \|\s*)?(?:\d+\)\s|(?:[+!#*@$]\s*)?\d+(?:\.\d+)? us\s*\||\|\s)/;
const COMPLETE = /(?:[;{}]|\*\/|={3,}>(?: \|)?|<={3,}(?: \|)?)\s*$/;

/**
 * Undoes what mail does to a pasted trace, line by line: quoted-printable, HTML entities, no-break
 * blanks, quote marks, wrapping. Lines keep their numbers: a piece that was joined to the line before
 * leaves an empty line behind.
 */
export async function* cleanMailText(
  chunks: AsyncIterable<Uint8Array>,
  onOverlongLine: (line: number) => void,
): AsyncGenerator<Uint8Array> {
  const lines = Readable.from(withoutOverlongLines(chunks, onOverlongLine)).pipe(split2('\n'));
  let waiting: string | null = null;
  let pieces = 0;
  let softBreak = '';
  let quotedPrintable = false;
  const flush = (): Uint8Array[] => {
    if (waiting === null) return [];
    const out = [Buffer.from(`${waiting}\n${'\n'.repeat(pieces)}`, 'latin1')];
    waiting = null;
    pieces = 0;
    return out;
  };
  for await (const raw of lines as AsyncIterable<string>) {
    let line = softBreak + raw.replace(/\r$/, '');
    softBreak = '';
    if (/^Content-Transfer-Encoding:\s*quoted-printable/i.test(line)) quotedPrintable = true;
    if (quotedPrintable || /=(?:20|3D|09|C2=A0)/.test(line)) {
      if (line.endsWith('=')) {
        softBreak = line.slice(0, -1);
        yield* flush();
        yield Buffer.from('\n');
        continue;
      }
      line = line.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    }
    const text = undecorate(plainCharacters(line)).text;
    if (waiting !== null && pieces < MAX_PIECES && !TRACE_START.test(text) && text.trim() !== '') {
      waiting = `${waiting.trimEnd()} ${text.trimStart()}`;
      pieces++;
      if (COMPLETE.test(waiting)) yield* flush();
      continue;
    }
    yield* flush();
    if (TRACE_START.test(text) && !COMPLETE.test(text)) waiting = text;
    else yield Buffer.from(`${text}\n`, 'latin1');
  }
  yield* flush();
}

/** HTML entities and blanks that only look like blanks. */
function plainCharacters(line: string): string {
  return line
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&nbsp;', ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')
    .replace(/\u00c2?[\u00a0]|[\u2000-\u200a\u202f]/g, ' ')
    .replace(/[\u200b\ufeff]/g, '');
}

/** Empties lines that no mail has, so that they need no memory, and tells where they stood. */
async function* withoutOverlongLines(
  chunks: AsyncIterable<Uint8Array>,
  onOverlongLine: (line: number) => void,
): AsyncGenerator<Uint8Array> {
  let line = 1;
  let length = 0;
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, at);
      const to = newline < 0 ? chunk.length : newline + 1;
      const before = length;
      length += to - at;
      if (length <= MAX_LINE_BYTES) yield Uint8Array.from(chunk.subarray(at, to));
      else {
        if (before <= MAX_LINE_BYTES) onOverlongLine(line);
        if (newline >= 0) yield Uint8Array.of(NEWLINE);
      }
      if (newline >= 0) {
        line++;
        length = 0;
      }
      at = to;
    }
  }
}
