import { type Html, html, joinHtml, NOTHING } from './escape.ts';
import { heading } from './figure.ts';

/** What the end of a page says. */
export interface MethodFooter {
  /** Anchor of the part. */
  readonly id: string;
  /** How the numbers were made. */
  readonly how: Html;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  /** Of the JSON with the same numbers; null where pages do not name it. */
  readonly schemaVersion: number | null;
  /** Inputs; those without a checksum, and standard input, cannot be checked and are left out. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** The end of every page: how the numbers were made, and how to make them again. */
export function renderMethodFooter({ id, how, tool, schemaVersion, files }: MethodFooter): Html {
  const sums = files
    .filter(({ sha256, name }) => sha256 !== '' && name !== '-')
    .map(({ sha256, name }) => html`${sha256}  ${name}`);
  return html`<footer>
${heading(2, id, 'Method')}
${how}
<p>To make this report again:</p>
<pre tabindex="0" role="group" aria-label="Command">${tool.command}</pre>
${
  sums.length === 0
    ? NOTHING
    : html`<p>Input (SHA-256 of the text, after unpacking):</p>
<pre tabindex="0" role="group" aria-label="Checksums of the input">${joinHtml(sums, '\n')}</pre>`
}
<p class="note">${tool.name} ${tool.version}${schemaVersion === null ? '' : `, result schema ${schemaVersion}`}. The page loads nothing and holds no date: the same input gives the same bytes.</p>
</footer>`;
}
