import type { NameId, NameTable } from '../../trace/names.ts';

/** What an event is to the analysis, by its name without system. */
export const EventRole = {
  Other: 1,
  SchedSwitch: 2,
  Wakeup: 3,
  ContentionBegin: 4,
  ContentionEnd: 5,
  IrqEntry: 6,
  IrqExit: 7,
  SoftirqEntry: 8,
  SoftirqExit: 9,
  TimerEntry: 10,
  TimerExit: 11,
  SyscallEntry: 12,
  SyscallExit: 13,
} as const;

const BY_NAME: Readonly<Record<string, number>> = {
  sched_switch: EventRole.SchedSwitch,
  sched_waking: EventRole.Wakeup,
  sched_wakeup: EventRole.Wakeup,
  sched_wakeup_new: EventRole.Wakeup,
  contention_begin: EventRole.ContentionBegin,
  contention_end: EventRole.ContentionEnd,
  irq_handler_entry: EventRole.IrqEntry,
  irq_handler_exit: EventRole.IrqExit,
  softirq_entry: EventRole.SoftirqEntry,
  softirq_exit: EventRole.SoftirqExit,
  local_timer_entry: EventRole.TimerEntry,
  local_timer_exit: EventRole.TimerExit,
};

/** The role of each event, looked up once a name, so that no string is made for each record. */
export class EventRoles {
  readonly #names: NameTable;
  #roles = new Uint8Array(256);

  constructor(names: NameTable) {
    this.#names = names;
  }

  of(name: NameId): number {
    if (name < 0) return EventRole.Other;
    const known = this.#roles[name];
    return known !== undefined && known !== 0 ? known : this.#lookUp(name);
  }

  #lookUp(name: NameId): number {
    if (name >= this.#roles.length) {
      const bigger = new Uint8Array(this.#names.size * 2);
      bigger.set(this.#roles);
      this.#roles = bigger;
    }
    const text = this.#names.text(name);
    let role: number = BY_NAME[text] ?? EventRole.Other;
    if (/^sys_enter_\w/.test(text)) role = EventRole.SyscallEntry;
    else if (/^sys_exit_\w/.test(text)) role = EventRole.SyscallExit;
    this.#roles[name] = role;
    return role;
  }
}
