import type { OperationTable } from '../../trace/operations.ts';
import { type SpanBatch, SpanKind } from '../../trace/spans.ts';
import type { Call } from './zswap-calls.ts';
import { numberOf, slotOfSwapEntry } from './zswap-functions.ts';

/** An entry probe of the list's walk: whether the entry is written back is seen later. */
export interface Look {
  readonly at: number;
  readonly startNs: number;
  readonly line: number;
  /** Innermost call of the graph at it; -1 without one. */
  readonly call: number;
  readonly values: ReadonlyMap<string, string>;
  readonly used: Map<string, string>;
}

/** enum lru_status of include/linux/list_lru.h: the entry goes to the tail. */
const LRU_ROTATE = 2;

/** What the shrinker looks at in one task: most entries get their second chance, some are written back. */
export class ShrinkerLooks {
  readonly #table: OperationTable;
  #open: Look | null = null;
  /** Call whose probes have told of it; -1 without one. */
  #told = -1;

  constructor(table: OperationTable) {
    this.#table = table;
  }

  /** The entry probe has come. */
  begin(look: Look): void {
    this.#open = look;
  }

  /** The entry is written back: the look is told by that operation. */
  take(): Look | null {
    const look = this.#open;
    this.#open = null;
    return look;
  }

  /** The return probe has come, of a look that wrote nothing back. */
  returned(text: string | undefined): void {
    const look = this.take();
    if (!look) return;
    const swapEntry = look.values.get('swp');
    const slot = swapEntry === undefined ? null : slotOfSwapEntry(swapEntry);
    this.#told = look.call;
    const { at, line } = look;
    const item = look.values.get('item') ?? null;
    this.#table.shrinkerLooks.push({ at, line, slot: slot ?? -1, item, isSecondChance: rotates(text) });
  }

  /** A call of the graph has ended, or its end was not seen, that wrote nothing back. */
  called(
    rows: SpanBatch,
    i: number,
    call: Call | undefined,
    seen: { readonly at: number; readonly item: string | null; readonly result: string | undefined },
  ): void {
    const isTold = this.#told === rows.span[i]!;
    this.#told = -1;
    const holdsOthers = call !== undefined && call.rows.length > 0;
    const isCall = rows.kind[i] === SpanKind.Span || rows.kind[i] === SpanKind.Cut;
    if (isTold || holdsOthers || !isCall) return;
    const { at, item, result } = seen;
    this.#table.shrinkerLooks.push({
      at,
      line: rows.line[i]!,
      slot: -1,
      item,
      isSecondChance: rotates(result),
    });
  }
}

function rotates(result: string | undefined): boolean {
  return numberOf(result) === LRU_ROTATE;
}
