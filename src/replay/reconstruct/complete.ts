import { eraById, eraOn } from '../../model/kernels/eras.ts';
import { Geometry } from '../../model/zsmalloc/geometry.ts';
import type { SideTable } from '../../trace/side-tables.ts';
import { detectEra } from '../detect-era.ts';
import type { PreparedInput } from '../prepare.ts';
import { type Reconstruction, reconstruct } from './reconstruct.ts';

/** A recording with the side data given beside it. */
export interface CompletableInput extends PreparedInput {
  readonly tables: readonly SideTable[];
}

/** One recording, or one with times and one with places of the same workload. */
export interface Recordings<R extends CompletableInput> {
  readonly timed: R;
  readonly placed: R;
}

/** How objects of unknown size are spread over classes. */
export interface ClassSpread {
  /** See `ReconstructOptions`. */
  readonly concentration?: number;
  readonly inOneClass?: boolean;
}

/** Recordings with what is missing filled in, and what that was; null when nothing is. */
export interface Completed<R extends CompletableInput> {
  readonly recordings: Recordings<R>;
  readonly reconstruction: Reconstruction | null;
}

/** Two runs of one command give the same stream. */
const SEED = 1;

/**
 * Fills in what the recordings do not show.
 * @param era As asked for; null: told by the recordings.
 * @throws {RangeError} for an era that is not modelled.
 */
export function complete<R extends CompletableInput>(
  { timed, placed }: Recordings<R>,
  era: string | null,
  spread: ClassSpread = {},
): Completed<R> {
  const release = timed.kernelRelease || placed.kernelRelease;
  const shape = placed.shape ?? timed.shape ?? null;
  const { geometry } =
    era === null
      ? detectEra(placed.operations, placed.compaction, release, false, timed.operations, shape).era
      : eraOn(eraById(era), shape);
  const options = {
    geometry: new Geometry(geometry),
    tables: timed === placed ? timed.tables : [...placed.tables, ...timed.tables],
    seed: SEED,
    ...spread,
  };
  const filled = (recording: R) => {
    const { operations, reconstruction } = reconstruct(recording.operations, options);
    return { recording: { ...recording, operations }, reconstruction };
  };
  const places = filled(placed);
  if (timed === placed) {
    return {
      recordings: { timed: places.recording, placed: places.recording },
      reconstruction: places.reconstruction,
    };
  }
  // The objects of a recording that gives the times only are those of the other one.
  const times = filled(timed);
  const hasTimes = times.reconstruction?.times ?? false;
  const nothing = { frees: 0, older: 0, sizes: null, releasesShown: 0, zspages: 0, partialZspages: 0 };
  const base = places.reconstruction ?? (hasTimes ? { ...times.reconstruction!, ...nothing } : null);
  return {
    recordings: { timed: hasTimes ? times.recording : timed, placed: places.recording },
    reconstruction: base && { ...base, times: hasTimes },
  };
}
