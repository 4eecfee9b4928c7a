import type { Command } from 'commander';
import { type Design, DesignError } from '../model/designs/design.ts';
import { applyDesigns, DESIGNS, parseDesign } from '../model/designs/registry.ts';
import { ERAS, eraById } from '../model/kernels/eras.ts';
import { USUAL_LISTS, withPageLists } from '../model/kernels/page-lists.ts';
import { pathText, sideBySide } from '../report/step-text.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { writeStdout } from './output.ts';
import { withOwnDesigns } from './own-designs.ts';

/** Adds `trace-replay designs` and `trace-replay designs show`. */
export function addDesignsCommand(program: Command): void {
  const designs = program
    .command('designs')
    .summary('designs of the free path that what-if can apply')
    .description('Lists designs with their options, where they come from, and how safe they are.')
    .option('--json', 'print JSON instead of text')
    .action(async (options: { readonly json?: boolean }) => {
      await writeStdout(options.json ? `${JSON.stringify(DESIGNS.map(described))}\n` : listText());
    });
  designs
    .command('show')
    .description('Prints the steps of a design beside those of the kernel it changes.')
    .argument('<design>', 'design, composition (class-idx+drop-lock) or file')
    .option('--kernel <era>', `lock era: ${ERAS.map((era) => era.id).join(', ')}`, 'E')
    .addHelpText('after', '\nExample:\n  trace-replay designs show class-idx+drop-lock --kernel D')
    .action(async (text: string, options: { readonly kernel: string }) => {
      await writeStdout(await showText(text, options.kernel));
    });
  for (const command of designs.commands) command.exitOverride();
}

function described({ id, title, safety, source, notes, options }: Design) {
  return { id, title, safety, source, notes, options };
}

function listText(): string {
  const blocks = DESIGNS.map(({ id, title, safety, source, notes, options }) => {
    const settings = options.map((o) => `    :${o.name}=${o.initial}  ${o.text}`);
    return [
      `${id}  (${safety})`,
      `  ${title}`,
      `  from: ${source}`,
      ...notes.map((note) => `  - ${note}`),
      ...settings,
    ].join('\n');
  });
  return `${blocks.join('\n\n')}\n\nDesigns compose from left to right: class-idx+drop-lock+deferred:entries=512\n`;
}

async function showText(text: string, era: string): Promise<string> {
  try {
    const kernel = withPageLists(eraById(era).kernel, USUAL_LISTS);
    const { known, texts } = await withOwnDesigns([text]);
    const changed = applyDesigns(kernel, parseDesign(texts[0]!, known));
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
        `${q.buffers} full buffers may wait; the worker runs "${q.drain}"` +
        (q.classRun ? `, up to ${q.classRun} under one class->lock` : ''),
    );
    return `${[...parts, ...queues].join('\n')}\n`;
  } catch (error) {
    if (error instanceof DesignError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
