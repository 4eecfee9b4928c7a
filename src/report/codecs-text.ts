import type { KnownCodec } from '../model/codecs/known.ts';
import type { CodecSurvey, Survey } from '../model/codecs/survey.ts';
import { knownLines } from './codecs-known.ts';

const MOST_CLASSES = 8;

/** What is known of the codecs without a page of the user, as text: ASCII, at most 72 columns. */
export function renderKnownCodecs(codecs: readonly KnownCodec[]): string {
  const lines = [
    'Codecs of zram and zswap: what a 4 KiB page costs and becomes. With',
    '--pages FILE, what would be stored of your own pages.',
    '',
    ...knownLines(codecs),
  ];
  return `${lines.join('\n')}\n`;
}

/** A survey of pages as text: ASCII, at most 72 columns. */
export function renderCodecs(survey: Survey): string {
  const { pages, pagesInInput, backend, hugeClassSize, sameFilled, zero, codecs } = survey;
  const known = codecs.filter(({ sizes }) => sizes !== null);
  const lines = [
    `${pages} pages of 4 KiB${pages === pagesInInput ? '' : `, evenly spaced out of ${pagesInInput}`}`,
    `Same-filled ${sameFilled}, of these zero ${zero}. Stored as by ${backend}; huge class from`,
    `${hugeClassSize} bytes.`,
    '',
    'Compressed size of a page, bytes [measured on these pages]',
    'codec          mean   p10   p50   p90   p99  stored  raw  refused  ratio',
    '-'.repeat(72),
    ...known.map(sizeLine),
    '',
    'stored: compressed; raw: kept as a whole page. ratio: pages stored over',
    'pages that their objects take with full zspages.',
    ...codecs
      .filter(({ sizes }) => sizes === null)
      .map(({ codec }) => `${codec.id}: no sizes, no library stands for it.`),
    ...known.map(({ codec }) => `${codec.id}: ${codec.sizesBy}`).flatMap(wrapped),
    '',
    `zsmalloc classes with most objects (class size: share), ${MOST_CLASSES} at most`,
    ...known.flatMap(classLines),
    '',
    ...knownLines(codecs),
  ];
  return `${lines.join('\n')}\n`;
}

function sizeLine({ codec, sizes }: CodecSurvey): string {
  const { bytes, fates, ratio } = sizes!;
  const numbers = bytes ? [bytes.mean, bytes.p10, bytes.p50, bytes.p90, bytes.p99] : Array(5).fill(null);
  const cells = numbers.map((value: number | null) => (value === null ? '-' : value.toFixed(0)).padStart(6));
  return [
    codec.id.padEnd(13),
    ...cells,
    String(fates.compressed).padStart(8),
    String(fates.incompressible).padStart(5),
    String(fates.rejected).padStart(9),
    (ratio === null ? '-' : ratio.toFixed(2)).padStart(7),
  ].join('');
}

function classLines({ codec, sizes }: CodecSurvey): readonly string[] {
  const { classes } = sizes!;
  const all = classes.reduce((sum, { objects }) => sum + objects, 0);
  const most = classes.toSorted((a, b) => b.objects - a.objects || a.size - b.size).slice(0, MOST_CLASSES);
  const shares = most.map(({ size, objects }) => `${size}: ${((100 * objects) / all).toFixed(1)}%`);
  return wrapped(`${codec.id} (${classes.length} classes): ${shares.join(', ')}`);
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let current = ' ';
  for (const word of text.split(' ')) {
    if (current.length + 1 + word.length > 72) {
      lines.push(current);
      current = '   ';
    }
    current += ` ${word}`;
  }
  return [...lines, current];
}
