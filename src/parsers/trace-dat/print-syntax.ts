/**
 * The expressions of a `print fmt:`: a C printf format and its arguments, as the kernel prints them
 * from TP_printk (include/trace/stages/stage3_trace_output.h).
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly base: Expression; readonly index: Expression }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'cast'; readonly type: string; readonly operand: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] };

/** The parts of a `print fmt:`. */
export interface PrintFormat {
  readonly format: string;
  readonly args: readonly Expression[];
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\[\s\S])*")|('(?:[^'\\]|\\.)')|(0[xX][0-9a-fA-F]+|\d+)[uUlL]*|([A-Za-z_]\w*)|(->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:()[\]{},.]))/y;

const MAX_DEPTH = 100;
const MAX_TOKENS = 20_000;
const TYPE_WORDS =
  /^(?:unsigned|signed|const|volatile|void|char|short|int|long|bool|struct|union|enum|[us](?:8|16|32|64)|__(?:[us]|le|be)(?:8|16|32|64)|u?int(?:8|16|32|64)_t|\w+_t)$/;

const PRECEDENCE: Record<string, number> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/**
 * Parses what stands behind `print fmt: `.
 * @throws {SyntaxError} where it is not understood.
 */
export function parsePrintFormat(text: string): PrintFormat {
  const parser = new Parser(tokens(text));
  return parser.printFormat();
}

interface Token {
  readonly kind: 'string' | 'number' | 'name' | 'operator' | 'end';
  readonly text: string;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length && text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const m = TOKEN.exec(text);
    if (!m || found.length > MAX_TOKENS) throw new SyntaxError(`not understood: ${text.slice(at, at + 20)}`);
    if (m[1] !== undefined) found.push({ kind: 'string', text: m[1].slice(1, -1) });
    else if (m[2] !== undefined)
      found.push({ kind: 'number', text: String(unescaped(m[2].slice(1, -1)).charCodeAt(0)) });
    else if (m[3] !== undefined) found.push({ kind: 'number', text: m[3] });
    else if (m[4] !== undefined) found.push({ kind: 'name', text: m[4] });
    else found.push({ kind: 'operator', text: m[5]! });
  }
  found.push({ kind: 'end', text: '' });
  return found;
}

/** A C string without its escapes. */
export function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[\s\S])/g, (_, code: string) => {
    if (code === 'n') return '\n';
    if (code === 't') return '\t';
    if (code === 'r') return '\r';
    if (code[0] === 'x' && code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 255);
    return code;
  });
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(list: Token[]) {
    this.#tokens = list;
  }

  printFormat(): PrintFormat {
    const format = this.#strings();
    const args: Expression[] = [];
    while (this.#accept(',')) args.push(this.#expression());
    if (this.#peek().kind !== 'end') throw this.#unexpected();
    return { format, args };
  }

  /** String literals that stand side by side are one. */
  #strings(): string {
    if (this.#peek().kind !== 'string') throw this.#unexpected();
    let text = '';
    while (this.#peek().kind === 'string') text += unescaped(this.#next().text);
    return text;
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
    const test = this.#binary(1);
    let result = test;
    if (this.#accept('?')) {
      const yes = this.#expression();
      this.#expect(':');
      result = { kind: 'choice', test, yes, no: this.#expression() };
    }
    this.#depth--;
    return result;
  }

  #binary(least: number): Expression {
    let left = this.#unary();
    for (;;) {
      const token = this.#peek();
      const precedence = token.kind === 'operator' ? PRECEDENCE[token.text] : undefined;
      if (precedence === undefined || precedence < least) return left;
      this.#next();
      left = { kind: 'binary', operator: token.text, left, right: this.#binary(precedence + 1) };
    }
  }

  #unary(): Expression {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError('nested too deeply');
    const token = this.#peek();
    let result: Expression;
    if (token.kind === 'operator' && /^[-+~!&*]$/.test(token.text)) {
      this.#next();
      result = { kind: 'unary', operator: token.text, operand: this.#unary() };
    } else if (token.text === '(' && this.#isCast()) {
      this.#next();
      let type = '';
      while (!this.#accept(')')) type += `${type === '' ? '' : ' '}${this.#next().text}`;
      result = { kind: 'cast', type, operand: this.#unary() };
    } else result = this.#postfix(this.#primary());
    this.#depth--;
    return result;
  }

  /** `(` words and stars `)` in front of an operand. */
  #isCast(): boolean {
    let at = this.#at + 1;
    let words = 0;
    let known = false;
    while (this.#tokens[at]?.kind === 'name') {
      known ||= TYPE_WORDS.test(this.#tokens[at]!.text);
      words++;
      at++;
    }
    let stars = 0;
    while (this.#tokens[at]?.text === '*' && this.#tokens[at]!.kind === 'operator') {
      stars++;
      at++;
    }
    if (words === 0 || this.#tokens[at]?.text !== ')' || !(known || stars > 0)) return false;
    const next = this.#tokens[at + 1]!;
    return next.kind !== 'end' && (next.kind !== 'operator' || /^[-+~!&*(]$/.test(next.text));
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token.kind === 'string') return { kind: 'string', text: this.#strings() };
    this.#next();
    if (token.kind === 'number') {
      const octal = /^0[0-7]+$/.test(token.text) ? `0o${token.text.slice(1)}` : token.text;
      return { kind: 'number', value: BigInt(octal) };
    }
    if (token.text === '(' && token.kind === 'operator') {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (token.text === '{' && token.kind === 'operator') {
      const items = this.#list('}');
      return { kind: 'list', items };
    }
    if (token.kind !== 'name') throw this.#unexpected();
    if (token.text === 'REC') return { kind: 'call', name: 'REC', args: [] };
    if (this.#accept('(')) {
      if (token.text === 'sizeof') return this.#sizeof();
      return { kind: 'call', name: token.text, args: this.#list(')') };
    }
    return { kind: 'call', name: token.text, args: [] };
  }

  #sizeof(): Expression {
    let type = '';
    let depth = 1;
    while (depth > 0) {
      const token = this.#next();
      if (token.kind === 'end') throw this.#unexpected();
      if (token.text === '(') depth++;
      if (token.text === ')') depth--;
      if (depth > 0) type += `${type === '' ? '' : ' '}${token.text}`;
    }
    return { kind: 'call', name: 'sizeof', args: [{ kind: 'string', text: type }] };
  }

  #postfix(base: Expression): Expression {
    let result = base;
    for (;;) {
      if (this.#accept('[')) {
        const index = this.#expression();
        this.#expect(']');
        result = { kind: 'index', base: result, index };
      } else if (this.#accept('->') || this.#accept('.')) {
        const name = this.#next();
        const isRecord = result.kind === 'call' && result.name === 'REC';
        if (name.kind !== 'name' || !isRecord) throw this.#unexpected();
        result = { kind: 'field', name: name.text };
      } else return result;
    }
  }

  #list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.#accept(close)) return items;
    for (;;) {
      items.push(this.#expression());
      if (this.#accept(close)) return items;
      this.#expect(',');
      // `{ 1, "A" }, )` stands in some formats.
      if (this.#accept(close)) return items;
    }
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    if (this.#at > this.#tokens.length) throw new SyntaxError('ends too early');
    return token;
  }

  #accept(text: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'operator' || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected();
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`"${this.#peek().text.slice(0, 20)}" is not understood`);
  }
}
