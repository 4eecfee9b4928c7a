import type { IaaCosts } from '../../../model/iaa/costs.ts';
import { SAPPHIRE_RAPIDS } from '../../../model/iaa/devices.ts';
import { piecesNs } from '../../../model/iaa/pieces.ts';
import { Draws, RUN_TO_RUN } from '../sampling.ts';

/** A parameter set of the driver and one engine that reproduces what it was calibrated on. */
export interface PieceMember {
  readonly draws: Draws;
  readonly costs: IaaCosts;
}

/** Medians for a folio of 64 KiB in one, two and 64 pieces, ns. */
export interface PieceCalibration {
  readonly one: number;
  readonly two: number;
  readonly many: number;
}

export const FOLIO_KIB = 64;
const MANY = 64;
const ENGINES = SAPPHIRE_RAPIDS.enginesPerDevice;
/** Most that a descriptor may cost the CPU, ns; the root is looked for below. */
const MOST_NS = 2000;
const HALVINGS = 40;
/**
 * Completion of a descriptor as a share of all that the CPU does for it. Submission and completion mirror each
 * other: two buffers are mapped and unmapped, a descriptor is taken and given back; submission also fills
 * it in and writes it to the portal (drivers/crypto/intel/iaa/iaa_crypto_main.c, batching series v10 to v14). So not
 * more than half, and not much less. The driver of the by_n RFC maps once a folio, and frees all descriptors after the last
 * is done; what becomes of the predictions then is in docs/reproduce.md.
 */
const COMPLETION_SHARE = { low: 1 / 3, high: 0.5 };
/** The engine's fixed part, as a share of what does not shrink with the piece. */
const ENGINE_FIXED_SHARE = { low: 0, high: 0.5 };

/**
 * Parameter sets that give the folio in one, two and 64 pieces. One and two pieces fix the engine's rate
 * and what does not shrink with the piece; 64 pieces fix what the CPU does for each descriptor. How that
 * divides into submission and completion, and the rest into driver and engine, is drawn.
 */
export function pieceMembers(
  calibration: PieceCalibration,
  samples: number,
  seed: number,
): readonly PieceMember[] {
  const members: PieceMember[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const draws = new Draws(sample, seed);
    const costs = fitted(
      calibration,
      draws.uniform('completion share', COMPLETION_SHARE.low, COMPLETION_SHARE.high),
      draws.uniform('engine fixed share', ENGINE_FIXED_SHARE.low, ENGINE_FIXED_SHARE.high),
    );
    if (costs !== undefined) members.push({ draws, costs });
  }
  return members;
}

/**
 * The set in the middle of what is not told by the calibration.
 * @throws {RangeError} when no set gives it.
 */
export function middleMember(calibration: PieceCalibration): IaaCosts {
  const middle = ({ low, high }: { readonly low: number; readonly high: number }) => (low + high) / 2;
  const costs = fitted(calibration, middle(COMPLETION_SHARE), middle(ENGINE_FIXED_SHARE));
  if (!costs) throw new RangeError('no costs of a descriptor give these times');
  return costs;
}

/** Time of a folio of 64 KiB in so many pieces, ns. */
export function folioNs(costs: IaaCosts, pieces: number): number {
  return piecesNs(costs, { kib: FOLIO_KIB, pieces, engines: ENGINES });
}

/** Time of a batch of single pages on idle engines, ns. */
export function batchNs(costs: IaaCosts, pages: number): number {
  return piecesNs(costs, { kib: 4 * pages, pieces: pages, engines: ENGINES });
}

function fitted(
  calibration: PieceCalibration,
  completionShare: number,
  fixedShare: number,
): IaaCosts | undefined {
  let low = 0;
  let high = MOST_NS;
  let costs: IaaCosts | undefined;
  for (let i = 0; i < HALVINGS; i++) {
    const eachNs = (low + high) / 2;
    costs = costsWith(calibration, eachNs, completionShare, fixedShare);
    if (costs === undefined || folioNs(costs, MANY) > calibration.many) high = eachNs;
    else low = eachNs;
  }
  if (costs === undefined) return undefined;
  const reproduces = (pieces: number, ns: number) => Math.abs(folioNs(costs, pieces) / ns - 1) <= RUN_TO_RUN;
  return reproduces(1, calibration.one) &&
    reproduces(2, calibration.two) &&
    reproduces(MANY, calibration.many)
    ? costs
    : undefined;
}

/** Costs that give one and two pieces exactly, when a descriptor costs the CPU `eachNs`. */
function costsWith(
  { one, two }: PieceCalibration,
  eachNs: number,
  completionShare: number,
  fixedShare: number,
): IaaCosts | undefined {
  const completeNs = eachNs * completionShare;
  const submitNs = eachNs - completeNs;
  // The second piece is done one submission after the first: two - one = submit - rate * 64 / 2.
  const rate = (2 * (one - two + submitNs)) / FOLIO_KIB;
  const rest = one - rate * FOLIO_KIB - eachNs;
  if (rest < 0) return undefined;
  return {
    submitNs,
    completeNs,
    engineKibNs: rate,
    engineFixedNs: rest * fixedShare,
    callNs: rest * (1 - fixedShare),
  };
}
