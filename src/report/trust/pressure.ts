import type { Parameter } from '../../replay/pressure/parameters.ts';
import type { PressureResult } from '../../replay/pressure/result.ts';
import { baselineSentence, rounded } from '../pressure-summary.ts';
import { type Basis, linesOf, type TrustBox } from './trust-box.ts';
import { tracerSentence } from './what-if.ts';

/** What the loop under memory pressure rests on: every parameter with its range, and how the rest is played. */
export function trustOfPressure(result: PressureResult): TrustBox {
  const { tool, inputs, reading, recording, parameters, scenario, published } = result;
  const heldOut = published.flatMap((build) => build.heldOut);
  const within = heldOut.filter(({ isWithin }) => isWithin === true);
  return {
    tool,
    inputs,
    ...linesOf(inputs),
    lostRecords: reading?.lostRecords ?? null,
    tracingOverhead: reading === null ? 'none: no recording is read' : tracerSentence(reading.tracerNs, true),
    calibration: [
      recording === null
        ? `compression: ${scenario.codec} as published; sources stand beside the parameters`
        : 'compression, sizes, stores and loads: this recording',
      ...published.map((build) => `${build.id}: ${baselineSentence(build)}`),
    ],
    rests: [...parameters.map((parameter) => parameterRest(parameter, result)), ...modelledRests(result)],
    validation:
      published.length === 0
        ? { verdict: 'not held against a measurement', reasons: ['--published lays published builds beside'] }
        : {
            verdict: `${within.length} of ${heldOut.length} held-out published figures lie within their intervals`,
            reasons: [],
          },
  };
}

/** The sign of a parameter: what others measured or published is assumed to hold here. */
export function basisOf({ basis }: Parameter, { recording }: PressureResult): Basis {
  return basis === 'measured' && recording !== null ? 'measured' : 'assumed';
}

function parameterRest(parameter: Parameter, result: PressureResult): TrustBox['rests'][number] {
  const { name, what, unit, low, middle, high, basis, source } = parameter;
  const range = low === high ? '' : ` (${rounded(low)}..${rounded(high)})`;
  return {
    basis: basisOf(parameter, result),
    what: `${name}, ${what}: ${`${rounded(middle)}${range} ${unit}`.trimEnd()}; ${basis}: ${source}`,
  };
}

/** What is played, and what is left out. */
export function modelledRests({ scenario }: PressureResult): TrustBox['rests'] {
  const demand =
    scenario.demand === 'open'
      ? 'jobs arrive by chance, at a rate that nothing changes; what a job touches does not depend on how fast it is'
      : 'what programs touch does not depend on how fast they are';
  return [...MODELLED, demand, ...(scenario.nodes > 1 ? ["an object lies on its page's node"] : [])].map(
    (what) => ({ basis: 'modelled', what }),
  );
}

const MODELLED: readonly string[] = [
  'order and amounts of reclaim and shrinker as in mm/vmscan.c, mm/workingset.c, mm/shrinker.c, mm/zswap.c of 6.12: active and inactive lists with refaults, without multi-generational LRU',
  'every page is written to, none is shared',
  'a CPU for each process, so that nobody waits for the context of a CPU; locks of zsmalloc and of lists are not waited for',
  'everything else that is reclaimed (files, slabs) is left out',
];
