import { double, type Import, signed, unsigned } from './bytes.ts';
import { Frame } from './frame.ts';
import {
  ARITHMETIC,
  type ArrayPlace,
  COMPARISONS,
  Code,
  LOADS,
  SIZES,
  STORES,
  type Type,
  VALUE_TYPES,
} from './instructions.ts';
import type { Expression, Target } from './syntax.ts';

/** Expressions of the source, as instructions that leave a value on the stack, or none. */
export class Values extends Frame {
  /** Functions that are called; they are numbered before those of the module. */
  protected readonly imports: Import[] = [];

  /** What a value is without being converted. */
  protected typeOf(expression: Expression): Type {
    switch (expression.kind) {
      case 'number':
        return expression.isDouble || !Number.isInteger(expression.value) ? 'f' : 'i';
      case 'name':
        return expression.name.endsWith('.length') ? 'i' : this.local(expression.name).type;
      case 'element':
        return this.array(expression.array).of === 'f64' ? 'f' : 'i';
      case 'call':
        if (expression.name === 'bits') return 'l';
        return expression.name === 'double' ? 'f' : 'i';
      case 'unary':
        return expression.sign === '+' ? 'f' : 'i';
      case 'binary': {
        const { sign, left, right } = expression;
        if (sign === '/') return 'f';
        return sign === '+' || sign === '-' || sign === '*' ? this.#common(left, right) : 'i';
      }
      case 'choice':
        return this.#common(expression.yes, expression.no);
      case 'assign':
      case 'step':
        return this.typeOf(expression.target);
      case 'sequence':
        return this.typeOf(expression.parts.at(-1)!);
    }
  }

