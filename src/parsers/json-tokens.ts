import { jsonParser, type Token } from 'stream-json/core/parser.js';
import { latin1 } from '../trace/records.ts';

/** Bytes given to the tokenizer at once: how exactly it is known where it gave up. */
const SLICE_BYTES = 1 << 9;
/** A single value over this is damage, or no trace: it would have to be kept in memory. */
const MAX_VALUE_BYTES = 1 << 20;
const MAX_DEPTH = 256;

/** What a reader of JSON does with its tokens. */
export interface JsonSink {
  /** The next token: keys, strings and numbers come whole. */
  readonly token: (token: Token) => void;
}

/** Why a JSON text cannot be read on, and near which byte. */
export interface JsonFailure {
  readonly offset: number;
  readonly reason: string;
}

/**
 * Tokens of a JSON text that is pushed in chunks, by stream-json's tokenizer. Its memory is bounded
 * whatever the text is: nesting over 256 levels and values over 1 MiB end the reading, as does anything
 * that is no JSON; what comes afterwards is skipped.
 *
 * Bytes become characters one to one, so that names survive as they are; `\u` escapes over 255 come as
 * UTF-8.
 */
export class JsonTokens {
  readonly #sink: JsonSink;
  readonly #parse = jsonParser({ packValues: true, streamValues: false });
  #offset = 0;
  #lastTokenAt = 0;
  #depth = 0;
  #begun = false;
  #sawEscape = false;
  #failure: JsonFailure | null = null;

  constructor(sink: JsonSink) {
    this.#sink = sink;
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#offset;
  }

  get failure(): JsonFailure | null {
    return this.#failure;
  }

  push(chunk: Uint8Array): void {
    let from = this.#offset === 0 && startsWithMark(chunk) ? 3 : 0;
    while (from < chunk.length && this.#failure === null) {
      const to = Math.min(chunk.length, from + SLICE_BYTES);
      this.#take(latin1(chunk, from, to), this.#offset + from);
      from = to;
    }
    this.#offset += chunk.length;
  }

  /** Says that the text ended; a text that ends within a value is a failure. */
  finish(): void {
    if (this.#failure || (this.#begun && this.#depth === 0)) return;
    const reason = this.#begun ? `it ends with ${this.#depth} values still open` : 'it holds no value';
    this.#failure = { offset: this.#offset, reason };
  }

  #take(text: string, offset: number): void {
    let tokens: ReturnType<typeof this.parse>;
    try {
      tokens = this.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failure = { offset, reason: reason.replace(/^Parser (?:cannot parse input: |has )?/, '') };
      return;
    }
    this.#sawEscape ||= text.includes('\\');
    for (const token of tokens) {
      if (token.name === 'startObject' || token.name === 'startArray') this.#depth++;
      else if (token.name === 'endObject' || token.name === 'endArray') this.#depth--;
      this.#begun = true;
      if (this.#depth > MAX_DEPTH) {
        this.#failure = { offset, reason: `values are nested over ${MAX_DEPTH} deep` };
        return;
      }
      this.#sink.token(this.#sawEscape ? asBytes(token) : token);
    }
    if (tokens.length > 0) this.#lastTokenAt = offset;
    else if (offset - this.#lastTokenAt > MAX_VALUE_BYTES) {
      this.#failure = {
        offset: this.#lastTokenAt,
        reason: `a value is longer than ${MAX_VALUE_BYTES} bytes`,
      };
    }
  }

  private parse(text: string): readonly Token[] {
    const result = this.#parse(text);
    // The library answers with a symbol where a slice completes no token.
    return typeof result === 'object' ? result.values : [];
  }
}

/** A token whose characters are bytes: what only an escape can spell comes as UTF-8. */
function asBytes(token: Token): Token {
  if (token.name !== 'stringValue' && token.name !== 'keyValue') return token;
  const value = token.value.replace(/[^\x00-\xff]+/g, (text) => Buffer.from(text).toString('latin1'));
  return { name: token.name, value };
}

/** True at the byte-order mark of UTF-8. */
function startsWithMark(chunk: Uint8Array): boolean {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
}
