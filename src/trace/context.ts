/**
 * The latency-format flag characters of a record, packed into 16 bits: bits 0-2 hold the
 * {@link ContextLevel}, bit 3 says that interrupts were off, bit 4 that a reschedule was due,
 * bits 8-11 the preempt depth. Source: kernel/trace/trace_output.c, trace_print_lat_fmt.
 */
export const ContextLevel = { Task: 0, Softirq: 1, Hardirq: 2, Nmi: 3 } as const;

const IRQS_OFF = 1 << 3;
const NEED_RESCHED = 1 << 4;

/** Packs the 4 to 7 flag characters that stand at `bytes[at]`. */
export function packContext(bytes: Uint8Array, at: number): number {
  const irqs = bytes[at]!;
  const level = bytes[at + 2]!;
  let packed: number = ContextLevel.Task;
  if (level === 0x73) packed = ContextLevel.Softirq;
  else if (level === 0x68 || level === 0x48) packed = ContextLevel.Hardirq;
  else if (level === 0x7a || level === 0x5a) packed = ContextLevel.Nmi;
  if (irqs === 0x64 || irqs === 0x44) packed |= IRQS_OFF;
  if (bytes[at + 1] !== 0x2e) packed |= NEED_RESCHED;
  const depth = Number.parseInt(String.fromCharCode(bytes[at + 3]!), 16);
  return packed | ((Number.isNaN(depth) ? 0 : depth) << 8);
}

/**
 * Packs the flags of a record as numbers: `flags` of the common header (include/linux/trace_events.h,
 * TRACE_FLAG_*) and its preempt count, whose low half is the preempt depth.
 */
export function packContextBits(flags: number, preemptCount: number): number {
  let packed: number = ContextLevel.Task;
  if (flags & 0x40) packed = ContextLevel.Nmi;
  else if (flags & 0x08) packed = ContextLevel.Hardirq;
  else if (flags & 0x10) packed = ContextLevel.Softirq;
  if (flags & 0x01) packed |= IRQS_OFF;
  // Lazy (6.13), of the task, of the preempt count.
  if (flags & 0x26) packed |= NEED_RESCHED;
  return packed | ((preemptCount & 0xf) << 8);
}

/** The {@link ContextLevel} of a packed context. */
export function contextLevel(packed: number): number {
  return packed & 7;
}

/** Packs flags that a binary format holds as numbers. */
export function contextOf(
  level: number,
  irqsOff: boolean,
  needResched: boolean,
  preemptDepth: number,
): number {
  return level | (irqsOff ? IRQS_OFF : 0) | (needResched ? NEED_RESCHED : 0) | (preemptDepth << 8);
}

/** Whether interrupts were off, of a packed context. */
export function isIrqsOff(packed: number): boolean {
  return (packed & IRQS_OFF) !== 0;
}

/** Whether a reschedule was due, of a packed context. */
export function isReschedDue(packed: number): boolean {
  return (packed & NEED_RESCHED) !== 0;
}

/** How deep preemption was disabled, of a packed context. */
export function preemptDepth(packed: number): number {
  return (packed >> 8) & 15;
}