  #common(left: Expression, right: Expression): Type {
    const types = [this.typeOf(left), this.typeOf(right)];
    return types.includes('f') ? 'f' : types.includes('l') ? 'l' : 'i';
  }

  /** Puts a value on the stack, as a type. */
  protected value(expression: Expression, as: Type): void {
    if (expression.kind === 'number') {
      if (as === 'f') this.emit(Code.constF, ...double(expression.value));
      else this.emit(Code.constI, ...signed(expression.value));
      return;
    }
    const is = this.typeOf(expression);
    this.#push(expression, is);
    if (is === as) return;
    if (is === 'i' && as === 'f') this.emit(Code.toDouble);
    else if (is === 'f' && as === 'i') this.emit(Code.prefix, Code.truncate);
    else throw new SyntaxError(`hot loop: a value of type ${is} where ${as} is needed`);
  }

  #push(expression: Expression, type: Type): void {
    switch (expression.kind) {
      case 'name':
        if (expression.name.endsWith('.length'))
          this.emit(Code.constI, ...signed(this.array(expression.name.slice(0, -7)).length));
        else this.emit(Code.get, ...unsigned(this.local(expression.name).index));
        break;
      case 'element': {
        const place = this.array(expression.array);
        this.#access(LOADS[place.of], this.#address(place, expression.index));
        break;
      }
      case 'call':
        this.#call(expression.name, expression.operands, type);
        break;
      case 'unary':
        this.#unary(expression.sign, expression.operand);
        break;
      case 'binary':
        this.#binary(expression.sign, expression.left, expression.right, type);
        break;
      case 'choice':
        this.#choice(expression, type);
        break;
      case 'assign':
        this.#assign(expression.target, expression.sign, expression.value, 'after');
        break;
      case 'step':
        this.#step(expression, expression.isBefore ? 'before' : 'after');
        break;
      case 'sequence':
        for (const part of expression.parts.slice(0, -1)) this.effect(part);
        this.value(expression.parts.at(-1)!, type);
        break;
    }
  }

  /** Whatever an expression does, without its value. */
  protected effect(expression: Expression): void {
    if (expression.kind === 'assign')
      this.#assign(expression.target, expression.sign, expression.value, undefined);
    else if (expression.kind === 'step') this.#step(expression, undefined);
    else if (expression.kind === 'call') this.#call(expression.name, expression.operands, undefined);
    else if (expression.kind === 'sequence') for (const part of expression.parts) this.effect(part);
    else throw new SyntaxError(`hot loop: a ${expression.kind} without an effect`);
  }

  #unary(sign: string, operand: Expression): void {
    if (sign === '!') {
      this.value(operand, 'i');
      this.emit(Code.isZero);
    } else if (operand.kind === 'call') {
      // The plus says that a call gives a double.
      this.#call(operand.name, operand.operands, 'f');
    } else this.value(operand, 'f');
  }

  #binary(sign: string, left: Expression, right: Expression, type: Type): void {
    if (sign === '&&' || sign === '||') {
      this.value(left, 'i');
      this.open(Code.if, '', VALUE_TYPES.i);
      if (sign === '&&') this.value(right, 'i');
      else this.emit(Code.constI, 1);
      this.emit(Code.else);
      if (sign === '||') this.value(right, 'i');
      else this.emit(Code.constI, 0);
      this.close();
      return;
    }
    const compared = COMPARISONS[sign];
    const common = compared ? this.#common(left, right) : type;
    this.value(left, common);
    this.value(right, common);
    const code = compared ? compared[common] : ARITHMETIC[sign]?.[common];
    if (code === undefined) throw new SyntaxError(`hot loop: ${sign} of type ${common}`);
    this.emit(code);
  }

  #choice({ condition, yes, no }: Extract<Expression, { kind: 'choice' }>, type: Type): void {
    const isSimple = (value: Expression) => value.kind === 'number' || value.kind === 'name';
    // Both values are there anyway: a processor can choose without a guess.
    if (type !== 'f' && isSimple(yes) && isSimple(no)) {
      this.value(yes, type);
      this.value(no, type);
      this.value(condition, 'i');
      this.emit(Code.select);
      return;
    }
    this.value(condition, 'i');
    this.open(Code.if, '', VALUE_TYPES[type]);
    this.value(yes, type);
    this.emit(Code.else);
    this.value(no, type);
    this.close();
  }

  #assign(target: Target, sign: string, value: Expression, wanted: 'after' | undefined): void {
    const type = this.typeOf(target);
    const operation = sign.slice(0, -1);
    const make = () => {
      this.value(value, type);
      if (operation === '') return;
      const code = ARITHMETIC[operation]?.[type];
      if (code === undefined) throw new SyntaxError(`hot loop: ${sign} of type ${type}`);
      this.emit(code);
    };
    this.#set(target, wanted, make, operation !== '');
  }

  #step({ target, by }: Extract<Expression, { kind: 'step' }>, wanted: 'before' | 'after' | undefined): void {
    const type = this.typeOf(target);
    const change = () => {
      this.value({ kind: 'number', value: by, isDouble: false }, type);
      this.emit(ARITHMETIC['+']![type]!);
    };
    this.#set(target, wanted, change, true);
  }

  /**
   * Sets a variable or an element to what `make` puts on the stack, from its old value when it changes that;
   * leaves the value before or after on the stack when it is wanted.
   */
  #set(target: Target, wanted: 'before' | 'after' | undefined, make: () => void, changes: boolean): void {
    const type = this.typeOf(target);
    if (target.kind === 'name') {
      const index = unsigned(this.local(target.name).index);
      if (wanted === 'before') this.emit(Code.get, ...index);
      if (changes) this.emit(Code.get, ...index);
      make();
      this.emit(wanted === 'after' ? Code.tee : Code.set, ...index);
      return;
    }
    const place = this.array(target.array);
    const offset = this.#address(place, target.index);
    const kept = wanted ? this.newLocal(type) : undefined;
    if (changes) {
      const address = this.newLocal('i');
      this.emit(Code.tee, ...unsigned(address.index), Code.get, ...unsigned(address.index));
      this.#access(LOADS[place.of], offset);
      if (wanted === 'before') this.emit(Code.tee, ...unsigned(kept!.index));
      this.unused.i.push(address.index);
    }
    make();
    if (wanted === 'after') this.emit(Code.tee, ...unsigned(kept!.index));
    this.#access(STORES[place.of], offset);
    if (!kept) return;
    this.emit(Code.get, ...unsigned(kept.index));
    this.unused[type].push(kept.index);
  }

  #call(name: string, operands: readonly Expression[], result: Type | undefined): void {
    const [first] = operands;
    switch (name) {
      case 'Math.imul':
        for (const operand of operands) this.value(operand, 'i');
        this.emit(ARITHMETIC['*']!.i!);
        return;
      case 'Math.clz32':
        this.value(first!, 'i');
        this.emit(Code.clz);
        return;
      // The bits of a double in the memory: doubles from 0 on are in the order of their bits.
      case 'bits': {
        if (first?.kind !== 'element') throw new SyntaxError('hot loop: bits of what is no element');
        const place = this.array(first.array);
        this.#access(LOADS.i64, this.#address(place, first.index));
        return;
      }
      case 'double':
        this.value(first!, 'l');
        this.emit(Code.asDouble);
        return;
    }
    const parameters = operands.map((operand) => this.typeOf(operand));
    operands.forEach((operand, k) => {
      this.value(operand, parameters[k]!);
    });
    let at = this.imports.findIndex(
      (known) =>
        known.name === name && known.result === result && known.parameters.join() === parameters.join(),
    );
    if (at < 0) at = this.imports.push({ name, parameters, result }) - 1;
    this.emit(Code.call, ...unsigned(at));
  }

  /** Half goes up, as Math.round has it. */
  /** Puts an address on the stack; returns what is to be added to it. */
  #address({ of, at }: ArrayPlace, index: Expression): number {
    const size = SIZES[of];
    const { terms, sum } = addends(index);
    const fixed = Math.max(0, sum);
    const left = sum - fixed;
    if (terms.length === 0) this.emit(Code.constI, ...signed(left * size));
    terms.forEach((term, k) => {
      const isProduct = term.kind === 'binary' && term.sign === '*' && term.right.kind === 'number';
      this.value(isProduct ? term.left : term, 'i');
      const factor = isProduct ? (term.right as { value: number }).value * size : size;
      if (factor !== 1) this.emit(Code.constI, ...signed(factor), ARITHMETIC['*']!.i!);
      if (k > 0) this.emit(ARITHMETIC['+']!.i!);
    });
    if (terms.length > 0 && left !== 0) this.emit(Code.constI, ...signed(left * size), ARITHMETIC['+']!.i!);
    return at + fixed * size;
  }

  #access([code, alignment]: readonly [number, number], offset: number): void {
    this.emit(code, alignment, ...unsigned(offset));
  }
}

/** The terms of a sum, and what its numbers add up to. */
function addends(expression: Expression): { readonly terms: readonly Expression[]; readonly sum: number } {
  if (expression.kind === 'number') return { terms: [], sum: expression.value };
  if (expression.kind !== 'binary' || expression.sign !== '+') return { terms: [expression], sum: 0 };
  const [left, right] = [addends(expression.left), addends(expression.right)];
  return { terms: [...left.terms, ...right.terms], sum: left.sum + right.sum };
}
