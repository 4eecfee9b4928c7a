import { latin1 } from '../../trace/records.ts';
import { type SpanBatch, SpanFlag } from '../../trace/spans.ts';

/**
 * Arguments that function_graph prints with the calls of some functions (option funcgraph-args, since 6.15), kept
 * from where a call begins to where it ends.
 */
export class CallTexts {
  readonly #begun = new Map<number, ReadonlyMap<string, string>>();

  /** A call begins, or one without calls below is printed whole. */
  begin(rows: SpanBatch, i: number): void {
    if ((rows.flags[i]! & SpanFlag.HasText) === 0) return;
    const text = latin1(rows.bytes, rows.textStart[i]!, rows.textEnd[i]!);
    this.#begun.set(rows.span[i]!, printedArguments(text));
  }

  /** What a call that ends was printed with; null where nothing was. */
  take(span: number): ReadonlyMap<string, string> | null {
    const values = this.#begun.get(span);
    this.#begun.delete(span);
    return values ?? null;
  }

  /** Records were lost. */
  clear(): void {
    this.#begun.clear();
  }
}

/**
 * `pool=0xff.., size=0xc1d, swp=(STRUCT)[0x4050]`: names with their values. A struct passed by value is printed
 * as the words that it is passed in; of one word that is its value (kernel/trace/trace_output.c of 7.3).
 */
export function printedArguments(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const m of text.matchAll(/(\w+)=(?:\(\w+\)\[([^\],]+)[^\]]*\]|([^\s,)]+))/g))
    values.set(m[1]!, m[2] ?? m[3]!);
  return values;
}

/** What a call returned, where function_graph prints it (funcgraph-retval, since 6.5): `F = 0x1`, `ret=-17`. */
export function printedResult(rows: SpanBatch, i: number): string | undefined {
  if ((rows.flags[i]! & SpanFlag.HasNote) === 0) return undefined;
  const note = latin1(rows.bytes, rows.noteStart[i]!, rows.noteEnd[i]!);
  return /(?:\bret=|(?:^|\s)= )(-?(?:0x)?[0-9a-f]+)\s*$/.exec(note)?.[1];
}
