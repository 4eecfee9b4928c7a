import { type Body, type Import, moduleBytes, unsigned } from './bytes.ts';
import { type ArrayPlace, Code } from './instructions.ts';
import { type Expression, parse, type Statement } from './syntax.ts';
import { Values } from './values.ts';

export interface Translated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly Import[];
}

/**
 * Translates a source of the hot loop to a WebAssembly module. Types are told by the source: a number with a
 * point and what is read from arrays of doubles are doubles, all else are whole numbers; a call gives
 * a whole number, one behind a plus a double. Whole numbers wrap at 32 bits. An index counts from its array's first
 * element and is not looked at: what lies beyond the array is whatever stands there in the memory.
 * @param parameters Names of whole numbers that the function is given.
 * @throws {SyntaxError} when the source says something else.
 */
export function translate(
  source: string,
  arrays: ReadonlyMap<string, ArrayPlace>,
  parameters: readonly string[],
): Translated {
  return new Translator(arrays, parameters).translate(parse(source));
}

class Translator extends Values {
  translate(program: readonly Statement[]): Translated {
    this.#block(program);
    this.emit(Code.unreachable);
    const body: Body = { parameters: this.parameters, locals: this.locals, code: this.code };
    return { bytes: moduleBytes(this.imports, body), imports: this.imports };
  }

  #block(body: readonly Statement[]): void {
    this.scopes.push(new Map());
    for (const statement of body) this.#statement(statement);
    for (const { index, type } of this.scopes.pop()!.values()) this.unused[type].push(index);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'block':
        this.#block(statement.body);
        break;
      case 'declare': {
        const type = this.typeOf(statement.value);
        this.value(statement.value, type);
        const local = this.newLocal(type);
        this.scopes.at(-1)!.set(statement.name, local);
        this.emit(Code.set, ...unsigned(local.index));
        break;
      }
      case 'do':
        this.effect(statement.value);
        break;
      case 'if':
        this.#if(statement.condition, statement.yes, statement.no);
        break;
      case 'loop':
        this.open(Code.loop, `continue ${statement.label}`);
        this.#statement(statement.body);
        this.jump(`continue ${statement.label}`);
        this.close();
        break;
      case 'switch':
        this.#switch(statement);
        break;
      case 'jump':
        this.jump(`${statement.to} ${statement.label}`);
        break;
      case 'return':
        this.value(statement.value, 'i');
        this.emit(Code.return);
        break;
    }
  }

  #if(condition: Expression, yes: Statement, no: Statement | undefined): void {
    const [end, otherwise] = [this.newName(), this.newName()];
    if (no) this.open(Code.block, end);
    this.open(Code.block, otherwise);
    this.#jumpWhen(condition, false, otherwise);
    this.#block([yes]);
    if (no) this.jump(end);
    this.close();
    if (!no) return;
    this.#block([no]);
    this.close();
  }

  /** Each case is a block that ends where its code begins, so that one case runs into the next. */
  #switch({ label, on, cases }: Extract<Statement, { kind: 'switch' }>): void {
    const names = cases.map(() => this.newName());
    const none = this.newName();
    this.open(Code.block, `break ${label}`);
    this.open(Code.block, none);
    for (const name of names.toReversed()) this.open(Code.block, name);
    const most = cases.reduce((high, { value }) => Math.max(high, value), 0);
    const targets = Array.from({ length: most + 1 }, (_, value) => {
      const k = cases.findIndex((one) => one.value === value);
      return this.depthOf(k < 0 ? none : names[k]!);
    });
    this.value(on, 'i');
    this.emit(Code.brTable, ...unsigned(targets.length));
    for (const target of [...targets, this.depthOf(none)]) this.emit(...unsigned(target));
    this.scopes.push(new Map());
    for (const { body } of cases) {
      this.close();
      for (const statement of body) this.#statement(statement);
    }
    this.scopes.pop();
    this.jump(`break ${label}`);
    this.close();
    this.emit(Code.unreachable);
    this.close();
  }

  /** Jumps when a condition is what is said. */
  #jumpWhen(condition: Expression, is: boolean, to: string): void {
    if (condition.kind === 'unary' && condition.sign === '!') {
      this.#jumpWhen(condition.operand, !is, to);
      return;
    }
    if (condition.kind === 'binary' && (condition.sign === '&&' || condition.sign === '||')) {
      const { left, right } = condition;
      // The left side settles it: "or" when true, "and" when false.
      const settles = condition.sign === '||';
      if (settles === is) {
        this.#jumpWhen(left, is, to);
        this.#jumpWhen(right, is, to);
        return;
      }
      const over = this.newName();
      this.open(Code.block, over);
      this.#jumpWhen(left, settles, over);
      this.#jumpWhen(right, is, to);
      this.close();
      return;
    }
    this.value(condition, 'i');
    if (!is) this.emit(Code.isZero);
    this.emit(Code.brIf, ...unsigned(this.depthOf(to)));
  }
}
