import { folioRules } from '../../model/designs/failed-folio.ts';
import type { KernelModel } from '../../model/steps.ts';
import type { OperationTable } from '../../trace/operations.ts';
import { FateDecider, type FateRequest } from './fates/fate-settings.ts';
import { withProcesses } from './processes.ts';
import type { RecordedRows } from './recorded-rows.ts';
import { type StoreWorkload, storeWorkload } from './store-workload.ts';
import type { TracerTaken } from './without-tracer.ts';

/** How a case of a sweep wants operations. */
export interface WorkloadCase {
  readonly folioPages: number;
  readonly processes: number | null;
}

/**
 * Workloads by kernel and run: runs differ in how much of the tracer is taken out, so that there are as many of a
 * kernel as there are variants of that, and each is made once.
 */
export class Workloads {
  readonly #ops: OperationTable;
  readonly #variants: readonly TracerTaken[];
  readonly #rowsOf: (taken: TracerTaken) => RecordedRows;
  readonly #request: Omit<FateRequest, 'rows'>;
  readonly #rows: RecordedRows[] = [];
  readonly #deciders: FateDecider[] = [];
  readonly #made = new WeakMap<KernelModel, Map<string, StoreWorkload>>();

  constructor(
    ops: OperationTable,
    variants: readonly TracerTaken[],
    rowsOf: (taken: TracerTaken) => RecordedRows,
    request: Omit<FateRequest, 'rows'>,
  ) {
    this.#ops = ops;
    this.#variants = variants;
    this.#rowsOf = rowsOf;
    this.#request = request;
  }

  /** What decides about folios; the same for all runs but for the times. */
  get decider(): FateDecider {
    return this.#deciderOf(0);
  }

  of(kernel: KernelModel, seed: number, { folioPages, processes }: WorkloadCase): StoreWorkload {
    const variant = seed % this.#variants.length;
    const key = `${variant} ${folioPages} ${processes}`;
    let ofKernel = this.#made.get(kernel);
    if (!ofKernel) {
      ofKernel = new Map();
      this.#made.set(kernel, ofKernel);
    }
    let made = ofKernel.get(key);
    if (!made) {
      const decider = this.#deciderOf(variant);
      const workload = storeWorkload(this.#ops, this.#rowsAt(variant), {
        folioPages,
        gathers: kernel.gathers ?? {},
        rules: folioRules(kernel),
        decide: (tasks) => decider.decide(kernel, tasks, folioPages),
      });
      made = withProcesses(workload, processes);
      ofKernel.set(key, made);
    }
    return made;
  }

  #rowsAt(variant: number): RecordedRows {
    this.#rows[variant] ??= this.#rowsOf(this.#variants[variant]!);
    return this.#rows[variant];
  }

  #deciderOf(variant: number): FateDecider {
    const wake = variant === 0 ? null : this.#deciderOf(0).wake;
    this.#deciders[variant] ??= new FateDecider({ ...this.#request, rows: this.#rowsAt(variant) }, wake);
    return this.#deciders[variant];
  }
}
