import type { NameTable } from '../trace/names.ts';

/** Function and module of each name, cut apart once. */
export class NameParts {
  readonly #names: NameTable;
  readonly #functions: (string | undefined)[] = [];
  readonly #modules: (string | undefined)[] = [];

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** The function's or event's name; '' for -1. */
  function(id: number): string {
    if (id < 0) return '';
    const known = this.#functions[id] ?? this.#names.functionName(id);
    this.#functions[id] = known;
    return known;
  }

  /** The module's name; '' for -1 and for code that is built in. */
  module(id: number): string {
    if (id < 0) return '';
    const known = this.#modules[id] ?? this.#names.moduleName(id);
    this.#modules[id] = known;
    return known;
  }
}
