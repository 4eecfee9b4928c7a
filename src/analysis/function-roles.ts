import type { NameId, NameTable } from '../trace/names.ts';

/** Bits that say what a function is to the analysis. */
export const Role = {
  /** Takes, tries or releases a lock, or waits for one: see `locks/primitives.ts`. */
  Lock: 1,
  /** The outermost function of a hardware interrupt. */
  HardIrq: 2,
  /** The outermost function of softirq work. */
  Softirq: 4,
  /** Gives the CPU away. */
  Schedule: 8,
  /** Its printed arguments are asked for. */
  Arguments: 16,
} as const;

const HARD_IRQ =
  /^(?:__sysvec_\w+|sysvec_\w+|common_interrupt|__common_interrupt|irq_enter_rcu|irq_exit_rcu|do_IRQ|smp_apic_timer_interrupt|gic_handle_irq|generic_handle_arch_irq|el[01]t?_(?:64_)?irq(?:_handler)?|el[01]_interrupt|asm_sysvec_\w+|asm_common_interrupt|exc_nmi|__handle_irq_event_percpu|handle_irq_event|handle_irq|do_interrupt_handler)$/;
const SOFTIRQ = /^(?:__do_softirq|handle_softirqs|do_softirq|__do_softirq_own_stack|run_ksoftirqd)$/;
const SCHEDULE =
  /^(?:schedule|__schedule|preempt_schedule|preempt_schedule_irq|preempt_schedule_common|preempt_schedule_notrace|schedule_timeout|schedule_preempt_disabled|schedule_hrtimeout_range|io_schedule|io_schedule_timeout|schedule_rtlock)$/;

/**
 * What each function is, by its name, looked up once a name. Interrupts are told by names because
 * current x86 kernels print no `==========>` marks.
 */
export class FunctionRoles {
  /** Bits of {@link Role} by name id; valid for ids below the last {@link classify}. */
  bits: Uint8Array = new Uint8Array(0);
  #done = 0;
  readonly #names: NameTable;
  readonly #isLock: (functionName: string) => boolean;
  readonly #hasArguments: (functionName: string) => boolean;

  constructor(
    names: NameTable,
    isLock: (functionName: string) => boolean,
    hasArguments: (functionName: string) => boolean = () => false,
  ) {
    this.#names = names;
    this.#isLock = isLock;
    this.#hasArguments = hasArguments;
  }

  /** Looks at the names added since the last call. */
  classify(): void {
    const size = this.#names.size;
    if (this.#done === size) return;
    if (this.bits.length < size) {
      const bigger = new Uint8Array(Math.max(256, size * 2));
      bigger.set(this.bits);
      this.bits = bigger;
    }
    for (let id = this.#done; id < size; id++) this.bits[id] = this.#roleOf(id);
    this.#done = size;
  }

  #roleOf(id: NameId): number {
    const name = this.#names.functionName(id);
    if (this.#isLock(name)) return Role.Lock;
    if (HARD_IRQ.test(name)) return Role.HardIrq;
    if (SOFTIRQ.test(name)) return Role.Softirq;
    if (SCHEDULE.test(name)) return Role.Schedule;
    return this.#hasArguments(name) ? Role.Arguments : 0;
  }
}
