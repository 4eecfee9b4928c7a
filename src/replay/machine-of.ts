import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import type { SideTable } from '../trace/side-tables.ts';

/** Physical bits by the options that set them; the first one that is set counts. */
const PHYSICAL_BITS: readonly (readonly [option: string, bits: number])[] = [
  ['CONFIG_X86_64', 52],
  ['CONFIG_ARM64_PA_BITS_52', 52],
  ['CONFIG_ARM64_PA_BITS_48', 48],
  ['CONFIG_X86_PAE', 36],
  ['CONFIG_ARM_LPAE', 40],
];
const PAGE_SHIFTS: readonly (readonly [option: string, shift: number])[] = [
  ['CONFIG_ARM64_64K_PAGES', 16],
  ['CONFIG_PAGE_SIZE_64KB', 16],
  ['CONFIG_ARM64_16K_PAGES', 14],
  ['CONFIG_PAGE_SIZE_16KB', 14],
];

/**
 * What a kernel configuration among the side data says of zsmalloc's classes; null without one. Options of
 * mm/Kconfig and arch Kconfig files of 6.12.
 */
export function shapeOf(tables: readonly SideTable[]): PoolShape | null {
  const values = new Map(
    tables
      .filter(({ kind }) => kind === 'kernel-config')
      .flatMap(({ rows }) => rows.map(([option, value]) => [String(option), String(value)] as const)),
  );
  if (values.size === 0) return null;
  const isSet = ([option]: readonly [string, number]) => values.get(option) === 'y';
  const number = (option: string) => Number(values.get(option) ?? Number.NaN);
  const shift = PAGE_SHIFTS.find(isSet)?.[1] ?? number('CONFIG_PAGE_SHIFT');
  const bits = PHYSICAL_BITS.find(isSet)?.[1] ?? number('CONFIG_ARM64_PA_BITS');
  const chain = number('CONFIG_ZSMALLOC_CHAIN_SIZE');
  const is64 = values.get('CONFIG_64BIT');
  return {
    ...(shift >= 12 ? { pageSize: 2 ** shift } : {}),
    ...(chain >= 1 ? { chainSize: chain } : {}),
    ...(is64 === undefined ? {} : { wordBits: is64 === 'y' ? 64 : 32 }),
    ...(bits > 0 ? { physicalBits: bits } : {}),
  };
}

/** The release that side data (uname, /proc/version, a configuration) tell; '' without. */
export function releaseOf(tables: readonly SideTable[]): string {
  const table = tables.find(({ kind }) => kind === 'kernel-version');
  return String(table?.rows[0]?.[table.columns.indexOf('release')] ?? '');
}
