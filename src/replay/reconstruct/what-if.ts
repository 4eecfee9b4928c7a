import { eraById } from '../../model/kernels/eras.ts';
import { Geometry } from '../../model/zsmalloc/geometry.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import { detectEra } from '../detect-era.ts';
import type { Assumption, Interval, Validation, WhatIfResult } from '../result.ts';
import { type Recording, type WhatIfRequest, whatIf } from '../run-what-if.ts';
import { NO_SCENARIO } from '../scenario/request.ts';
import type { Executor } from '../sweep.ts';
import { type Reconstruction, reconstruct } from './reconstruct.ts';
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
/** Fewer recorded waits than this say nothing of the spread over classes. */
const LEAST_WAITS = 20;
const RUNS_TO_FIT = 3;
const CONCENTRATIONS = [0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20];
/** Up to this share of objects may be of classes that a side file does not have. */
const FITS_SOURCE = 0.1;
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
  const concentration = fittedConcentration(request, run);
  const completed = complete(request, { concentration });
  const result = run(completed.request);
  const { reconstruction } = completed;
  if (reconstruction === null) return result;
  const other =
    reconstruction.sizes === null || reconstruction.sizes.classes < 1.5
      ? []
      : run({
          ...complete(request, { inOneClass: true }).request,
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

/**
 * Concentration of the assumed sizes under which the replayed baseline waits as often as the recording; 1 where
 * there is nothing to fit. The waits of the baseline then judge nothing, and the verdict says so.
 */
function fittedConcentration(request: WhatIfRequest, run: Run): number {
  const { reconstruction } = complete(request, {});
  const { waits, calls } = recordedWaits(request.timed.operations);
  const isOpen = reconstruction?.sizes?.basis === 'assumed' && reconstruction.sizes.classes > 1.5;
  if (!isOpen || calls === 0 || waits < LEAST_WAITS) return 1;
  const distance = (concentration: number) => {
    const { baseline } = run({
      ...complete(request, { concentration }).request,
      designs: [],
      seeds: RUNS_TO_FIT,
      scenarios: NO_SCENARIO,
    });
    const modelled = Math.max(0, ...Object.values(baseline.contended).map(({ value }) => value));
    return Math.abs(Math.log((modelled + 1) / (waits + 1)));
  };
  const distances = CONCENTRATIONS.map((concentration) => ({ concentration, by: distance(concentration) }));
  return distances.reduce((best, one) => (one.by < best.by ? one : best)).concentration;
}

/** Recorded frees that waited for a spinlock, and those of which waiting would show. */
function recordedWaits(ops: OperationTable): { readonly waits: number; readonly calls: number } {
  let waits = 0;
  let calls = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free) continue;
    const waited = ops.parts.lockWait.get(row) > 0;
    if (waited) waits++;
    if (waited || !Number.isNaN(ops.parts.lock.get(row))) calls++;
  }
  return { waits, calls };
}

/** The request with what is missing in its recordings filled in. */
function complete(
  request: WhatIfRequest,
  spread: { readonly inOneClass?: boolean; readonly concentration?: number },
): { readonly request: WhatIfRequest; readonly reconstruction: Reconstruction | null } {
  const { timed, placed } = request;
  const release = timed.kernelRelease || placed.kernelRelease;
  const era =
    request.era === null
      ? detectEra(placed.operations, placed.compaction, release, false, timed.operations).era
      : eraById(request.era);
  const options = {
    geometry: new Geometry(era.geometry),
    tables: timed === placed ? timed.tables : [...placed.tables, ...timed.tables],
    seed: 1,
    ...spread,
  };
  const filled = (recording: Recording) => {
    const { operations, reconstruction } = reconstruct(recording.operations, options);
    return { recording: { ...recording, operations }, reconstruction };
  };
  const places = filled(placed);
  if (timed === placed) {
    return {
      request: { ...request, timed: places.recording, placed: places.recording },
      reconstruction: places.reconstruction,
    };
  }
  // The objects of a recording that gives the times only are those of the other one.
  const times = filled(timed);
  const hasTimes = times.reconstruction?.times ?? false;
  return {
    request: { ...request, timed: hasTimes ? times.recording : timed, placed: places.recording },
    reconstruction:
      places.reconstruction === null && hasTimes
        ? { ...times.reconstruction!, frees: 0, older: 0, sizes: null, zspages: 0, partialZspages: 0 }
        : places.reconstruction && { ...places.reconstruction, times: hasTimes },
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

function notIdentifiable({ frees, times, inOneClass }: ReconstructionReport): string[] {
  const list: string[] = [];
  if (frees > 0) {
    const other = inOneClass
      .map(
        ({ id, speedup }) =>
          `${id} ${speedup.value.toFixed(3)}x (${speedup.lo.toFixed(3)} to ${speedup.hi.toFixed(3)})`,
      )
      .join(', ');
    list.push(
      'how often frees of two CPUs meet at one class->lock: it rests on the assumed spread over classes.' +
        `${other === '' ? '' : ` With all objects in one class: ${other}.`}` +
        ' Probes of zs_malloc (size, handle) and zs_free (handle) would show it, or sizes by class' +
        ' (/sys/kernel/debug/zsmalloc/*/classes, taken before the munmap, given as one more input).',
    );
  }
  if (times) {
    list.push(
      'how much of the time the lock is asked for: without time stamps nobody knows what passes between two frees.' +
        ' The trace option funcgraph-abstime shows it.',
    );
  }
  return list;
}
