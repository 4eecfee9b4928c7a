import { type Command, Option } from 'commander';
import { type Design, DesignError, initialText } from '../model/designs/design.ts';
import { applyDesigns, changesStores, DESIGNS, parseDesign, wantsIaa } from '../model/designs/registry.ts';
import { ERA_IDS, eraById, eraOn } from '../model/kernels/eras.ts';
import { withIaa } from '../model/kernels/iaa-steps.ts';
import { USUAL_LISTS, withPageLists } from '../model/kernels/page-lists.ts';
import { withZswap } from '../model/kernels/zswap.ts';
import type { KernelModel } from '../model/steps.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import { ZSWAP_VERSIONS, zswapEraById } from '../model/zswap/eras.ts';
import { pathText, sideBySide } from '../report/step-text.ts';
import { WIDTH, wrap } from '../report/text/layout.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { oneOf, poolShape } from './option-values.ts';
import { writeStdout } from './output.ts';
import { withOwnDesigns } from './own-designs.ts';

const EXAMPLES = `
Examples:
  trace-replay designs --of stores
  trace-replay designs show class-idx+drop-lock`;

const SHOW_EXAMPLES = `
Examples:
  trace-replay designs show class-idx+drop-lock --kernel D
  trace-replay designs show batch-store:size=8
  trace-replay designs show base --zswap 6.12 --kernel D`;

/** Adds `trace-replay designs` and `trace-replay designs show`. */
export function addDesignsCommand(program: Command): void {
  const designs = program
    .command('designs')
    .summary('designs of frees and stores that what-if can apply')
    .description('Lists designs with their options, where they come from, and how safe they are.')
    .addOption(new Option('--of <path>', 'only those that change this path').choices(['frees', 'stores']))
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', EXAMPLES)
    .action(async ({ of, json }: { readonly of?: 'frees' | 'stores'; readonly json?: boolean }) => {
      const list = DESIGNS.filter(({ changes = 'free' }) => of === undefined || of === `${changes}s`);
      await writeStdout(json ? `${JSON.stringify(list.map(described))}\n` : listText(list));
    });
  designs
    .command('show')
    .description('Prints the steps of a design beside those of the kernel it changes.')
    .argument('<design>', 'design, composition (class-idx+drop-lock) or file')
    .option('--kernel <era>', `lock era: ${ERA_IDS.join(', ')}`, oneOf(ERA_IDS), 'E')
    .option(
      '--zswap <version>',
      `with zswap above it: ${ZSWAP_VERSIONS.join(', ')}; 6.18 for designs of stores`,
      oneOf(ZSWAP_VERSIONS),
    )
    .option('--zsmalloc <shape>', 'machine of the pool: page=4K, chain=8, bits=64, phys=52', poolShape)
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (text: string, options: ShowOptions) => {
      await writeStdout(await showText(text, options));
    });
  for (const command of designs.commands) command.exitOverride();
}

function described({ id, title, safety, source, notes, options, changes = 'free' }: Design) {
  return { id, title, changes, safety, source, notes, options };
}

function listText(designs: readonly Design[]): string {
  const blocks = designs.map(({ id, title, safety, source, notes, options, changes = 'free' }) => {
    const settings = options.map(
      (o) => `    :${o.name}=${initialText(o)}  ${o.choices ? `${o.choices.join('|')}: ` : ''}${o.text}`,
    );
    return [
      `${id}  (${safety}${changes === 'store' ? '; stores' : ''})`,
      `  ${title}`,
      `  from: ${source}`,
      ...notes.map((note) => `  - ${note}`),
      ...settings,
    ]
      .flatMap((line) => fitted(line))
      .join('\n');
  });
  return `${blocks.join('\n\n')}\n\nDesigns compose from left to right: class-idx+drop-lock+deferred:entries=512\n`;
}

interface ShowOptions {
  readonly kernel: string;
  readonly zswap?: string;
  readonly zsmalloc?: PoolShape;
}

async function showText(text: string, { kernel: era, zswap, zsmalloc: shape }: ShowOptions): Promise<string> {
  try {
    const zsmalloc = eraOn(eraById(era), shape ?? null);
    const { known, texts } = await withOwnDesigns([text]);
    const chosen = parseDesign(texts[0]!, known);
    const version = zswap ?? (changesStores(chosen) ? '6.18' : undefined);
    const above = version === undefined ? null : withZswap(zsmalloc, zswapEraById(version));
    const kernel =
      above === null
        ? withPageLists(zsmalloc.kernel, USUAL_LISTS)
        : wantsIaa(chosen)
          ? withIaa(above, false)
          : above;
    if (chosen.length === 0) return stepsText(kernel);
    const changed = applyDesigns(kernel, chosen);
    const paths = [...new Set([...Object.keys(kernel.paths), ...Object.keys(changed.paths)])];
    const parts = paths.flatMap((path) => {
      const before = kernel.paths[path] ? pathText(kernel.paths[path]) : [];
      const after = changed.paths[path] ? pathText(changed.paths[path]) : [];
      if (before.join('\n') === after.join('\n')) return [];
      return [`${path}`, ...sideBySide(before, after, kernel.id, text), ''];
    });
    const queues = Object.entries(changed.queues).map(
      ([name, q]) =>
        `queue ${name}: ${q.entries} entries, ${q.per === 'cpu' ? 'one buffer a CPU' : 'one for the pool'}, ` +
        `${q.per === 'cpu' ? `${q.buffers} spare; ` : ''}the worker (${q.worker}) runs "${q.drain}"` +
        (q.offersCpu ? ', offers its CPU after each' : '') +
        (q.classRun ? `, up to ${q.classRun} under one class->lock` : ''),
    );
    const evidence = chosen.flatMap(({ design }) => {
      const lines = design.evidence?.() ?? [];
      return lines.length === 0
        ? []
        : [`orders of steps, ${design.id}`, ...lines.flatMap((line) => fitted(line)), ''];
    });
    if (parts.length + queues.length + evidence.length === 0)
      return `${fitted(`${text} changes nothing in ${kernel.title}`).join('\n')}\n`;
    return `${[...parts, ...queues.flatMap((line) => fitted(line)), ...evidence].join('\n')}\n`;
  } catch (error) {
    if (error instanceof DesignError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

/** All paths of a kernel, with no design. */
function stepsText(kernel: KernelModel): string {
  const paths = Object.entries(kernel.paths).flatMap(([path, steps]) => [path, ...pathText(steps, '  '), '']);
  return `${[kernel.title, '', ...paths].flatMap((line) => fitted(line)).join('\n')}\n`;
}

/** A line, or several where it is too long. */
function fitted(line: string): string[] {
  if (line.length <= WIDTH) return [line];
  const indent = ' '.repeat(line.length - line.trimStart().length);
  return wrap(line.trimStart(), `${indent}    `, indent);
}
