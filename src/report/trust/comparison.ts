import type { ComparedRecording, ComparisonResult } from '../../analysis/compare/result.ts';
import { durationText, shareText } from '../quantities.ts';
import type { TrustBox, TrustInput } from './trust-box.ts';

/** What a comparison rests on. */
export function trustOfComparison(result: ComparisonResult): TrustBox {
  const { tool, method, before, after } = result;
  const recordings = [...before.recordings, ...after.recordings];
  const sum = (pick: (recording: ComparedRecording) => number) =>
    recordings.reduce((total, recording) => total + pick(recording), 0);
  return {
    tool,
    inputs: [
      ...before.recordings.flatMap((recording) => inputsOf(recording, 'before')),
      ...after.recordings.flatMap((recording) => inputsOf(recording, 'after')),
    ],
    lines: sum(({ lines }) => lines),
    understoodLines: sum(({ understoodLines }) => understoodLines),
    lostRecords: sum(({ lostRecords }) => lostRecords),
    tracingOverhead: `${tracerText('before', before.recordings)}, ${tracerText('after', after.recordings)}; left in`,
    calibration: [],
    rests: [
      { basis: 'measured', what: 'durations, waits and holds of the recordings' },
      { basis: 'modelled', what: method.interval },
      { basis: 'modelled', what: method.test },
      {
        basis: 'modelled',
        what: `quantiles: off by at most ${Number((method.quantileError * 100).toPrecision(2))} % by their histograms`,
      },
      ...(method.allowance === null
        ? []
        : [
            {
              basis: method.allowance.basis,
              what: `two recordings of one kernel are taken to differ by up to ${shareText(method.allowance.value)}`,
            } as const,
          ]),
    ],
    validation: null,
  };
}

/** Lines are counted by recording: they are an input's own where it is alone. */
function inputsOf({ inputs, lines, understoodLines }: ComparedRecording, role: string): TrustInput[] {
  const isAlone = inputs.length === 1;
  return inputs.map((input) => ({
    role,
    ...input,
    lines: isAlone ? lines : null,
    understoodLines: isAlone ? understoodLines : null,
  }));
}

function tracerText(side: string, recordings: readonly ComparedRecording[]): string {
  const known = recordings.flatMap(({ tracerNs }) => (tracerNs === null ? [] : [tracerNs]));
  if (known.length === 0) return `${side}: not known`;
  const [least, most] = [Math.min(...known), Math.max(...known)].map((ns) => durationText(ns));
  return `${side}: ~${least === most ? least : `${least} to ${most}`} a traced call`;
}
