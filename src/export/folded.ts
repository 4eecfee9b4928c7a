import type { AnalysisResult } from '../analysis/result.ts';
import type { NameTable } from '../trace/names.ts';
import { type RecordBatch, RecordKind } from '../trace/records.ts';
import type { TaskTable } from '../trace/tasks.ts';
import type { Exporter, TextOutput } from './exporter.ts';
import { StackCounts } from './stack-counts.ts';
import { readable } from './text.ts';

/** Frames kept of one stack; the kernel and perf record at most 127 by default. */
const MAX_FRAMES = 1024;

/**
 * Folded stacks, `outer;inner VALUE` on each line, as flamegraph.pl and speedscope read them. Calls
 * count by their own time in ns. A trace without calls, but with stacks of samples, counts by periods
 * (1 each where none is given); one with stacks of other events by how many there are.
 */
export class FoldedStacks implements Exporter {
  readonly needs = 'spans';
  readonly #output: TextOutput;
  readonly #names: NameTable;
  readonly #tasks: TaskTable;
  readonly #byCount: boolean;
  readonly #warn: (message: string) => void;
  readonly #samples = new StackCounts();
  readonly #events = new StackCounts();

  /** The row whose frames are being gathered, innermost first; kept across batches. */
  #row: {
    readonly kind: number;
    readonly event: number;
    readonly task: number;
    readonly weight: number;
  } | null = null;
  readonly #frames: number[] = [];

  constructor(options: {
    readonly names: NameTable;
    readonly tasks: TaskTable;
    readonly output: TextOutput;
    /** Count calls, samples and events instead of their time or period. */
    readonly byCount: boolean;
    readonly warn: (message: string) => void;
  }) {
    this.#names = options.names;
    this.#tasks = options.tasks;
    this.#output = options.output;
    this.#byCount = options.byCount;
    this.#warn = options.warn;
  }

  beginFile(): void {}

  records(batch: RecordBatch): void {
    const { kind } = batch;
    for (let i = 0; i < batch.length; i++) {
      const k = kind[i]!;
      if (k < RecordKind.Event) continue;
      if (k === RecordKind.Frame) {
        if (this.#row !== null && this.#frames.length < MAX_FRAMES) this.#frames.push(batch.name[i]!);
        continue;
      }
      this.#endStack();
      if (k !== RecordKind.Event && k !== RecordKind.Function && k !== RecordKind.Sample) continue;
      const period = k === RecordKind.Sample && batch.other[i]! > 0 ? batch.other[i]! : 1;
      this.#row = {
        kind: k,
        event: batch.name[i]!,
        task: batch.task[i]!,
        weight: this.#byCount ? 1 : period,
      };
    }
  }

  #endStack(): void {
    const row = this.#row;
    this.#row = null;
    if (row === null) return;
    const isSample = row.kind === RecordKind.Sample;
    // A sample without a stack is still a sample; an event without one is no stack.
    if (isSample || this.#frames.length > 0) {
      const counts = isSample ? this.#samples : this.#events;
      // Innermost first as recorded, outermost first as folded: event, task, stack.
      this.#frames.reverse();
      counts.add(row.event, row.task, this.#frames, row.weight);
    }
    this.#frames.length = 0;
  }

  endFile(): void {
    this.#endStack();
  }

  finish(callTree: AnalysisResult['callTree']): void {
    const has = {
      calls: callTree.length > 0,
      samples: this.#samples.size > 0,
      events: this.#events.size > 0,
    };
    if (has.calls) this.#writeCalls(callTree);
    else this.#writeStacks(has.samples ? this.#samples : this.#events);
    const left = [
      has.calls && has.samples && 'samples',
      (has.calls || has.samples) && has.events && 'stacks of events',
    ].filter((what) => what !== false);
    if (left.length > 0) {
      const what = has.calls ? 'calls' : 'samples';
      this.#warn(`folded stacks hold the ${what}; ${left.join(' and ')} have another unit and are left out`);
    }
  }

  #writeCalls(callTree: AnalysisResult['callTree']): void {
    const paths: string[] = [];
    for (const [index, node] of callTree.entries()) {
      const frame = frameText(node.name);
      const path = node.parent < 0 ? frame : `${paths[node.parent]};${frame}`;
      paths[index] = path;
      const value = Math.round(this.#byCount ? node.calls : node.selfNs);
      if (value > 0) this.#output(`${path} ${value}\n`);
    }
  }

  #writeStacks(counts: StackCounts): void {
    const severalEvents = counts.events > 1;
    counts.forEach((event, task, frames, weight) => {
      const row = this.#tasks.rows[task];
      const parts = frames.map((name) => frameText(this.#names.text(name)));
      parts.unshift(frameText(row === undefined || row.comm === '' ? '(unknown task)' : row.comm));
      if (severalEvents) parts.unshift(frameText(this.#names.text(event)));
      this.#output(`${parts.join(';')} ${Math.round(weight)}\n`);
    });
  }
}

/** A frame's name; `;` and line ends would cut it apart. */
function frameText(name: string): string {
  return readable(name)
    .replaceAll(';', ':')
    .replace(/[\r\n]/g, ' ');
}
