import type { Page } from '../report/page/template.ts';
import { type ExportOptions, isExported, writeExports } from './export-options.ts';
import { writeTo } from './output.ts';

/** Where the page of a report and the files beside it go. */
export interface PageOptions extends ExportOptions {
  readonly html?: string | undefined;
}

/**
 * Writes the page of a report and its exports, when they are asked for; else nothing is drawn.
 * @param inputs What the report is made from: never written over.
 * @param render Loads what draws the page: vega takes a third of a second.
 * @returns Whether text is wanted as well: not when the page went to standard output.
 */
export async function writePage(
  options: PageOptions,
  inputs: readonly string[],
  render: () => Promise<Page>,
): Promise<boolean> {
  const { html } = options;
  if (html === undefined && !isExported(options)) return true;
  const page = await render();
  if (html !== undefined) await writeTo(html, page.text);
  await writeExports(options, page.exhibits, inputs);
  return html !== '-';
}
