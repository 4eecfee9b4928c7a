import type { ChosenDesign } from '../../model/designs/registry.ts';
import type { Era } from '../../model/kernels/eras.ts';
import type { KernelModel } from '../../model/steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import type { OperationTable } from '../../trace/operations.ts';
import type { PricedWorkload } from '../calibrate/pricing.ts';
import { WHERE_WOKEN } from '../engine/machine.ts';
import type { Executor } from '../sweep.ts';
import type { ScenarioOptions } from '../what-if.ts';
import type { Workload } from '../workload.ts';

/** The recording as the scenarios find it: what is replayed, and what it was made of. */
export interface RecordedCase {
  readonly era: Era;
  /** Recording that has sizes and handles. */
  readonly operations: OperationTable;
  /** Place of the first replayed free; what is before it is history. */
  readonly from: number;
  readonly workload: Workload;
  /** The same at the prices of parameter sets. */
  readonly priced: PricedWorkload;
  readonly kernelFor: (workload: Workload) => KernelModel;
  /** The pool when the first replayed free begins. */
  readonly pool: Pool;
  readonly designs: readonly { readonly text: string; readonly chosen: readonly ChosenDesign[] }[];
  /** As the recording is replayed. */
  readonly options: ScenarioOptions;
  /** CPUs as asked for; null: as recorded. */
  readonly cpusAsked: number | null;
  /** Threads that always want each CPU. */
  readonly pressure: number;
  /** Runs what is to be simulated. */
  readonly execute: Executor;
}

/** The same machine with other CPUs. */
export function withCpus(recorded: RecordedCase, cpus: number): ScenarioOptions {
  return {
    ...recorded.options,
    cpus,
    workerCpu: WHERE_WOKEN,
    hogs: new Uint8Array(cpus).fill(recorded.pressure),
  };
}
