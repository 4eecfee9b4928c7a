/**
 * The language of the hot loop: the part of JavaScript that {@link generate} writes. Values are whole
 * numbers of 32 bits or doubles, arrays are typed, calls go out of the loop.
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: number; readonly isDouble: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'element'; readonly array: string; readonly index: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Expression[] }
  | { readonly kind: 'unary'; readonly sign: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | { readonly kind: 'assign'; readonly sign: string; readonly target: Target; readonly value: Expression }
  /** ++ and --; `isBefore` the value is taken. */
  | { readonly kind: 'step'; readonly by: 1 | -1; readonly isBefore: boolean; readonly target: Target }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] };

export type Target = Extract<Expression, { readonly kind: 'name' | 'element' }>;

export type Statement =
  | { readonly kind: 'declare'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'do'; readonly value: Expression }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly yes: Statement;
      readonly no: Statement | undefined;
    }
  | { readonly kind: 'loop'; readonly label: string; readonly body: Statement }
  | {
      readonly kind: 'switch';
      readonly label: string;
      readonly on: Expression;
      readonly cases: readonly { readonly value: number; readonly body: readonly Statement[] }[];
    }
  | { readonly kind: 'jump'; readonly to: 'break' | 'continue'; readonly label: string }
  | { readonly kind: 'return'; readonly value: Expression };

/** Binary signs by rank, the weakest first. */
const RANKS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['===', '!=='],
  ['<', '>', '<=', '>='],
  ['<<', '>>', '>>>'],
  ['+', '-'],
  ['*', '/'],
];
const ASSIGNMENTS: ReadonlySet<string> = new Set([...['=', '+=', '-=', '*=', '&=', '|=', '^=']]);
const TOKEN =
  /\s*(?:(0x[\da-f]+|\d+\.?\d*(?:e\d+)?)|([A-Za-z_]\w*)|(===|!==|>>>|&&|\|\||<=|>=|<<|>>|\+\+|--|[+*/&|^-]=|[-+*/&|^!<>=?:;,.()[\]{}]))/y;

/**
 * Reads a source in the language of the hot loop.
 * @throws {SyntaxError} with the place where it is something else.
 */
export function parse(source: string): readonly Statement[] {
  return new Parser(source).program();
}

