import { Html } from './escape.ts';

const CHARACTERS: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

/** What markup of the page says, without tags. */
export function plainText(value: string | Html): string {
  if (!(value instanceof Html)) return value;
  return value.text
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => CHARACTERS[entity]!);
}
