import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ExportKind } from '../report/exhibit-files.ts';
import type { Exhibit } from '../report/exhibits.ts';
import { InputError } from '../trace/diagnostics.ts';
import { keepInputs } from './keep-inputs.ts';
import { writeFileWhole } from './output.ts';

/** What the options of {@link addExportOptions} say. */
export interface ExportOptions {
  readonly exportSvg?: string;
  readonly exportVegaLite?: string;
  readonly exportCsv?: string;
}

/** Adds the options that write the charts and tables of a report as files of their own. */
export function addExportOptions(command: Command): Command {
  return command
    .option('--export-svg <dir>', 'write each chart as an SVG into a directory, which is made if need be')
    .option('--export-vega-lite <dir>', 'write each chart as a Vega-Lite specification with its data')
    .option('--export-csv <dir>', 'write the numbers of charts and tables as CSV');
}

/** Whether anything is to be exported. */
export function isExported({ exportSvg, exportVegaLite, exportCsv }: ExportOptions): boolean {
  return [exportSvg, exportVegaLite, exportCsv].some((folder) => folder !== undefined);
}

/**
 * Writes what was asked for, each file whole or not at all.
 * @param inputs What the report is made from: never written over.
 * @throws {InputError} when a directory or file cannot be written.
 */
export async function writeExports(
  options: ExportOptions,
  exhibits: readonly Exhibit[],
  inputs: readonly string[],
): Promise<void> {
  const { exhibitFiles } = await import('../report/exhibit-files.ts');
  const wanted: readonly (readonly [ExportKind, string | undefined])[] = [
    ['svg', options.exportSvg],
    ['vega-lite', options.exportVegaLite],
    ['csv', options.exportCsv],
  ];
  for (const [kind, folder] of wanted) {
    if (folder === undefined) continue;
    const files = await exhibitFiles(kind, exhibits);
    makeFolder(folder);
    const paths = files.map(({ name }) => join(folder, name));
    keepInputs(inputs, paths);
    for (const [k, { text }] of files.entries()) writeFileWhole(paths[k]!, text);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new InputError(`${path}: cannot be made a directory (${(error as Error).message})`);
  }
}
