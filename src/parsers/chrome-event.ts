import type { Token } from 'stream-json/core/parser.js';

/** Arguments of an event kept as text. */
const MAX_TEXT = 1 << 14;

/** One element of `traceEvents`: values as written, '' where there is none. */
export interface ChromeEvent {
  readonly ph: string;
  readonly name: string;
  /** Microseconds, as digits. */
  readonly ts: string;
  readonly dur: string;
  readonly pid: string;
  readonly tid: string;
  /** `args.name` of metadata. */
  readonly argName: string;
  readonly cat: string;
  /** Arguments for people: `key=value key=value`, or the one that is called `text`. */
  readonly text: string;
  /** `args.stack`: names of functions, the innermost first in our own export. */
  readonly stack: readonly string[];
  /** `args.duration_ns`: the duration that was recorded, where our own export draws another. */
  readonly recordedNs: string;
}

const WANTED = new Set(['ph', 'name', 'ts', 'dur', 'pid', 'tid', 'cat']);
const NO_STACK: readonly string[] = [];
/** Frames kept of one stack. */
const MAX_FRAMES = 256;

/**
 * Puts the tokens of a Chrome trace together to events, in both of its forms: an array of events, and
 * an object that holds one as `traceEvents`. Memory is that of one event.
 */
export class ChromeEvents {
  readonly #sink: (event: ChromeEvent) => void;
  /** Nesting of the present token, and of the events; 0 until it is known. */
  #depth = 0;
  #eventDepth = 0;
  #isObjectForm = false;
  /** Key of the present value at the depths where that matters. */
  #topKey = '';
  #key = '';
  #argKey = '';
  #fields: Record<string, string> = {};
  #text = '';
  #textArgument: string | null = null;
  #stack: string[] | null = null;
  #isOwn = false;
  #needsComma = false;
  #arguments = 0;

  constructor(sink: (event: ChromeEvent) => void) {
    this.#sink = sink;
  }

  /** True when the list of events was met. */
  get isFound(): boolean {
    return this.#eventDepth > 0;
  }

  /** True when the file says that `trace-replay convert` wrote it. */
  get isOwn(): boolean {
    return this.#isOwn;
  }

  /** True in the list of events, outside of any: where an array of events may end without its bracket. */
  get isBetweenEvents(): boolean {
    return this.#eventDepth === 2 && this.#depth === 1;
  }

  token(token: Token): void {
    switch (token.name) {
      case 'startObject':
      case 'startArray':
        this.#open(token.name === 'startArray');
        break;
      case 'endObject':
      case 'endArray':
        this.#close(token.name === 'endArray');
        break;
      case 'keyValue':
        this.#seeKey(token.value);
        break;
      case 'stringValue':
        this.#value(token.value, true);
        break;
      case 'numberValue':
        this.#value(token.value, false);
        break;
      case 'trueValue':
      case 'falseValue':
      case 'nullValue':
        this.#value(String(token.value), false);
        break;
      default:
    }
  }

  #open(isArray: boolean): void {
    this.#depth++;
    if (this.#depth === 1) {
      this.#isObjectForm = !isArray;
      if (isArray) this.#eventDepth = 2;
    } else if (this.#depth === 2 && this.#isObjectForm) {
      this.#eventDepth = isArray && this.#topKey === 'traceEvents' ? 3 : 0;
    }
    if (this.#eventDepth === 0) return;
    if (this.#depth === this.#eventDepth) this.#begin();
    else if (this.#depth > this.#eventDepth + 1) this.#nested(isArray ? '[' : '{', true);
  }

  #close(isArray: boolean): void {
    if (this.#eventDepth > 0) {
      if (this.#depth === this.#eventDepth) this.#end();
      else if (this.#depth > this.#eventDepth + 1) this.#nested(isArray ? ']' : '}', false);
    }
    this.#depth--;
  }

  #begin(): void {
    this.#fields = {};
    this.#key = '';
    this.#argKey = '';
    this.#text = '';
    this.#textArgument = null;
    this.#stack = null;
    this.#arguments = 0;
    this.#needsComma = false;
  }

  #end(): void {
    const { ph = '', name = '', ts = '', dur = '', pid = '', tid = '', cat = '' } = this.#fields;
    const { argName = '', recordedNs = '' } = this.#fields;
    const isAlone = this.#arguments === (this.#stack === null ? 1 : 2);
    const text = (isAlone ? this.#textArgument : null) ?? this.#text;
    this.#sink({
      ph,
      name,
      ts,
      dur,
      pid,
      tid,
      cat,
      argName,
      text,
      stack: this.#stack ?? NO_STACK,
      recordedNs,
    });
  }

  #seeKey(key: string): void {
    if (this.#depth === 1) this.#topKey = key;
    else if (this.#depth === 2 && this.#eventDepth === 0) this.#key = key;
    else if (this.#depth === this.#eventDepth) this.#key = key;
    else if (this.#depth === this.#eventDepth + 1) this.#argKey = key;
    else if (this.#isInArgument()) {
      this.#append(`${this.#needsComma ? ',' : ''}${JSON.stringify(key)}:`);
      this.#needsComma = false;
    }
  }

  #value(value: string, isString: boolean): void {
    if (this.#eventDepth === 0) {
      if (this.#topKey === 'otherData' && this.#key === 'tool') this.#isOwn = /^trace-replay\b/.test(value);
      return;
    }
    if (this.#depth === this.#eventDepth) {
      if (WANTED.has(this.#key)) this.#fields[this.#key] = value;
    } else if (this.#depth === this.#eventDepth + 1) {
      if (this.#key !== 'args') return;
      if (this.#argKey === 'name') this.#fields['argName'] = value;
      if (this.#argKey === 'text' && isString) this.#textArgument = value;
      if (this.#argKey === 'duration_ns' && !isString) this.#fields['recordedNs'] = value;
      this.#beginArgument();
      this.#append(value);
    } else if (this.#isInArgument()) {
      const isFrame = isString && this.#stack !== null && this.#argKey === 'stack';
      if (isFrame && this.#stack!.length < MAX_FRAMES) this.#stack!.push(value);
      this.#append(`${this.#needsComma ? ',' : ''}${isString ? JSON.stringify(value) : value}`);
      this.#needsComma = true;
    }
  }

  /** A bracket within an argument; the outermost one begins it. */
  #nested(bracket: string, isBegin: boolean): void {
    if (this.#key !== 'args') return;
    if (isBegin) {
      if (bracket === '[' && this.#argKey === 'stack') this.#stack ??= [];
      if (this.#depth === this.#eventDepth + 2) this.#beginArgument();
      else if (this.#needsComma) this.#append(',');
    }
    this.#append(bracket);
    this.#needsComma = !isBegin;
  }

  #beginArgument(): void {
    this.#append(`${this.#arguments++ > 0 ? ' ' : ''}${this.#argKey}=`);
    this.#needsComma = false;
  }

  #isInArgument(): boolean {
    return this.#eventDepth > 0 && this.#depth > this.#eventDepth + 1 && this.#key === 'args';
  }

  #append(text: string): void {
    if (this.#text.length < MAX_TEXT) this.#text += text.slice(0, MAX_TEXT);
  }
}
