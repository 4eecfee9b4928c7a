import { type PreemptionModel, preemptionById } from '../../model/preemption.ts';
import type { Scheduling } from '../engine/scheduling.ts';
import { interval } from '../interval.ts';
import type { Ensemble } from './ensemble.ts';
import { centralSet, drawnSet, type Parameter, type ParameterSet } from './parameters.ts';

const SWITCHES = 'sched_switch and sched_wakeup beside the frees';

/** Open where threads share CPUs: tasks and workers, or more tasks than CPUs. */
export const SCHEDULING_PARAMETERS: readonly Parameter[] = [
  {
    name: 'tickNs',
    title: 'from tick to tick',
    unit: 'ns',
    central: 4_000_000,
    low: 1_000_000,
    high: 10_000_000,
    isLogarithmic: true,
    basis: 'assumed',
    source: 'CONFIG_HZ is 1000, 250 or 100',
    shownBy: 'CONFIG_HZ of the kernel',
  },
  {
    name: 'pullNs',
    title: 'an idle CPU takes a waiting thread after',
    unit: 'ns',
    central: 4_000_000,
    low: 500_000,
    high: 8_000_000,
    basis: 'assumed',
    source: 'not before sched_migration_cost (0.5 ms), then at a tick that balances: one or two of 4 ms',
    shownBy: SWITCHES,
  },
  {
    name: 'freesAtOnce',
    title: 'frees of a munmap between two places where it offers its CPU',
    unit: 'count',
    central: 64,
    low: 1,
    high: 256,
    isLogarithmic: true,
    basis: 'assumed',
    source: 'zap_pte_range frees runs of neighbouring swap slots at once (6.10 and later), up to a cluster',
    shownBy: SWITCHES,
  },
];

/** A turn on a machine with one CPU (sysctl_sched_base_slice): 0.75 ms from 6.6 on, 0.7 ms from 6.15 on. */
const BASE_SLICE_NS = 700_000;
/** Of all CPUs, so many count. */
const CPUS_AT_MOST = 8;

/** A turn, ns: longer by the binary logarithm of the number of CPUs (get_update_sysctl_factor). */
export function sliceNs(cpus: number): number {
  return BASE_SLICE_NS * (1 + Math.floor(Math.log2(Math.min(cpus, CPUS_AT_MOST))));
}

/**
 * How CPUs are shared in a run; without the parameters in its set, at their central values.
 * @param run Number of the run: nobody knows where between two ticks it begins, and each begins elsewhere.
 */
export function schedulingOf(set: ParameterSet, run: number, preemption?: PreemptionModel): Scheduling {
  const central = centralSet(SCHEDULING_PARAMETERS).values;
  const { tickNs, pullNs, freesAtOnce } = { ...central, ...set.values };
  return {
    preemption: preemption ?? preemptionById('none'),
    tickNs,
    firstTickNs: tickNs * ((0.5 + run * 0.618034) % 1),
    pullNs,
    operationsAtOnce: Math.max(1, Math.round(freesAtOnce)),
  };
}

/** Parameter sets with values of {@link SCHEDULING_PARAMETERS} each; the first has the central ones. */
export function withSchedulingParameters(ensemble: Ensemble, seed: number): Ensemble {
  const sets = ensemble.sets.map((set, k) => {
    const drawn =
      k === 0 ? centralSet(SCHEDULING_PARAMETERS) : drawnSet(SCHEDULING_PARAMETERS, set.number, seed);
    return { ...set, values: { ...set.values, ...drawn.values } };
  });
  const fitted = SCHEDULING_PARAMETERS.map((parameter) => ({
    ...parameter,
    kept: interval(sets.map(({ values }) => values[parameter.name])),
  }));
  return { ...ensemble, sets, parameters: [...ensemble.parameters, ...fitted] };
}
