import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Design, DesignError } from '../model/designs/design.ts';
import { designFromJson } from '../model/designs/from-json.ts';
import { DESIGNS } from '../model/designs/registry.ts';

const FILE = /^(?:\.{0,2}\/)?[^+]*\.(?:json|js|mjs|ts)$/;

/** Designs to choose from, and the texts of the user with files replaced by the ids of what they hold. */
export interface KnownDesigns {
  readonly known: readonly Design[];
  readonly texts: readonly string[];
}

/**
 * Reads the designs that are files: JSON, or a module (JavaScript, TypeScript) whose default export is a design.
 * @throws {DesignError} when one cannot be read or is no design.
 */
export async function withOwnDesigns(texts: readonly string[]): Promise<KnownDesigns> {
  const own: Design[] = [];
  const named: string[] = [];
  for (const text of texts) {
    const parts: string[] = [];
    for (const part of text.split('+')) {
      if (!FILE.test(part)) {
        parts.push(part);
        continue;
      }
      const design = await designOf(part);
      if (![...DESIGNS, ...own].some((other) => other === design)) own.push(design);
      parts.push(design.id);
    }
    named.push(parts.join('+'));
  }
  return { known: [...own, ...DESIGNS], texts: named };
}

let isHooked = false;

function hookOnce(): void {
  if (isHooked) return;
  register('./design-hooks.js', import.meta.url);
  isHooked = true;
}

async function designOf(path: string): Promise<Design> {
  try {
    if (path.endsWith('.json')) return designFromJson(JSON.parse(readFileSync(path, 'utf8')), path);
    hookOnce();
    const { default: design } = (await import(pathToFileURL(resolve(path)).href)) as { default?: Design };
    if (typeof design?.apply !== 'function' || typeof design.id !== 'string') {
      throw new DesignError(`${path}: expected a default export with id, title and apply(kernel)`);
    }
    return {
      ...design,
      safety: design.safety ?? 'proposed',
      notes: design.notes ?? [],
      options: design.options ?? [],
    };
  } catch (error) {
    if (error instanceof DesignError) throw error;
    throw new DesignError(`${path}: cannot be read as a design (${(error as Error).message.split('\n')[0]})`);
  }
}