class Parser {
  readonly #source: string;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    const text = source.trimEnd();
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
      const from = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (!found) throw new SyntaxError(`not a token: ${text.slice(from, from + 40)}`);
      this.#tokens.push(found[1] ?? found[2] ?? found[3]!);
    }
  }

  program(): readonly Statement[] {
    const body: Statement[] = [];
    while (this.#at < this.#tokens.length) body.push(...this.#statement());
    return body;
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? this.#fail('more');
  }

  #takes(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at++;
    return true;
  }

  #expect(...tokens: readonly string[]): void {
    for (const token of tokens) if (!this.#takes(token)) this.#fail(`"${token}"`);
  }

  #fail(expected: string): never {
    const here = this.#tokens.slice(Math.max(0, this.#at - 12), this.#at + 4).join(' ');
    throw new SyntaxError(
      `hot loop: expected ${expected} near "${here}" (of ${this.#source.length} characters)`,
    );
  }

  /** A statement; a declaration of several names is as many. */
  #statement(): readonly Statement[] {
    const token = this.#next;
    switch (token) {
      case ';':
        this.#at++;
        return [];
      case '{':
        return [{ kind: 'block', body: this.#block() }];
      case 'const':
      case 'let':
        return this.#declarations();
      case 'if':
        return [this.#if()];
      case 'return': {
        this.#at++;
        const value = this.#expression();
        this.#expect(';');
        return [{ kind: 'return', value }];
      }
      case 'break':
      case 'continue': {
        this.#at++;
        const label = this.#take();
        this.#expect(';');
        return [{ kind: 'jump', to: token, label }];
      }
    }
    if (this.#tokens[this.#at + 1] === ':') return [this.#labelled()];
    const value = this.#expression();
    this.#expect(';');
    return [{ kind: 'do', value }];
  }

  #block(): readonly Statement[] {
    this.#expect('{');
    const body: Statement[] = [];
    while (!this.#takes('}')) body.push(...this.#statement());
    return body;
  }

  #body(): Statement {
    const body = this.#statement();
    return body.length === 1 ? body[0]! : { kind: 'block', body };
  }

  #declarations(): readonly Statement[] {
    this.#at++;
    const declared: Statement[] = [];
    do {
      const name = this.#take();
      this.#expect('=');
      declared.push({ kind: 'declare', name, value: this.#assignment() });
    } while (this.#takes(','));
    this.#expect(';');
    return declared;
  }

  #if(): Statement {
    this.#expect('if', '(');
    const condition = this.#expression();
    this.#expect(')');
    const yes = this.#body();
    return { kind: 'if', condition, yes, no: this.#takes('else') ? this.#body() : undefined };
  }

  #labelled(): Statement {
    const label = this.#take();
    this.#expect(':');
    if (this.#takes('for')) {
      this.#expect('(', ';', ';', ')');
      return { kind: 'loop', label, body: this.#body() };
    }
    this.#expect('switch', '(');
    const on = this.#expression();
    this.#expect(')', '{');
    const cases: { value: number; body: Statement[] }[] = [];
    while (!this.#takes('}')) {
      if (this.#takes('case')) {
        cases.push({ value: Number(this.#take()), body: [] });
        this.#expect(':');
      } else (cases.at(-1) ?? this.#fail('a case')).body.push(...this.#statement());
    }
    return { kind: 'switch', label, on, cases };
  }

  // ---------------------------------------------------------------- expressions

  #expression(): Expression {
    const first = this.#assignment();
    if (this.#next !== ',') return first;
    const parts = [first];
    while (this.#takes(',')) parts.push(this.#assignment());
    return { kind: 'sequence', parts };
  }

  #assignment(): Expression {
    const left = this.#choice();
    if (this.#next === undefined || !ASSIGNMENTS.has(this.#next)) return left;
    const sign = this.#take();
    return { kind: 'assign', sign, target: this.#target(left), value: this.#assignment() };
  }

  #target(expression: Expression): Target {
    if (expression.kind === 'name' || expression.kind === 'element') return expression;
    return this.#fail('something that can be set');
  }

  #choice(): Expression {
    const condition = this.#binary(0);
    if (!this.#takes('?')) return condition;
    const yes = this.#assignment();
    this.#expect(':');
    return { kind: 'choice', condition, yes, no: this.#assignment() };
  }

  #binary(rank: number): Expression {
    const signs = RANKS[rank];
    if (!signs) return this.#unary();
    let left = this.#binary(rank + 1);
    while (this.#next !== undefined && signs.includes(this.#next)) {
      const sign = this.#take();
      left = { kind: 'binary', sign, left, right: this.#binary(rank + 1) };
    }
    return left;
  }

  #unary(): Expression {
    const sign = this.#next;
    if (sign === '++' || sign === '--') {
      this.#at++;
      return this.#stepOf(sign, this.#unary(), false);
    }
    if (sign === '-' || sign === '+' || sign === '!') {
      this.#at++;
      const operand = this.#unary();
      if (sign === '-') {
        if (operand.kind !== 'number') this.#fail('a number');
        return { ...operand, value: -operand.value };
      }
      return { kind: 'unary', sign, operand };
    }
    return this.#postfix();
  }

  #postfix(): Expression {
    const operand = this.#primary();
    const sign = this.#next;
    if (sign !== '++' && sign !== '--') return operand;
    this.#at++;
    return this.#stepOf(sign, operand, true);
  }

  #stepOf(sign: '++' | '--', target: Expression, isBefore: boolean): Expression {
    return { kind: 'step', by: sign === '++' ? 1 : -1, isBefore, target: this.#target(target) };
  }

  #primary(): Expression {
    if (this.#takes('(')) {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    const token = this.#take();
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token), isDouble: token.includes('.') };
    if (token === 'Infinity') return { kind: 'number', value: Number.POSITIVE_INFINITY, isDouble: true };
    if (token === 'true' || token === 'false')
      return { kind: 'number', value: token === 'true' ? 1 : 0, isDouble: false };
    if (!/^\w+$/.test(token)) this.#fail('a value');
    let name = token;
    while (this.#takes('.')) name += `.${this.#take()}`;
    if (this.#takes('(')) {
      const operands: Expression[] = [];
      while (!this.#takes(')')) {
        operands.push(this.#assignment());
        if (this.#next !== ')') this.#expect(',');
      }
      return { kind: 'call', name, operands };
    }
    if (this.#takes('[')) {
      const index = this.#expression();
      this.#expect(']');
      return { kind: 'element', array: name, index };
    }
    return { kind: 'name', name };
  }
}
