import { type Command, InvalidArgumentError, Option } from 'commander';
import { CODECS, type CodecId } from '../model/codecs/codecs.ts';
import { CODEC_PLATFORMS, type CodecPlatform } from '../model/codecs/costs.ts';
import { CORPORA, type CorpusId } from '../model/codecs/stated-sizes.ts';
import type { Design } from '../model/designs/design.ts';
import { changesStores, parseDesign } from '../model/designs/registry.ts';
import { ZSWAP_VERSIONS } from '../model/zswap/eras.ts';
import { IAA_AS_PUBLISHED, type IaaRequest } from '../replay/stores/codec-costs.ts';
import { ACCEPT_PERCENT, type LimitRequest } from '../replay/stores/fates/fate-settings.ts';
import { type NodesRequest, nodesOf } from '../replay/stores/fates/nodes.ts';
import { UsageError } from '../trace/diagnostics.ts';
import { oneOf, share, wholeNumber } from './option-values.ts';

export type StorePath = 'free' | 'store';

/** Options of what-if that tell which path is replayed, and those that only stores have. */
export interface StoreOptions {
  readonly path?: StorePath;
  readonly zswap?: string;
  readonly folioPages?: readonly number[];
  readonly batchSize?: readonly number[];
  readonly engines?: readonly number[];
  readonly codec?: CodecId;
  readonly pages?: string;
  readonly sizes?: CorpusId;
  readonly ratio?: number;
  readonly iaa?: IaaRequest;
  readonly otherSteps?: number;
  readonly poolPages?: number;
  readonly acceptThreshold?: number;
  readonly nodes?: number;
  readonly memcgs?: number;
  readonly pagesElsewhere?: number;
}

const OF_STORES = [
  'zswap',
  'folioPages',
  'batchSize',
  'engines',
  'codec',
  'pages',
  'sizes',
  'ratio',
  'iaa',
  'otherSteps',
  'poolPages',
  'acceptThreshold',
  'nodes',
  'memcgs',
  'pagesElsewhere',
] as const;
/** Pages of the largest folio: a PMD of 1 GB is none that swaps. */
const MOST_FOLIO_PAGES = 512;
const MOST_BATCH = 512;
const MOST_NODES = 8;
const MOST_MEMCGS = 1024;

/** Adds the options of stores to `what-if`. */
export function addStoreOptions(command: Command): Command {
  const codecs = CODECS.map(({ id }) => id);
  return command
    .addOption(
      new Option('--path <path>', 'what to replay; told by the designs else').choices(['free', 'store']),
    )
    .option(
      '--zswap <version>',
      `stores: version of zswap, ${ZSWAP_VERSIONS.join(', ')}`,
      oneOf(ZSWAP_VERSIONS),
    )
    .option(
      '--folio-pages <list>',
      'stores: single pages taken together to folios, e.g. 1,16,512',
      numbers(1, MOST_FOLIO_PAGES),
    )
    .option(
      '--batch-size <list>',
      'stores: size of all batches that designs make, e.g. 1,2,4,8',
      numbers(1, MOST_BATCH),
    )
    .addOption(new Option('--codec <name>', 'stores: another codec than the recorded one').choices(codecs))
    .option(
      '--pages <file>',
      'stores: sizes of objects from 4 KiB pages of a file (with --codec); - is standard input',
    )
    .addOption(
      new Option(
        '--sizes <kind>',
        'stores: sizes of objects as of pages of this kind (with --codec)',
      ).choices(CORPORA.map(({ id }) => id)),
    )
    .option('--ratio <ratio>', 'stores: all objects so much smaller than a page, e.g. 2.7', ratio)
    .option(
      '--engines <list>',
      `stores: engines of each IAA device, 1 to ${MAX_ENGINES}`,
      numbers(1, MAX_ENGINES),
    )
    .option(
      '--iaa <settings>',
      'stores: packages=2,devices=4,wq=128,irq=5us,verify,fallback=0.01,mapping=round-robin (some of them)',
      iaaSettings,
    )
    .option(
      '--other-steps <factor>',
      "stores: steps but the codec's, and pauses, are this share of the recorded time (assumed)",
      factor,
    )
    .option('--pool-pages <n>', 'stores: limit of the pool in pages; as recorded else', wholeNumber(1))
    .option(
      '--accept-threshold <percent>',
      `stores: a full pool takes folios again at this share of its limit (default: ${ACCEPT_PERCENT})`,
      wholeNumber(1, 100),
    )
    .option('--nodes <n>', 'stores: NUMA nodes that the CPUs are spread over', wholeNumber(1, MOST_NODES))
    .option('--memcgs <n>', 'stores: memcgs that the tasks are in, in turn', wholeNumber(1, MOST_MEMCGS))
    .option(
      '--pages-elsewhere <share>',
      'stores: pages on another node than the CPU that stores them, 0 to 1 (with --nodes)',
      share,
    );
}

