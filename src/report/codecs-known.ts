import type { CodecCost, PageTime } from '../model/codecs/costs.ts';
import type { KnownCodec } from '../model/codecs/known.ts';
import { CORPORA, CORPUS_SOURCE } from '../model/codecs/stated-sizes.ts';
import { wrap } from './text/layout.ts';

/** What is known of each codec: costs by platform, sizes by kind of pages, published ratios, and the sources of all. */
export function knownLines(codecs: readonly KnownCodec[]): readonly string[] {
  const costs = codecs.flatMap(({ costs: of }) => of);
  const sources = [
    ...new Set([
      ...costs.map(({ source }) => source),
      CORPUS_SOURCE,
      ...codecs.flatMap(({ published }) => published.map(({ source }) => source)),
    ]),
  ];
  const mark = (source: string) => `[${sources.indexOf(source) + 1}]`;
  return [
    'Cost of a page, us: low, middle, high (runs draw from the triangle)',
    costLine('codec', 'platform', 'compress', 'decompress', 'basis'),
    ...costs.map((cost) => costOf(cost, mark(cost.source))),
    '',
    `Size of a page, bytes [=] ${mark(CORPUS_SOURCE)}; raw: does not get below a page`,
    sizeLine('codec', 'pages', ['mean', 'p10', 'p50', 'p90', 'raw', 'ratio']),
    ...codecs.flatMap(({ codec, stated }) =>
      stated.map(({ corpus, mean, p10, p50, p90, doesNotCompress }) =>
        sizeLine(codec.id, corpus, [
          ...[mean, p10, p50, p90].map((bytes) => bytes.toFixed(0)),
          `${(doesNotCompress * 100).toFixed(0)} %`,
          (4096 / mean).toFixed(2),
        ]),
      ),
    ),
    ...CORPORA.flatMap(({ id, title, pages }) => wrap(`${id}: ${title}; ${pages} pages`, '    ', '  ')),
    '',
    'Published ratios of which no distribution is known [=]',
    ...codecs.flatMap(({ published }) =>
      published.map(({ codec, ratio, of, source }) =>
        `  ${codec.padEnd(12)}${ratio.toFixed(2)}  ${of} ${mark(source)}`.trimEnd(),
      ),
    ),
    '',
    'Sources',
    ...sources.flatMap((source) => wrap(`${mark(source)} ${source}`, '    ', '  ')),
  ];
}

function costOf({ codec, platform, compressNs, decompressNs, basis }: CodecCost, source: string): string {
  return costLine(codec, platform, timeText(compressNs), timeText(decompressNs), `${basis} ${source}`);
}

function costLine(codec: string, platform: string, compress: string, decompress: string, basis: string) {
  return `  ${codec.padEnd(12)}${platform.padEnd(18)}${compress.padEnd(13)}${decompress.padEnd(13)}${basis}`.trimEnd();
}

function sizeLine(codec: string, corpus: string, cells: readonly string[]): string {
  return `  ${codec.padEnd(12)}${corpus.padEnd(6)}${cells.map((cell) => cell.padStart(7)).join('')}`;
}

function timeText(time: PageTime | null): string {
  if (time === null) return '-';
  return [time.low, time.middle, time.high].map((ns) => (ns / 1000).toFixed(ns < 9950 ? 1 : 0)).join(' ');
}
