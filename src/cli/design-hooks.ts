/**
 * Hooks of the module loader for designs of users: they may be TypeScript on every Node.js, and may import
 * `trace-replay/designs` wherever they lie.
 */
import { readFile } from 'node:fs/promises';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from 'sucrase';

const TOOLKIT = new URL('../model/designs/toolkit.js', import.meta.url).href;

export const resolve: ResolveHook = (specifier, context, next) =>
  specifier === 'trace-replay/designs' ? { url: TOOLKIT, shortCircuit: true } : next(specifier, context);

/** Takes the types out of TypeScript; other modules are loaded as always. */
export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = transform(await readFile(path, 'utf8'), {
    transforms: ['typescript'],
    disableESTransforms: true,
    filePath: path,
  });
  return { format: 'module', source: code, shortCircuit: true };
};
