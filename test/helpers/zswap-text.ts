/** How zswap shows itself in a text. */
interface Look {
  /** zs_map_object and zpool (6.13), zpool with zs_obj_write (6.16), or zsmalloc alone (6.18). */
  readonly like: '6.13' | '6.16' | '6.18';
  /** zswap_store_page and zswap_compress are functions of their own: not inlined. */
  readonly hasFunctions: boolean;
  /** Probes print slots. */
  readonly hasSlots: boolean;
}

const NAMES = {
  '6.13': {
    size: 'zpool_get_total_pages',
    write: ['zpool_map_handle', 'zpool_unmap_handle'],
    found: 1,
  },
  '6.16': { size: 'zpool_get_total_pages', write: ['zpool_obj_write'], found: 0 },
  '6.18': { size: 'zs_get_total_pages', write: ['zs_obj_write'], found: 0 },
} as const;

/** A function_graph text with probes, as zswap of 6.18 and newer would show itself. */
export class ZswapText {
  readonly #look: Look;
  readonly #lines: string[] = [];
  #clock = 0;
  #handles = 0;

  constructor(look: Partial<Look> = {}) {
    this.#look = { like: '6.18', hasFunctions: false, hasSlots: true, ...look };
  }

  #slot(slot: number): string {
    return this.#look.hasSlots ? ` swp=0x${slot.toString(16)}` : '';
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.from(`# tracer: function_graph\n#\n${this.#lines.join('\n')}\n`, 'latin1'));
  }

  #line(text: string, duration = '              '): void {
    this.#clock += 1;
    const stamp = (10 + this.#clock / 1e6).toFixed(6);
    this.#lines.push(`   ${stamp} |   0)     t-1       | ${duration} |${text}`);
  }

  #leaf(depth: number, name: string): void {
    this.#line(`${'  '.repeat(depth + 1)}${name}();`, '  1.000 us    ');
  }

  #event(text: string): void {
    this.#line(`  /* ${text} */`);
  }

  #entryFree(depth: number, slot: number, length: number, handle: number): void {
    const at = (0x1000 + handle * 8).toString(16);
    this.#event(
      `k_zswap_entry_free: (zswap_entry_free+0x0/0x130) entry=0x1${this.#slot(slot)} length=${length} handle=0x${at}`,
    );
    this.#line(`${'  '.repeat(depth + 1)}zswap_entry_free() {`);
    this.#leaf(depth + 1, 'list_lru_del');
    this.#event(`k_zs_free: (zs_free+0x4/0xf0) pool=0x1 handle=0x${at}`);
    this.#line(`${'  '.repeat(depth + 2)}zs_free() {`);
    this.#leaf(depth + 2, '_raw_read_lock');
    this.#leaf(depth + 2, '_raw_spin_lock');
    this.#leaf(depth + 2, 'obj_free');
    this.#leaf(depth + 2, '_raw_spin_unlock');
    this.#line(`${'  '.repeat(depth + 2)}}`, '  9.000 us    ');
    this.#line(`${'  '.repeat(depth + 1)}}`, ' 12.000 us    ');
  }

  /**
   * A store of a folio. `pages`: bytes of each page, `error` where the compressor fails; then what is
   * erased follows from `frees`: slot, bytes and number of the object.
   * @returns numbers of the objects made.
   */
  store(
    slot: number,
    pages: readonly (number | 'error')[],
    frees: readonly (readonly [slot: number, bytes: number, object: number])[] = [],
  ): number[] {
    const made: number[] = [];
    this.#event(`k_zswap_store: (zswap_store+0x4/0x910) folio=0x1${this.#slot(slot)} nr=${pages.length}`);
    this.#line('  zswap_store() {');
    const { hasFunctions, like } = this.#look;
    const { size, write } = NAMES[like];
    this.#leaf(1, size);
    let stored = true;
    for (const bytes of pages) {
      if (hasFunctions) this.#line('    zswap_store_page() {');
      const depth = hasFunctions ? 2 : 1;
      const object = this.#page(depth, bytes, write);
      if (hasFunctions) this.#line('    }', ' 40.000 us    ');
      if (object < 0) {
        stored = false;
        break;
      }
      made.push(object);
    }
    if (!stored) {
      for (const [freed, bytes, object] of frees) {
        this.#leaf(1, '_raw_spin_lock');
        this.#leaf(1, '_raw_spin_unlock');
        this.#entryFree(1, freed, bytes, object);
      }
    }
    this.#line('  }', ' 99.000 us    ');
    this.#event(`k_zswap_store_ret: (swap_writeout+0x109/0x300 <- zswap_store) ret=${stored ? 1 : 0}`);
    return made;
  }

  /** One page; its object's number, -1 when it does not compress. */
  #page(depth: number, bytes: number | 'error', write: readonly string[]): number {
    const { hasFunctions } = this.#look;
    this.#leaf(depth, 'kmem_cache_alloc_node_noprof');
    const inner = hasFunctions ? depth + 1 : depth;
    const indent = '  '.repeat(inner + 1);
    if (hasFunctions) this.#line(`${'  '.repeat(depth + 1)}zswap_compress() {`);
    this.#leaf(inner, 'mutex_lock');
    this.#leaf(inner, 'crypto_acomp_compress');
    let object = -1;
    if (bytes !== 'error') {
      object = this.#handles++;
      this.#event(`k_zs_malloc: (zs_malloc+0x4/0x570) pool=0x1 size=${bytes}`);
      this.#line(`${indent}zs_malloc() {`);
      this.#leaf(inner + 1, '_raw_spin_lock');
      this.#leaf(inner + 1, 'obj_malloc');
      this.#leaf(inner + 1, '_raw_spin_unlock');
      this.#line(`${indent}}`, '  9.000 us    ');
      this.#event(
        `k_zs_malloc_ret: (zswap_store+0x12/0x30 <- zs_malloc) handle=0x${(0x1000 + object * 8).toString(16)}`,
      );
      for (const name of write) this.#leaf(inner, name);
    }
    this.#leaf(inner, 'mutex_unlock');
    if (hasFunctions) this.#line(`${'  '.repeat(depth + 1)}}`, ' 20.000 us    ');
    if (object < 0) return -1;
    this.#leaf(depth, '_raw_spin_lock');
    this.#leaf(depth, '_raw_spin_unlock');
    this.#leaf(depth, 'list_lru_add');
    return object;
  }

  load(slot: number, bytes: number, object: number): void {
    this.#event(`k_zswap_load: (zswap_load+0x4/0xf0) folio=0x1${this.#slot(slot)}`);
    this.#line('  zswap_load() {');
    this.#leaf(1, 'zswap_decompress');
    this.#leaf(1, '_raw_spin_lock');
    this.#leaf(1, '_raw_spin_unlock');
    this.#entryFree(1, slot, bytes, object);
    this.#line('  }', ' 50.000 us    ');
    this.#event(
      `k_zswap_load_ret: (swap_read_folio+0xdb/0x640 <- zswap_load) ret=${NAMES[this.#look.like].found}`,
    );
  }
}
