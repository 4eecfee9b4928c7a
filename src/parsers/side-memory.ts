import type { SideReader } from './side-data.ts';
import { cellOf, type SideTableSet } from './side-table-set.ts';

/**
 * Columns of /sys/block/zram*\/mm_stat (Documentation/admin-guide/blockdev/zram.rst): seven up to 5.x,
 * then `huge_pages`, then `huge_pages_since`.
 */
const MM_STAT_COLUMNS = [
  'orig_data_bytes',
  'compr_data_bytes',
  'mem_used_bytes',
  'mem_limit_bytes',
  'mem_used_max_bytes',
  'same_pages',
  'pages_compacted',
  'huge_pages',
  'huge_pages_since',
] as const;

/** zram's mm_stat: one row of numbers without a header. */
export class MmStatReader implements SideReader {
  readonly #tables: SideTableSet;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    if (!/^ *\d+(?: +\d+){6,8} *$/.test(text)) return false;
    const values = text.trim().split(/ +/).map(Number);
    // A page that is stored takes no more than it holds: other rows of numbers rarely look so.
    if (values[2]! > values[4]! || !values.every(Number.isSafeInteger)) return false;
    this.#tables.add('zram-mm-stat', MM_STAT_COLUMNS.slice(0, values.length), values);
    return true;
  }

  end(): void {}
}

/**
 * /sys/kernel/debug/zsmalloc/POOL/classes (mm/zsmalloc.c, zs_stats_size_show): the header names the
 * columns, `almost_full almost_empty` up to 6.2 and ten ranges of fullness since 6.3.
 */
export class ZsmallocClassesReader implements SideReader {
  readonly #tables: SideTableSet;
  #columns: string[] = [];

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    if (/^ *class +size +/.test(text) && /obj_allocated +obj_used +pages_used/.test(text)) {
      this.#columns = text.trim().split(/ +/).map(columnName);
      return true;
    }
    const words = text.trim().split(/ +/);
    if (this.#columns.length === 0) return false;
    if (words[0] === 'Total') return words.slice(1).every((word) => /^\d+$/.test(word));
    if (/^\.{3}$/.test(text.trim())) return true;
    if (words.length !== this.#columns.length || !words.every((word) => /^\d+$/.test(word))) return false;
    this.#tables.add('zsmalloc-classes', this.#columns, words.map(cellOf));
    return true;
  }

  end(): void {}
}

/** `10%` holds zspages that are at most so full; `99%` all that are not whole. */
function columnName(title: string): string {
  if (title === 'size') return 'size_bytes';
  return /^\d+%$/.test(title) ? `zspages_${title.slice(0, -1)}_percent` : title;
}

/** Files of sysfs and debugfs with one value each, as `grep -r . DIRECTORY` prints them, and zswap's counters. */
export class KernelValuesReader implements SideReader {
  readonly #tables: SideTableSet;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const path = /^(\/(?:sys|proc)\/[^\s:]+):(.*)$/.exec(text);
    const counter =
      /^((?:pool_limit_hit|pool_total_size|reject_\w+|stored_\w+|written_back_pages|duplicate_entry|same_filled_pages|decompress_fail)) (\d+)$/.exec(
        text,
      );
    const m = path ?? counter;
    if (!m) return false;
    this.#tables.add(path ? 'kernel-values' : 'zswap-counters', ['name', 'value'], [m[1]!, cellOf(m[2]!)]);
    return true;
  }

  end(): void {}
}