/** Limit and nodes that were asked for. @throws {UsageError} for a share of pages on a node that is not there. */
export function fateOptions({ poolPages, acceptThreshold, nodes, memcgs, pagesElsewhere }: StoreOptions): {
  readonly limit: LimitRequest;
  readonly nodes: NodesRequest;
} {
  if (pagesElsewhere !== undefined && (nodes ?? 1) === 1)
    throw new UsageError('--pages-elsewhere wants another node: --nodes 2');
  return {
    limit: { poolPages: poolPages ?? null, acceptPercent: acceptThreshold ?? null },
    nodes: nodesOf(nodes ?? 1, memcgs ?? 1, pagesElsewhere ?? null),
  };
}

/**
 * The store path is replayed where it is asked for: by `--path`, by an option that only it has, or by a design
 * that changes it. Designs of frees go with it, when one of stores is there or `--path store` is given.
 * @throws {UsageError} when what is asked for does not go together.
 */
export function isAboutStores(
  options: StoreOptions,
  designs: readonly string[],
  known: readonly Design[],
): boolean {
  const changing = designs.filter((text) => changesStores(parseDesign(text, known)));
  const given = OF_STORES.filter((name) => options[name] !== undefined);
  if (options.path === 'free') {
    if (changing.length > 0)
      throw new UsageError(`${changing[0]} changes stores: --path free does not replay them`);
    if (given.length > 0)
      throw new UsageError(`${optionName(given[0]!)} is for stores: not with --path free`);
    return false;
  }
  return options.path === 'store' || changing.length > 0 || given.length > 0;
}

/** A platform of which codecs' costs are known. */
export function isCodecPlatform(name: string | undefined): name is CodecPlatform {
  return (CODEC_PLATFORMS as readonly (string | undefined)[]).includes(name);
}

/** `--folio-pages` for `folioPages`. */
export function optionName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `1,16,512`: whole numbers within a range, each once. */
function numbers(least: number, most: number): (text: string) => readonly number[] {
  return (text) => {
    const values = text.split(',').map((part) => (/^\s*\d{1,4}\s*$/.test(part) ? Number(part) : Number.NaN));
    if (!values.every((value) => value >= least && value <= most))
      throw new InvalidArgumentError(`expected numbers from ${least} to ${most}, such as ${least},2,4.`);
    return [...new Set(values)];
  };
}

/** A ratio above 1. */
function ratio(text: string): number {
  const value = /^\d{1,4}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 1)) throw new InvalidArgumentError('expected a ratio above 1, such as 2.7.');
  return value;
}

/** A positive factor. */
function factor(text: string): number {
  const value = /^\d{1,3}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= 100))
    throw new InvalidArgumentError('expected a factor above 0 and up to 100, such as 0.05.');
  return value;
}

const MAX_ENGINES = 8;
const UNIT_NS = { ns: 1, us: 1e3, ms: 1e6 } as const;
const MOST = { packages: 8, devices: 16, wq: 128 } as const;

/** `devices=4,wq=64,irq=5us,verify`: what is not named is as in the published runs. */
export function iaaSettings(text: string): IaaRequest {
  const wrong = (part: string): never => {
    throw new InvalidArgumentError(
      `"${part}": expected some of packages=1..${MOST.packages}, devices=1..${MOST.devices}, wq=1..${MOST.wq}, irq=5us, verify, fallback=0.01, mapping=cpu or round-robin.`,
    );
  };
  const settings = text.split(',').map((part): Partial<IaaRequest> => {
    const [, name, value = ''] = /^\s*(\w+)(?:=([\w.-]+))?\s*$/.exec(part) ?? wrong(part);
    const count = (most: number) =>
      /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= most ? Number(value) : wrong(part);
    switch (name) {
      case 'packages':
        return { packages: count(MOST.packages) };
      case 'devices':
        return { devices: count(MOST.devices) };
      case 'wq':
        return { queueEntries: count(MOST.wq) };
      case 'verify':
        return value === '' ? { verify: true } : wrong(part);
      case 'irq': {
        const [, digits, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ns|us|ms)$/.exec(value) ?? wrong(part);
        const wakeNs = Number(digits) * UNIT_NS[unit as keyof typeof UNIT_NS];
        return { completion: { kind: 'interrupt', wakeNs } };
      }
      case 'mapping':
        return value === 'cpu' || value === 'round-robin' ? { mapping: value } : wrong(part);
      case 'fallback':
        return { fallback: /^(?:0?\.\d{1,6}|0|1)$/.test(value) ? Number(value) : wrong(part) };
      default:
        return wrong(part);
    }
  });
  return Object.assign({}, IAA_AS_PUBLISHED, ...settings);
}
