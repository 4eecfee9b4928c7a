import type { Exhibit } from '../exhibits.ts';

/** Markup that is safe to put into the page as it is, with what can be exported of it. */
export class Html {
  readonly text: string;
  /** Charts and tables within, in their order. */
  readonly exhibits: readonly Exhibit[];
  constructor(text: string, exhibits: readonly Exhibit[] = []) {
    this.text = text;
    this.exhibits = exhibits;
  }
  toString(): string {
    return this.text;
  }
}

type Value = string | number | Html | readonly Html[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters but tab and line feed, and halves of surrogate pairs: not allowed in HTML text. */
const NOT_TEXT =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text that any XML or HTML may hold; what may not be there becomes U+FFFD. */
export function cleanText(text: string): string {
  return text.replace(NOT_TEXT, '\ufffd');
}

/** Text for element content and quoted attribute values. */
export function escapeHtml(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/**
 * Template tag that escapes every value that is not {@link Html} itself, so that forgetting is safe.
 * Quote the attributes: html`<a href="#${id}">${name}</a>`.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  let out = strings[0]!;
  values.forEach((value, i) => {
    out += markup(value) + strings[i + 1]!;
  });
  return new Html(out, values.flatMap(exhibitsOf));
}

function exhibitsOf(value: Value): readonly Exhibit[] {
  if (value instanceof Html) return value.exhibits;
  return typeof value === 'object' ? value.flatMap((part) => part.exhibits) : [];
}

function markup(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map((part) => part.text).join('');
}

/** Pieces one after another. */
export function joinHtml(parts: readonly Html[], separator = ''): Html {
  return new Html(
    parts.map((part) => part.text).join(separator),
    parts.flatMap((part) => part.exhibits),
  );
}

/** A sentence in which `class->lock` and `2.6 %` are not broken into two lines. */
export function prose(text: string): Html {
  return joinHtml(
    text
      .replaceAll(' %', '\u00a0%')
      .split(/([\w>-]*->[\w>-]*)/)
      .map((part, k) => (k % 2 === 1 ? html`<span class="nb">${part}</span>` : html`${part}`)),
  );
}

export const NOTHING = new Html('');
