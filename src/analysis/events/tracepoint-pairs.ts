import { eventField, eventNumber } from '../../trace/event-fields.ts';
import type { NameId, NameTable } from '../../trace/names.ts';
import type { RecordBatch } from '../../trace/records.ts';
import type { PairBegin } from './event-pairs.ts';
import { EventRole } from './event-roles.ts';

/** Softirqs by number (include/linux/interrupt.h, 5.x to 7.x), for texts without `[action=...]`. */
const SOFTIRQS = [
  'HI',
  'TIMER',
  'NET_TX',
  'NET_RX',
  'BLOCK',
  'IRQ_POLL',
  'TASKLET',
  'SCHED',
  'HRTIMER',
  'RCU',
];

/** One side of a pair of tracepoints. */
export interface TracepointSide {
  /** `irq:virtio0-req.0`, `softirq:TIMER`, `irq:local_timer`, `sys_munmap`. */
  readonly name: NameId;
  readonly isEnd: boolean;
  readonly interrupt: PairBegin['interrupt'];
}

/** Reads the tracepoints that come in pairs: interrupts, softirqs and system calls. */
export class TracepointPairs {
  readonly #names: NameTable;
  /** The handler that ran last for an interrupt's number: its exit does not name it. */
  readonly #handlers = new Map<number, NameId>();
  readonly #byEvent = new Map<NameId, NameId>();

  constructor(names: NameTable) {
    this.#names = names;
  }

  /** What row `i` says; null when its text has not what it needs. */
  read(records: RecordBatch, i: number, role: number): TracepointSide | null {
    const names = this.#names;
    switch (role) {
      case EventRole.IrqEntry: {
        const text = records.text(i);
        const irq = eventNumber(text, 'irq');
        if (irq === null) return null;
        const name = names.internText(`irq:${eventField(text, 'name') ?? irq}`);
        this.#handlers.set(irq, name);
        return { name, isEnd: false, interrupt: 'irq' };
      }
      case EventRole.IrqExit: {
        const irq = eventNumber(records.text(i), 'irq');
        const name = irq === null ? undefined : this.#handlers.get(irq);
        return name === undefined ? null : { name, isEnd: true, interrupt: 'irq' };
      }
      case EventRole.SoftirqEntry:
      case EventRole.SoftirqExit: {
        const text = records.text(i);
        const vec = eventNumber(text, 'vec');
        const action = eventField(text, 'action') ?? (vec === null ? null : (SOFTIRQS[vec] ?? String(vec)));
        if (action === null) return null;
        const name = names.internText(`softirq:${action}`);
        return { name, isEnd: role === EventRole.SoftirqExit, interrupt: 'softirq' };
      }
      case EventRole.TimerEntry:
      case EventRole.TimerExit:
        return {
          name: names.internText('irq:local_timer'),
          isEnd: role === EventRole.TimerExit,
          interrupt: 'irq',
        };
      default: {
        const event = records.name[i]!;
        let name = this.#byEvent.get(event);
        if (name === undefined) {
          name = names.internText(names.text(event).replace(/^sys_(?:enter|exit)_/, 'sys_'));
          this.#byEvent.set(event, name);
        }
        return { name, isEnd: role === EventRole.SyscallExit, interrupt: 'none' };
      }
    }
  }
}
