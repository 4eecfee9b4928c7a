import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { Unknown } from '../calibrate/sensitivity.ts';
import type { Assumption, Interval, Validation, WhatIfResult } from '../result.ts';
import { type WhatIfRequest, whatIf } from '../run-what-if.ts';
import { NO_SCENARIO } from '../scenario/request.ts';
import type { Executor } from '../sweep.ts';
import { complete } from './complete.ts';
import { fittedConcentration } from './fit-spread.ts';
import type { Reconstruction } from './reconstruct.ts';
import { ASSUMED_THINK_SHARE } from './times.ts';

/** A reconstruction, how far it fits, and what the answers become at the other end of what is possible. */
export interface ReconstructionReport extends Reconstruction {
  /** The spread over classes was chosen so that the baseline waits as often as the recording. */
  readonly isFittedToWaits: boolean;
  /** Of the frees whose release of a zspage the trace shows, how many the reconstruction gives back. */
  readonly releasesReproduced: number;
  /** Speed-ups with all reconstructed objects in one class: frees then meet at one class->lock. */
  readonly inOneClass: readonly { readonly id: string; readonly speedup: Interval }[];
}

type Run = (request: WhatIfRequest) => WhatIfResult;

/** Runs of the second answer: it tells a direction, not a figure. */
const RUNS_IN_ONE_CLASS = 5;
/** Up to this share of objects may be of classes that a side file does not have. */
const FITS_SOURCE = 0.1;
/** Up to this share of objects may be freed by what looks like another function. */
const FEW_DRAINS = 0.02;
/** Up to this share of reconstructed frees the structure counts as judged by the others. */
const JUDGED_BY_OTHERS = 0.05;

/**
 * {@link whatIf} for any recording of zs_free: what it does not show is reconstructed first, is named in the
 * result, and the verdict says that it cannot be judged.
 * @throws {RangeError} when there is no free with a time.
 */
export function whatIfReconstructed(
  request: WhatIfRequest,
  tool: WhatIfResult['tool'],
  execute?: Executor,
): WhatIfResult {
  const run: Run = (asked) => whatIf(asked, tool, execute);
  const concentration = fittedConcentration(request, request.era);
  const { recordings, reconstruction } = complete(request, request.era, { concentration });
  const replayed = run({ ...request, ...recordings });
  const result = { ...replayed, validation: withoutDrains(replayed.validation, request.timed.operations) };
  if (reconstruction === null) return result;
  const other =
    reconstruction.sizes === null || reconstruction.sizes.classes < 1.5
      ? []
      : run({
          ...request,
          ...complete(request, request.era, { inOneClass: true }).recordings,
          seeds: Math.min(request.seeds, RUNS_IN_ONE_CLASS),
          scenarios: NO_SCENARIO,
        }).designs;
  const { structure } = result.validation;
  const report: ReconstructionReport = {
    ...reconstruction,
    isFittedToWaits: concentration !== 1,
    releasesReproduced: structure.releasesReproduced,
    inOneClass: other.map(({ id, speedup }) => ({ id, speedup })),
  };
  return {
    ...result,
    validation: judged(result.validation, report),
    reconstruction: report,
    assumptions: [...assumptions(report), ...result.assumptions],
    notIdentifiable: [...notIdentifiable(report), ...result.notIdentifiable],
  };
}

/** A recorded kernel that frees objects elsewhere than in zs_free is none that the base describes. */
function withoutDrains(validation: Validation, ops: OperationTable): Validation {
  let drained = 0;
  let frees = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] === OperationKind.Drain) drained++;
    if (ops.kind[row] === OperationKind.Free) frees++;
  }
  // A zs_free that began before the recording, or lost records, leave an obj_free alone.
  if (drained <= FEW_DRAINS * frees) return validation;
  return {
    ...validation,
    verdict: 'does-not-fit',
    reasons: [
      ...validation.reasons,
      `${drained} objects were freed by other functions than zs_free: the recorded kernel defers frees already, the base does not`,
    ],
  };
}

function judged(
  validation: Validation,
  { frees, of, times, isFittedToWaits }: ReconstructionReport,
): Validation {
  const reasons = [...validation.reasons];
  const isStructure = frees > JUDGED_BY_OTHERS * of;
  if (isStructure)
    reasons.push(`the objects of ${frees} of ${of} frees are reconstructed: structure is not judged`);
  if (isFittedToWaits)
    reasons.push('the spread over classes is fitted to the recorded waits: these are not judged either');
  if (times) reasons.push('the trace has no time stamps: the time between frees is assumed');
  const cannot = isStructure || times;
  return {
    ...validation,
    verdict: validation.verdict === 'fits' && cannot ? 'cannot-be-judged' : validation.verdict,
    reasons,
  };
}

function assumptions(report: ReconstructionReport): Assumption[] {
  const { frees, of, older, sizes, times, releasesShown, releasesReproduced, zspages, partialZspages } =
    report;
  const list: Assumption[] = [];
  if (frees > 0) {
    const why =
      older === frees
        ? 'they are older than the recording'
        : older === 0
          ? 'the recording shows no handles'
          : `${older} are older than the recording, of the others it shows no handle`;
    list.push({ what: `reconstructed: the objects of ${frees} of ${of} frees (${why})`, basis: 'assumed' });
    list.push({
      what: `their sizes: ${sizes!.source}; as many meetings as with ${sizes!.classes.toFixed(1)} equal classes`,
      basis: sizes!.basis,
    });
    if (sizes!.basis === 'measured' && sizes!.elsewhere > FITS_SOURCE) {
      list.push({
        what: `these sizes do not fit the recording: ${Math.round(sizes!.elsewhere * 100)} % of the objects are of other classes, by the pages of the zspages that were released`,
        basis: 'measured',
      });
    }
    list.push({
      what:
        releasesShown > 0
          ? `which zspage each is in: ${zspages} zspages laid out so that they are released where the trace shows it (${releasesReproduced} of ${releasesShown} frees), ${partialZspages} of them partly free before`
          : 'which zspage each is in: filled in the order of the frees, since the trace does not show which frees release one',
      basis: 'assumed',
    });
  }
  if (times) {
    list.push({
      what: `reconstructed: when each free began. Between two frees of a task passes ${ASSUMED_THINK_SHARE * 100} % of the median free (20 to 100 %)`,
      basis: 'assumed',
    });
  }
  return list;
}

function notIdentifiable({ frees, times, inOneClass }: ReconstructionReport): Unknown[] {
  const list: Unknown[] = [];
  if (frees > 0) {
    const other = inOneClass
      .map(
        ({ id, speedup }) =>
          `${id} ${speedup.value.toFixed(3)}x (${speedup.lo.toFixed(3)} to ${speedup.hi.toFixed(3)})`,
      )
      .join(', ');
    list.push({
      what:
        'how often frees of two CPUs meet at one class->lock: it rests on the assumed spread over classes.' +
        (other === '' ? '' : ` With all objects in one class: ${other}.`),
      shownBy:
        'Probes of zs_malloc (size, handle) and zs_free (handle; docs/recording.md has the commands), or sizes by' +
        ' class (/sys/kernel/debug/zsmalloc/*/classes, taken before the munmap, given as one more input)',
      cuts: [],
    });
  }
  if (times) {
    list.push({
      what: 'how much of the time the lock is asked for: without time stamps nobody knows what passes between two frees',
      shownBy: 'The trace option funcgraph-abstime',
      cuts: [],
    });
  }
  return list;
}
