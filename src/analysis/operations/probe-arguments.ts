/** Names that say what a probe's argument is. */
const SIZE_NAMES = ['size', 'len', 'length', 'sz', 'bytes', 'nbytes', 'comp_len', 'clen'];
const HANDLE_NAMES = ['handle', 'hdl', 'hndl', 'h'];
const SLOT_NAMES = ['index', 'slot', 'idx', 'offset'];
const RESULT_NAMES = ['handle', 'ret', 'retval', 'rc', 'res', 'result', 'hdl', 'h', 'arg1'];
/** Arguments that are none of these, by name. */
const OTHER_NAMES =
  /^(?:pool|zspage|page|obj|class|gfp|gfp_flags|flags|nid|node|comm|caller|ip|bdev|zram|mode|inuse|freeobj|first)$/;

/** Second argument of a function by the calling conventions of x86-64, arm64, riscv and of probe events. */
const SECOND = /=(?:%(?:r?si|x1|a1|r1)|\$arg2)(?::\w+)?$/;

/** Largest request that zsmalloc takes: a page, of 64 KiB at most. */
const LARGEST_SIZE = 1 << 16;

/** What a probe's argument was taken for. */
export interface TakenArgument {
  readonly name: string;
  readonly value: string;
}

type Values = ReadonlyMap<string, string>;

/**
 * The size among the arguments of a probe on zs_malloc: by its name, by the definition of the probe, else the
 * first value of an unnamed one (`arg1`, `si`, ...) that can be a size.
 * @param definition Arguments as in kprobe_events (`pool=%di size=%si`), '' when not known.
 */
export function sizeArgument(values: Values, definition: string): TakenArgument | null {
  return (
    named(values, SIZE_NAMES) ??
    defined(values, definition) ??
    unnamed(values).find(({ value }) => isSize(value)) ??
    null
  );
}

/** The handle among the arguments of a probe on zs_free(pool, handle) or zs_map_object(pool, handle, ..). */
export function handleArgument(values: Values, definition: string): TakenArgument | null {
  return (
    named(values, HANDLE_NAMES) ??
    defined(values, definition) ??
    // The pool comes first where both are printed.
    unnamed(values).findLast(({ value }) => isPointer(value)) ??
    null
  );
}

/** The slot's number among the arguments of a probe on zram_slot_free_notify(bdev, index). */
export function slotArgument(values: Values, definition: string): TakenArgument | null {
  return (
    named(values, SLOT_NAMES) ??
    defined(values, definition) ??
    unnamed(values).find(({ value }) => !isPointer(value)) ??
    null
  );
}

/** The value that a return probe on zs_malloc shows; null also for a failed allocation. */
export function resultArgument(values: Values): TakenArgument | null {
  const found = named(values, RESULT_NAMES) ?? unnamed(values)[0] ?? null;
  return found !== null && !isFailure(found.value) ? found : null;
}

/** An address as `0x...`, whichever way it was printed. */
export function addressText(text: string): string {
  const value = numberOf(text);
  return value === null ? text : `0x${value.toString(16)}`;
}

function named(values: Values, names: readonly string[]): TakenArgument | null {
  for (const name of names) {
    const value = values.get(name);
    if (value !== undefined) return { name, value };
  }
  return null;
}

function defined(values: Values, definition: string): TakenArgument | null {
  const name = definition
    .split(' ')
    .find((argument) => SECOND.test(argument))
    ?.split('=')[0];
  return name === undefined ? null : named(values, [name]);
}

function unnamed(values: Values): TakenArgument[] {
  return [...values]
    .filter(([name]) => !OTHER_NAMES.test(name) && !name.startsWith('__'))
    .map(([name, value]) => ({ name, value }));
}

function numberOf(text: string): bigint | null {
  try {
    return BigInt.asUintN(64, BigInt(text));
  } catch {
    return /^[0-9a-f]{8,16}$/.test(text) ? BigInt(`0x${text}`) : null;
  }
}

function isSize(text: string): boolean {
  const value = numberOf(text);
  return value !== null && value > 0n && value <= LARGEST_SIZE;
}

/** 0, or an ERR_PTR value of a 64- or 32-bit kernel. */
function isFailure(text: string): boolean {
  const value = numberOf(text);
  if (value === null) return false;
  return value === 0n || value > 0xfffffffffffff000n || (value > 0xfffff000n && value < 1n << 32n);
}

/** A kernel address of 32 or 64 bits; ERR_PTR values are none. */
function isPointer(text: string): boolean {
  const value = numberOf(text);
  if (value === null) return false;
  if (value < 1n << 32n) return value >= 0x40000000n && value < 0xfffff001n;
  return value >= 0xff00000000000000n && value < 0xfffffffffffff001n;
}
