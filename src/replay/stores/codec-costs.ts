import type { CodecId } from '../../model/codecs/codecs.ts';
import {
  type CodecCost,
  type CodecPlatform,
  drawTime,
  type PageTime,
  replayableCosts,
} from '../../model/codecs/costs.ts';
import { type Completion, engineNs, type IaaCosts } from '../../model/iaa/costs.ts';
import { type IaaSetup, SAPPHIRE_RAPIDS } from '../../model/iaa/devices.ts';
import { IAA_FALLBACK, iaaCost } from '../../model/kernels/iaa-steps.ts';
import { PlatformError } from '../calibrate/platform-file.ts';
import { mix } from '../engine/random.ts';
import { middleMember, type PieceCalibration, pieceMembers } from '../reproduce/store/pieces.ts';
import { PUBLISHED_STORE } from '../reproduce/store/published.ts';

/** Codec that a what-if replays instead of the recorded one. */
export interface CodecRequest {
  readonly codec: CodecId;
  /** Where its costs come from; null: the first one that knows the codec. */
  readonly platform: CodecPlatform | null;
}

/** IAA as the machine has it and the driver is set up. */
export interface IaaRequest {
  readonly packages: number;
  /** In each package. */
  readonly devices: number;
  readonly engines: number;
  readonly queueEntries: number;
  readonly completion: Completion;
  /** verify_compress. */
  readonly verify: boolean;
  /** Share of the pages that an engine refuses to decompress, 0 to 1: software inflates them. */
  readonly fallback: number;
  /** Which device a CPU's descriptors go to; absent: the CPU's own one by one, round the package in batches. */
  readonly mapping?: IaaSetup['spread'];
}

export const IAA_AS_PUBLISHED: IaaRequest = {
  packages: SAPPHIRE_RAPIDS.packages,
  devices: SAPPHIRE_RAPIDS.devicesPerPackage,
  engines: SAPPHIRE_RAPIDS.enginesPerDevice,
  queueEntries: SAPPHIRE_RAPIDS.queueEntries,
  completion: { kind: 'poll' },
  verify: false,
  fallback: 0,
};

/** What the steps of a codec take in one run, ns, by cost name. */
export interface CodecPrices {
  readonly costs: ReadonlyMap<string, number>;
  /** Engine time of a decompression that follows the compressed size, as a share of it; the rest is fixed. */
  readonly sizeShare: number;
}

/** Of an engine's time for a decompression, so much may follow the compressed size: assumed. */
const SIZE_SHARE_MOST = 0.5;

/** A codec with what is known of its costs. */
export class Codec {
  readonly cost: CodecCost;
  readonly #members: readonly { readonly compress: IaaCosts; readonly decompress: IaaCosts }[];
  readonly #inflateNs: PageTime;

  /** @throws {PlatformError} when the costs are not known on the platform, or nowhere. */
  constructor({ codec, platform }: CodecRequest, seeds: number) {
    this.cost = costOf(codec, platform);
    this.#inflateNs = costOf('deflate', null).decompressNs!;
    this.#members = codec === 'deflate-iaa' ? iaaMembers(seeds) : [];
  }

  get isDevice(): boolean {
    return this.cost.codec === 'deflate-iaa';
  }

  /** One run's costs: the middle ones with seed 0, others anywhere in their ranges. */
  prices(seed: number): CodecPrices {
    const uniform = (k: number) => mix(k, seed, 2) / 2 ** 32;
    const drawn = (time: PageTime, k: number) => (seed === 0 ? time.middle : drawTime(time, uniform(k)));
    const costs = new Map<string, number>();
    const { compressNs, decompressNs } = this.cost;
    if (!this.isDevice) {
      costs.set('compress', drawn(compressNs!, 1)).set('decompress', drawn(decompressNs!, 2));
      return { costs, sizeShare: 0 };
    }
    const member = this.#members[seed % this.#members.length]!;
    for (const operation of ['compress', 'decompress'] as const) {
      const of = member[operation];
      costs.set(iaaCost(operation, 'call'), of.callNs);
      costs.set(iaaCost(operation, 'submit'), of.submitNs);
      costs.set(iaaCost(operation, 'engine'), engineNs(of, 4));
      costs.set(iaaCost(operation, 'complete'), of.completeNs);
    }
    costs.set(IAA_FALLBACK, drawn(this.#inflateNs, 3));
    return { costs, sizeShare: seed === 0 ? SIZE_SHARE_MOST / 2 : SIZE_SHARE_MOST * uniform(4) };
  }
}

function costOf(codec: CodecId, platform: CodecPlatform | null): CodecCost {
  const known = replayableCosts(codec);
  const cost = platform === null ? known[0] : known.find((one) => one.platform === platform);
  if (cost) return cost;
  const where = known.map((one) => one.platform).join(', ');
  throw new PlatformError(
    `what ${codec} takes to compress and decompress is not known on ${platform ?? 'any platform'}${where && ` (known: ${where})`}`,
  );
}

/** Sets of costs that give the published folios in one, two and 64 pieces; the middle one first. */
function iaaMembers(seeds: number) {
  const compress = publishedPieces('compress');
  const decompress = publishedPieces('decompress');
  const drawnCompress = pieceMembers(compress, 2 * seeds, 1);
  const drawnDecompress = pieceMembers(decompress, 2 * seeds, 2);
  const count = Math.min(seeds, drawnCompress.length + 1, drawnDecompress.length + 1);
  return Array.from({ length: count }, (_, k) =>
    k === 0
      ? { compress: middleMember(compress), decompress: middleMember(decompress) }
      : { compress: drawnCompress[k - 1]!.costs, decompress: drawnDecompress[k - 1]!.costs },
  );
}

function publishedPieces(metric: 'compress' | 'decompress'): PieceCalibration {
  const ns = (pieces: number) => PUBLISHED_STORE.find(({ id }) => id === `byn-by_${pieces}-${metric}`)!.value;
  return { one: ns(1), two: ns(2), many: ns(64) };
}

/** Devices of a machine whose CPUs are spread evenly over the packages. */
export function iaaSetup(request: IaaRequest, cpus: number, spreads: boolean): IaaSetup {
  return {
    packages: request.packages,
    devicesPerPackage: request.devices,
    enginesPerDevice: request.engines,
    queueEntries: request.queueEntries,
    cpusPerPackage: Math.ceil(cpus / request.packages),
    spread: request.mapping ?? (spreads ? 'round-robin' : 'cpu'),
  };
}
