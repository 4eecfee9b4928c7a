import type { SideReader } from './side-data.ts';
import type { SideTableSet } from './side-table-set.ts';

const POINT_COLUMNS = ['lock', 'side', 'contentions', 'address', 'symbol'] as const;

/**
 * /proc/lock_stat (Documentation/locking/lockstat.rst; kernel/locking/lockdep_proc.c), versions 0.2 to
 * 0.4: a line of titles, a row for each lock class and side (`-R`, `-W`), then up to four call sites
 * that waited and four that held. Its times are us with two decimals; here they are ns.
 */
export class LockStatReader implements SideReader {
  readonly #tables: SideTableSet;
  #columns: string[] = [];
  #lock = '';
  #isHolders = false;
  #isBegun = false;
  #sawPoint = false;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    if (/^lock_stat version \d+\.\d+$/.test(text)) {
      this.#isBegun = true;
      return true;
    }
    if (!this.#isBegun) return false;
    if (/^\*WARNING\* lock debugging disabled/.test(text)) return true;
    if (/^ *class name +con-bounces/.test(text)) {
      this.#columns = text.trim().split(/ +/).slice(2).map(columnName);
      return true;
    }
    if (/^[-. ]*$/.test(text)) {
      if (/^ +-+$/.test(text)) this.#isHolders = this.#lock !== '' && this.#sawPoint;
      return true;
    }
    return this.#row(text) || this.#point(text);
  }

  #row(text: string): boolean {
    const colon = text.lastIndexOf(': ');
    if (colon < 0) return false;
    const values = text
      .slice(colon + 1)
      .trim()
      .split(/ +/);
    if (values.length !== this.#columns.length || !values.every((value) => /^[\d.]+$/.test(value)))
      return false;
    this.#lock = text.slice(0, colon).trim();
    this.#sawPoint = false;
    this.#isHolders = false;
    const side = /-[RW]$/.test(this.#lock) ? this.#lock.slice(-1) : '';
    const name = side === '' ? this.#lock : this.#lock.slice(0, -2);
    const cells = this.#columns.map((column, i) => {
      const value = Number(values[i]);
      return column.endsWith('_ns') ? Math.round(value * 1000) : value;
    });
    const access = side === 'R' ? 'read' : side === 'W' ? 'write' : '';
    this.#tables.add('lock-stat', ['lock', 'access', ...this.#columns], [name, access, ...cells]);
    return true;
  }

  #point(text: string): boolean {
    const m = /\[<([0-9a-f]+)>\] (\S.*)$/.exec(text);
    if (!m || this.#lock === '' || m.index === 0) return false;
    // Cut by hand: the class's name may hold blanks and numbers.
    const left = text.slice(0, m.index).trim();
    const blank = left.lastIndexOf(' ');
    const contentions = left.slice(blank + 1);
    if (blank < 0 || !/^\d+$/.test(contentions)) return false;
    this.#sawPoint = true;
    const side = this.#isHolders ? 'held' : 'waited';
    const name = left.slice(0, blank).trim();
    this.#tables.add('lock-stat-points', POINT_COLUMNS, [
      name,
      side,
      Number(contentions),
      `0x${m[1]}`,
      m[2]!.trim(),
    ]);
    return true;
  }

  end(): void {}
}

/** `waittime-max` is in us. */
function columnName(title: string): string {
  const name = title.replaceAll('-', '_');
  return /^(?:wait|hold)time/.test(title) ? `${name}_ns` : name;
}
