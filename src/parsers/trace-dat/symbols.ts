import type { NameId, NameTable } from '../../trace/names.ts';
import { Kallsyms, type KernelSymbol } from './kallsyms.ts';
import type { TextWriter } from './text-writer.ts';

const MAX_CACHED = 1 << 16;

/** A function as texts and records name it. */
export interface FunctionName {
  /** As `%ps` prints: without its module. */
  readonly text: string;
  /** With ` [module]`; an address that lies in no symbol is its hex digits. */
  readonly id: NameId;
  /** Low 32 bits of the address of the symbol's first byte. */
  readonly symbol: KernelSymbol | null;
}

/** Names of addresses: functions of /proc/kallsyms, format strings of printk_formats. */
export class Symbols {
  readonly #load: () => Uint8Array;
  readonly #names: NameTable;
  #kallsyms: Kallsyms | null = null;
  /** By the low half of the address, then by the high half. */
  readonly #functions = new Map<number, Map<number, FunctionName>>();
  #cached = 0;
  readonly #printkText: string;
  #printk: Map<bigint, string> | null = null;

  constructor(names: NameTable, kallsyms: () => Uint8Array, printkFormats: string) {
    this.#names = names;
    this.#load = kallsyms;
    this.#printkText = printkFormats;
  }

  /** The function that an address lies in. */
  function(high: number, low: number): FunctionName {
    const known = this.#functions.get(low)?.get(high);
    return known ?? this.#resolve(high, low);
  }

  #resolve(high: number, low: number): FunctionName {
    this.#kallsyms ??= new Kallsyms(this.#load());
    const symbol = this.#kallsyms.find(high, low);
    let text: string;
    let name: string;
    if (symbol) {
      text = symbol.name;
      name = symbol.module === '' ? text : `${text} [${symbol.module}]`;
    } else {
      text = `0x${hexText(high, low)}`;
      name = text;
    }
    const found = { text, id: this.#names.internText(name), symbol };
    // Damaged records may name any address: the cache is not to grow with them.
    if (this.#cached++ >= MAX_CACHED) {
      this.#functions.clear();
      this.#cached = 0;
    }
    let byHigh = this.#functions.get(low);
    if (!byHigh) {
      byHigh = new Map();
      this.#functions.set(low, byHigh);
    }
    byHigh.set(high, found);
    return found;
  }

  /** Writes `%ps` (`function`) or `%pS` (`function+0x12`). */
  write(out: TextWriter, high: number, low: number, withOffset: boolean): void {
    const { text, symbol } = this.function(high, low);
    out.text(text);
    if (withOffset && symbol) {
      out.text('+');
      out.pointer(0, symbol.offset);
    }
  }

  /** The kernel's string at an address, as printk_formats tells; undefined when it does not. */
  printk(address: bigint): string | undefined {
    if (!this.#printk) {
      this.#printk = new Map();
      const line = /^(0x[0-9a-f]{1,16}) : "([\s\S]*?)"$/gm;
      for (const m of this.#printkText.matchAll(line))
        this.#printk.set(BigInt(m[1]!), m[2]!.replace(/\\n$/, ''));
    }
    return this.#printk.get(BigInt.asUintN(64, address));
  }
}

function hexText(high: number, low: number): string {
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, '0');
}
