import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { compressors } from '../model/codecs/compressors.ts';
import { BACKENDS, type Backend } from '../model/codecs/storage.ts';
import { samplePages, surveyPages } from '../model/codecs/survey.ts';
import { Geometry, X86_64 } from '../model/zsmalloc/geometry.ts';
import { renderCodecs } from '../report/codecs-text.ts';
import { InputError } from '../trace/diagnostics.ts';
import { wholeNumber } from './option-values.ts';
import { writeStdout } from './output.ts';

interface CodecsOptions {
  readonly pages: string;
  readonly backend: Backend;
  readonly sample: number;
  readonly json?: true;
}

const SAMPLE = 2048;
const PAGE_BYTES = 4096;

const EXAMPLES = `
Examples:
  trace-replay codecs --pages core.1234
  trace-replay codecs --pages memory.img --backend zswap --sample 8192 --json`;

/** `trace-replay codecs`: what zram or zswap would make of the user's pages. */
export function addCodecsCommand(program: Command): void {
  program
    .command('codecs')
    .summary('what zram or zswap would store of given pages, by codec, and what a page costs')
    .description(
      'Compresses 4 KiB pages of a file (a core dump, a memory image, any data) with each codec: sizes, ' +
        'same-filled and incompressible pages, zsmalloc classes; and lists the known costs of a page ' +
        '(docs/codecs.md).',
    )
    .requiredOption('--pages <file>', 'file whose 4 KiB pages are compressed')
    .addOption(new Option('--backend <name>', 'whose rules apply').choices([...BACKENDS]).default('zram'))
    .option('--sample <n>', 'most pages to compress, evenly spaced', wholeNumber(1), SAMPLE)
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async ({ pages: path, backend, sample, json }: CodecsOptions) => {
      const input = await readFile(path).catch((error: Error) => {
        throw new InputError(`${path}: cannot be read (${error.message})`);
      });
      const pages = samplePages(input, sample);
      if (pages.length === 0) throw new InputError(`${path}: less than one page of ${PAGE_BYTES} bytes`);
      const survey = surveyPages(pages, {
        pagesInInput: Math.floor(input.length / PAGE_BYTES),
        backend,
        geometry: new Geometry(X86_64),
        compressors: await compressors(),
      });
      await writeStdout(json ? `${JSON.stringify(survey)}\n` : renderCodecs(survey));
    });
}
