/** A name as part of an id: letters, digits, `_`, `.` and `-` stay (`class->lock` is `class-lock`). */
export function slugify(name: string): string {
  const slug = name
    .replace(/[^A-Za-z0-9_.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
  return slug === '' ? 'unnamed' : slug;
}

/** Hands out the ids of one page, each once. */
export class Ids {
  readonly #taken = new Set<string>();

  constructor(reserved: readonly string[] = []) {
    for (const id of reserved) this.#taken.add(id);
  }

  /** `wanted` itself, or with a number behind it when it is taken. The caller slugifies names. */
  take(wanted: string): string {
    let id = wanted;
    for (let n = 2; this.#taken.has(id); n++) id = `${wanted}-${n}`;
    this.#taken.add(id);
    return id;
  }
}
