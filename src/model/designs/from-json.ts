import type { Step } from '../steps.ts';
import { type Design, DesignError, type Safety } from './design.ts';
import { rewriteSteps, withPath } from './rewrite.ts';

/** A step is meant when it has all of these fields with these values. */
export type StepPattern = Readonly<Record<string, string | boolean>>;

/** One change of a path: what is matched is removed, replaced, or gets steps before or after it. */
export interface Rewrite {
  readonly path: string;
  readonly match: StepPattern;
  readonly remove?: true;
  readonly replace?: readonly Step[];
  readonly before?: readonly Step[];
  readonly after?: readonly Step[];
}

const STEPS = new Set([
  'work',
  'atomic',
  'lock',
  'unlock',
  'read-lock',
  'read-unlock',
  'write-lock',
  'write-unlock',
  'lock-run',
  'unlock-run',
  'try-lock',
  'try-read-lock',
  'pool',
  'when',
  'lock-pages',
  'repeat',
  'look',
  'enqueue',
  'each-queued',
  'each-page',
  'each-batch',
  'submit',
  'collect',
  'call',
]);

/**
 * A design from JSON: `id`, `title`, `rewrites`, and `safety`, `source`, `notes` if it has them.
 * @param place Where it was read, for errors.
 * @throws {DesignError} when it is no design, or a rewrite matches nothing in the kernel.
 */
export function designFromJson(value: unknown, place: string): Design {
  const fail = (what: string): never => {
    throw new DesignError(`${place}: ${what}`);
  };
  if (typeof value !== 'object' || value === null) fail('expected an object with id, title and rewrites');
  const given = value as Record<string, unknown>;
  const text = (key: string, otherwise?: string): string => {
    const found = given[key] ?? otherwise;
    return typeof found === 'string' ? found : fail(`expected a text "${key}"`);
  };
  const id = text('id');
  if (!/^[\w.-]+$/.test(id)) fail(`"${id}" is no name of a design: letters, digits, . _ -`);
  if (!Array.isArray(given.rewrites) || given.rewrites.length === 0) fail('expected a list "rewrites"');
  const rewrites = (given.rewrites as unknown[]).map((entry, k) =>
    rewriteFrom(entry, `${place}: rewrite ${k + 1}`),
  );
  const notes = Array.isArray(given.notes) ? given.notes.map(String) : [];
  return {
    id,
    title: text('title'),
    safety: text('safety', 'proposed') as Safety,
    source: text('source', place),
    notes: [...notes, 'From a file of the user: whether it is correct is not known.'],
    options: [],
    changes: rewrites.some(({ path }) => path.startsWith('zswap_')) ? 'store' : 'free',
    apply: (kernel) =>
      rewrites.reduce((model, { path, match, ...change }) => {
        if (!model.paths[path])
          fail(`${model.id} has no path "${path}"; it has ${Object.keys(model.paths).join(', ')}`);
        let matched = false;
        const changed = withPath(model, path, (steps) =>
          rewriteSteps(steps, (step): readonly Step[] | undefined => {
            if (!matches(step, match)) return undefined;
            matched = true;
            if (change.remove) return [];
            if (change.replace) return change.replace;
            return [...(change.before ?? []), step, ...(change.after ?? [])];
          }),
        );
        return matched
          ? changed
          : fail(`no step of "${path}" matches ${JSON.stringify(match)} in ${model.id}`);
      }, kernel),
  };
}

function matches(step: Step, pattern: StepPattern): boolean {
  const fields = step as unknown as Record<string, unknown>;
  return Object.entries(pattern).every(([key, value]) => fields[key] === value);
}

function rewriteFrom(entry: unknown, place: string): Rewrite {
  const rewrite = entry as Rewrite;
  if (typeof rewrite?.path !== 'string') throw new DesignError(`${place}: expected a text "path"`);
  if (typeof rewrite.match !== 'object' || rewrite.match === null || Object.keys(rewrite.match).length === 0)
    throw new DesignError(`${place}: expected an object "match" with fields of a step`);
  const lists = [rewrite.replace, rewrite.before, rewrite.after].filter((list) => list !== undefined);
  if (!rewrite.remove && lists.length === 0)
    throw new DesignError(`${place}: expected "remove", "replace", "before" or "after"`);
  for (const list of lists) {
    if (!Array.isArray(list) || !list.every((step) => STEPS.has((step as Step)?.do)))
      throw new DesignError(`${place}: expected steps, each with "do": one of ${[...STEPS].join(', ')}`);
  }
  return rewrite;
}
