import { type Command, Option } from 'commander';
import { compressors } from '../model/codecs/compressors.ts';
import { knownCodecs } from '../model/codecs/known.ts';
import { BACKENDS, type Backend } from '../model/codecs/storage.ts';
import { surveyPages } from '../model/codecs/survey.ts';
import { Geometry, X86_64 } from '../model/zsmalloc/geometry.ts';
import { renderCodecs, renderKnownCodecs } from '../report/codecs-text.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { wholeNumber } from './option-values.ts';
import { writeStdout } from './output.ts';
import { readPages } from './read-pages.ts';

interface CodecsOptions {
  readonly pages?: string;
  readonly backend?: Backend;
  readonly sample?: number;
  readonly json?: true;
}

const SAMPLE = 2048;

const EXAMPLES = `
Examples:
  trace-replay codecs
  trace-replay codecs --pages core.1234
  trace-replay codecs --pages memory.img --backend zswap-7 --sample 8192 --json`;

/** `trace-replay codecs`: what is known of codecs, and what zram or zswap would make of the user's pages. */
export function addCodecsCommand(program: Command): void {
  program
    .command('codecs')
    .summary('costs and sizes of a page by codec and platform; what zram or zswap would store of given pages')
    .description(
      'Lists what a 4 KiB page costs and becomes, by codec, platform and kind of data, with sources. With --pages ' +
        'it also compresses the pages of a file (a core dump, a memory image, any data) with each codec: sizes, ' +
        'same-filled and incompressible pages, zsmalloc classes (docs/codecs.md).',
    )
    .option('--pages <file>', 'file whose 4 KiB pages are compressed; - is standard input')
    .addOption(
      new Option('--backend <name>', 'with --pages: whose rules apply (default: zram)').choices([
        ...BACKENDS,
      ]),
    )
    .option(
      '--sample <n>',
      `with --pages: most pages to compress, evenly spaced (default: ${SAMPLE})`,
      wholeNumber(1),
    )
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CodecsOptions) => {
      await writeStdout(
        options.pages === undefined ? listed(options) : await surveyed(options.pages, options),
      );
    });
}

function listed({ backend, sample, json }: CodecsOptions): string {
  const idle = backend === undefined ? (sample === undefined ? null : '--sample') : '--backend';
  if (idle !== null) throw new UsageError(`${idle} goes with --pages`);
  const codecs = knownCodecs();
  return json ? `${JSON.stringify({ codecs })}\n` : renderKnownCodecs(codecs);
}

async function surveyed(path: string, { backend, sample, json }: CodecsOptions): Promise<string> {
  const { pages, pagesInInput } = await readPages(path, sample ?? SAMPLE);
  const survey = surveyPages(pages, {
    pagesInInput,
    backend: backend ?? 'zram',
    geometry: new Geometry(X86_64),
    compressors: await compressors(),
  });
  return json ? `${JSON.stringify(survey)}\n` : renderCodecs(survey);
}
