import { unsigned } from './bytes.ts';
import { type ArrayPlace, Code, NOTHING, type Type } from './instructions.ts';

/** A variable of the source. */
export interface Local {
  readonly index: number;
  readonly type: Type;
}

/** The code of a function as it grows: instructions, variables by scope, blocks that jumps can leave. */
export class Frame {
  protected readonly code: number[] = [];
  /** Types of variables behind the parameters. */
  protected readonly locals: Type[] = [];
  protected readonly unused: Record<Type, number[]> = { i: [], l: [], f: [] };
  protected readonly scopes: Map<string, Local>[] = [];
  protected readonly parameters: number;
  readonly #arrays: ReadonlyMap<string, ArrayPlace>;
  /** Blocks around this place, what a jump to each is called. */
  readonly #blocks: string[] = [];
  #names = 0;

  constructor(arrays: ReadonlyMap<string, ArrayPlace>, parameters: readonly string[]) {
    this.#arrays = arrays;
    this.parameters = parameters.length;
    this.scopes.push(new Map(parameters.map((name, index) => [name, { index, type: 'i' }])));
  }

  protected open(code: number, name: string, type: number = NOTHING): void {
    this.#blocks.push(name);
    this.emit(code, type);
  }

  protected close(): void {
    this.#blocks.pop();
    this.emit(Code.end);
  }

  protected jump(name: string): void {
    this.emit(Code.br, ...unsigned(this.depthOf(name)));
  }

  protected depthOf(name: string): number {
    const at = this.#blocks.lastIndexOf(name);
    if (at < 0) throw new SyntaxError(`hot loop: nothing to ${name}`);
    return this.#blocks.length - 1 - at;
  }

  protected newName(): string {
    return `block ${this.#names++}`;
  }

  protected array(name: string): ArrayPlace {
    const place = this.#arrays.get(name);
    if (!place) throw new SyntaxError(`hot loop: no array ${name}`);
    return place;
  }

  protected local(name: string): Local {
    for (let k = this.scopes.length - 1; k >= 0; k--) {
      const local = this.scopes[k]!.get(name);
      if (local) return local;
    }
    throw new SyntaxError(`hot loop: no variable ${name}`);
  }

  protected newLocal(type: Type): Local {
    const index = this.unused[type].pop() ?? this.parameters + this.locals.push(type) - 1;
    return { index, type };
  }

  protected emit(...bytes: readonly number[]): void {
    for (const byte of bytes) this.code.push(byte);
  }
}
