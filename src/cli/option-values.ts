import { InvalidArgumentError } from 'commander';
import { pageLists } from '../model/kernels/page-lists.ts';
import type { PageLists } from '../model/steps.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import type { CompactionPlan } from '../replay/compaction.ts';
import { UsageError } from '../trace/diagnostics.ts';

/** Parsers of option values; each throws what commander turns into one clear line. */

/** One of some names. */
export function oneOf(values: readonly string[]): (text: string) => string {
  return (text) => {
    if (!values.includes(text)) throw new InvalidArgumentError(`expected one of ${values.join(', ')}.`);
    return text;
  };
}

/** `0,2-4` as perf and taskset write it. */
export function cpuList(text: string): ReadonlySet<number> {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const m = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (!m) throw new InvalidArgumentError('expected CPUs such as 0,2-4.');
    const last = Number(m[2] ?? m[1]);
    if (last < Number(m[1])) throw new InvalidArgumentError('expected CPUs such as 0,2-4.');
    for (let cpu = Number(m[1]); cpu <= last; cpu++) cpus.add(cpu);
  }
  return cpus;
}

/** `215,216`. */
export function pidList(text: string): ReadonlySet<number> {
  const pids = text.split(',').map((part) => part.trim());
  if (!pids.every((pid) => /^\d{1,10}$/.test(pid)))
    throw new InvalidArgumentError('expected pids such as 215,216.');
  return new Set(pids.map(Number));
}

/** Names or globs with commas between; the option may be given again. */
export function nameList(text: string, before: readonly string[] | undefined): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === ''))
    throw new InvalidArgumentError('expected names such as zs_free,zs_*.');
  return [...(before ?? []), ...names];
}

/** File names as they are, commas and all; the option may be given again. */
export function fileList(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** A time of the trace clock as the trace prints it, in seconds; returned in ns. */
export function traceTime(text: string): number {
  if (!/^\d+(?:\.\d{1,9})?$/.test(text))
    throw new InvalidArgumentError('expected seconds such as 161.997506.');
  const [seconds, fraction = ''] = text.split('.');
  return Number(seconds) * 1e9 + Number(fraction.padEnd(9, '0'));
}

/** A whole number from `least` up. */
export function wholeNumber(least: number, most = 999_999): (text: string) => number {
  const range = most === 999_999 ? `${least} up` : `${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,6}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a whole number from ${range}.`);
    }
    return value;
  };
}

const EXCLUDABLE = ['irq', 'softirq', 'offcpu'] as const;

/** `irq,softirq,offcpu`. */
export function exclusions(text: string): { irq: boolean; softirq: boolean; offCpu: boolean } {
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts) {
    if (!(EXCLUDABLE as readonly string[]).includes(part)) {
      throw new InvalidArgumentError('expected some of irq,softirq,offcpu.');
    }
  }
  return {
    irq: parts.includes('irq'),
    softirq: parts.includes('softirq'),
    offCpu: parts.includes('offcpu'),
  };
}

/** A share from 0 to 1. */
export function share(text: string): number {
  if (!/^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/.test(text))
    throw new InvalidArgumentError('expected a share from 0 to 1 such as 0.01.');
  return Number(text);
}

const UNIT_NS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const;

/** `recorded`, `none`, or `every=10ms`: the pause between two compactions. */
export function compactionPlan(text: string): CompactionPlan {
  if (text === 'recorded' || text === 'none') return text;
  const m = /^every=(\d{1,9}(?:\.\d{1,3})?)(ns|us|ms|s)$/.exec(text);
  const everyNs = m ? Number(m[1]) * UNIT_NS[m[2] as keyof typeof UNIT_NS] : 0;
  if (everyNs === 0)
    throw new InvalidArgumentError('expected recorded, none, or a pause such as every=10ms.');
  return { everyNs };
}

/** A mean time of the untraced base: of the free path, or of a store. */
export interface MeasuredTime {
  readonly name: 'munmap' | 'zs_free' | 'zswap_store';
  readonly ns: number;
}

/** `munmap=59ms` or `zs_free=4.6us`; the option may be given again. */
export function measuredTime(
  text: string,
  before: readonly MeasuredTime[] | undefined,
): readonly MeasuredTime[] {
  const m = /^(munmap|zs_free|zswap_store)=(\d{1,9}(?:\.\d{1,9})?)(ns|us|ms|s)$/.exec(text.trim());
  const ns = m ? Number(m[2]) * UNIT_NS[m[3] as keyof typeof UNIT_NS] : 0;
  if (!m || ns === 0)
    throw new InvalidArgumentError(
      'expected a time of the untraced base such as munmap=59ms, zs_free=4.6us or zswap_store=12us.',
    );
  const name = m[1] as MeasuredTime['name'];
  return [...(before ?? []).filter((other) => other.name !== name), { name, ns }];
}

/** Measured times of the free path. @throws {UsageError} for one of a store. */
export function measuredOfFrees(
  measured: readonly MeasuredTime[],
): readonly { readonly name: 'munmap' | 'zs_free'; readonly ns: number }[] {
  return measured.map(({ name, ns }) => {
    if (name === 'zswap_store') throw new UsageError('--measured zswap_store is for stores (--path store)');
    return { name, ns };
  });
}

/** `batch=63,high=252`: pages that leave a list at once, and those of a full one. */
export function pageListSizes(text: string): PageLists {
  const m = /^batch=(\d{1,6}),high=(\d{1,6})$/.exec(text.trim());
  const [batch, high] = [Number(m?.[1]), Number(m?.[2])];
  if (!(batch >= 1 && high >= batch))
    throw new InvalidArgumentError(
      'expected pages such as batch=63,high=252, batch 1 or more and high no less.',
    );
  return pageLists(batch, high);
}

/** What `--zsmalloc` is. */
export const ZSMALLOC_HELP =
  'machine of the pool: page=4K, chain=8, bits=64, phys=52; told by a kernel config among the inputs else';

const SHAPE = /^(?:page=(4|16|64)K|chain=(\d{1,2})|bits=(32|64)|phys=(\d{2}))$/i;

/** `page=16K,chain=4,bits=64,phys=48`, any of them. */
export function poolShape(text: string): PoolShape {
  const shape: { -readonly [K in keyof PoolShape]: PoolShape[K] } = {};
  for (const part of text.split(',')) {
    const [all, page, chain, bits, physical] = SHAPE.exec(part.trim()) ?? [];
    const isOutOfRange = Number(chain ?? 4) < 4 || Number(chain ?? 4) > 16;
    if (all === undefined || isOutOfRange)
      throw new InvalidArgumentError(
        'expected page=4K, 16K or 64K, chain=4 to 16, bits=32 or 64, phys=bits of an address, such as page=16K,chain=8.',
      );
    if (page !== undefined) shape.pageSize = Number(page) << 10;
    if (chain !== undefined) shape.chainSize = Number(chain);
    if (bits !== undefined) shape.wordBits = bits === '32' ? 32 : 64;
    if (physical !== undefined) shape.physicalBits = Number(physical);
  }
  const [word, most] = [shape.wordBits ?? 64, (shape.wordBits ?? 64) === 64 ? 57 : 40];
  const frame = (shape.physicalBits ?? 32) - Math.log2(shape.pageSize ?? 4096);
  if ((shape.physicalBits ?? 32) < 32 || (shape.physicalBits ?? 32) > most || frame >= word)
    throw new InvalidArgumentError(`expected phys=32 to ${most} with ${word} bits.`);
  return shape;
}
