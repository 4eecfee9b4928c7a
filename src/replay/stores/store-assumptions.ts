import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { Assumption } from '../result.ts';
import type { Codec, IaaRequest } from './codec-costs.ts';
import type { UsedLimit } from './fates/fate-settings.ts';
import type { NodesRequest } from './fates/nodes.ts';
import type { StoreFates } from './fates/result.ts';
import { ASSUMED_COSTS } from './predict-stores.ts';
import type { RecordedRows, Row } from './recorded-rows.ts';
import type { SizesUsed } from './sizes.ts';
import { ENTRY_WRITE_NS, TAKE_REFERENCE_NS } from './step-costs.ts';
import type { StorePrediction } from './store-summary.ts';
import { type StoreGroup, workloadNotes } from './store-workload.ts';
import type { TracerUsed } from './tracer-taken.ts';

/** What the figures of a what-if rest on. */
export interface Basis {
  readonly rows: RecordedRows;
  readonly groups: readonly StoreGroup[];
  readonly designs: readonly StorePrediction[];
  readonly codec: Codec | null;
  readonly iaa: IaaRequest;
  readonly sizes: SizesUsed;
  /** Of the base. */
  readonly fates: StoreFates;
  readonly limit: UsedLimit;
  readonly nodes: NodesRequest;
  readonly tracer: TracerUsed | null;
  readonly otherSteps: number;
  readonly folioPages: number;
  readonly processes: number | null;
  readonly isOtherVersion: boolean;
}

const assumed = (what: string): Assumption => ({ what, basis: 'assumed' });
const modelled = (what: string): Assumption => ({ what, basis: 'modelled' });

/** Everything that the figures rest on, each with its basis. */
export function assumptions(basis: Basis): Assumption[] {
  const { rows, groups, designs, codec, otherSteps, folioPages, processes } = basis;
  const names = new Set(
    designs.flatMap(({ kernel }) =>
      Object.values(kernel.paths).flatMap((steps) =>
        [...JSON.stringify(steps).matchAll(/"cost":"([^"]+)"/g)].map((match) => match[1]!),
      ),
    ),
  );
  const used = ASSUMED_COSTS.filter(({ name }) => names.has(name));
  return [
    {
      what: 'what was stored, loaded, invalidated, written back and refused, on which CPU, and what its calls took',
      basis: 'measured',
    },
    ...fateAssumptions(basis),
    modelled('who waits for whom: locks are handed over in the order of arrival'),
    ...(codec ? codecAssumptions(codec, basis) : []),
    modelled(
      "waits for locks that nobody recorded held: the waiter's CPU did not run; time in front of its operation, whatever the design",
    ),
    assumed(
      "self time that is not under the tree's lock is spread evenly over the gaps between an operation's calls",
    ),
    assumed('mutex_unlock takes what mutex_lock takes'),
    ...(rows.listShare === null
      ? []
      : [
          assumed(
            `of list_lru_add and list_lru_del, whose lock is not traced, ${rows.listShare} of the time is under the lock of the list (0.25 to 1)`,
          ),
        ]),
    assumed(`the entry's first write takes ${ENTRY_WRITE_NS} ns of the gap around it (0 to 100 ns)`),
    assumed(`taking a reference of the pool takes ${TAKE_REFERENCE_NS} ns of the gap around it (2 to 20 ns)`),
    assumed('making a zspage takes what its zs_malloc took beyond the median of the others'),
    ...(basis.tracer
      ? tracerAssumptions(basis.tracer)
      : [
          {
            what: `the tracer's cost is left in ${codec ? 'all steps but those of the codec' : 'all times'}: the kernel was traced`,
            basis: 'measured',
          } as const,
        ]),
    ...(otherSteps === 1
      ? []
      : [
          assumed(
            `steps other than the codec's, and the time between operations, are ${otherSteps} of what was recorded (--other-steps)`,
          ),
        ]),
    ...used.map(({ what, ns, low, high }) => assumed(`${what}: ${ns} ns (${low} to ${high} ns)`)),
    ...(basis.isOtherVersion
      ? [assumed('steps of the version asked for take what those of the recorded one took')]
      : []),
    ...(processes === null
      ? []
      : [
          assumed(
            `${processes} tasks, each on a CPU of its own: the recorded ones again and again, in slots behind those of the ones before; tasks that store nothing are left out`,
          ),
        ]),
    ...workloadNotes(rows, groups, folioPages).map(assumed),
  ];
}

function tracerAssumptions({ share, between, basis, callsInStore }: TracerUsed): Assumption[] {
  const range = ({ value, lo, hi }: TracerUsed['share']) =>
    `${value.toFixed(2)} (${lo.toFixed(2)} to ${hi.toFixed(2)})`;
  const from = {
    assumed: 'assumed; --measured zswap_store=... or --light would tell',
    measured: 'fitted to the measured zswap_store, with the noise of runs',
    light: 'by the recording with fewer functions traced; high end assumed',
  }[basis];
  return [
    {
      what: `the tracer's cost is taken out of each traced call, ${callsInStore.toFixed(1)} in a store: ${range(share)} of the recording's estimate (${from}); each run another part of the range`,
      basis: basis === 'assumed' ? 'assumed' : 'modelled',
    },
    assumed(`of the time between operations ${range(between)} is the tracer's: nothing shows it`),
  ];
}

/** An entry was freed, and nothing tells whose. */
function isFreeOfUnknown({ path, pages }: Row): boolean {
  const frees: readonly string[] = [ZSWAP_PATHS.load, ZSWAP_PATHS.invalidate, ZSWAP_PATHS.writeback];
  return frees.includes(path) && pages[0]!.followed < 0;
}

/** Whether a page was stored in an object of which no size is recorded: nothing tells its class. */
function isOfUnknownClass({ bytes }: Row['pages'][number]): boolean {
  return bytes === 'stored';
}

/** What decides which folios are stored, and where they lie. */
function fateAssumptions({ rows, sizes, fates, limit, nodes, processes }: Basis): Assumption[] {
  if (fates.basis === 'recorded') {
    const pages = rows.tasks.flat().flatMap((row) => (row.path === ZSWAP_PATHS.store ? row.pages : []));
    return [
      modelled('which zspages are made and emptied: as in the recording, in every design'),
      ...(pages.some(isOfUnknownClass)
        ? [
            assumed(
              'objects whose size is not recorded (a probe of zs_malloc with size=) are all of one class: they wait for class->lock more than they would',
            ),
          ]
        : []),
    ];
  }
  const { pagesElsewhere } = nodes;
  const notFollowed = rows.tasks.flat().filter(isFreeOfUnknown).length;
  return [
    ...(notFollowed > 0
      ? [
          assumed(
            `${notFollowed} operations whose slot is not known (a probe with swp=) stay as recorded: entries that they freed stay in the pool`,
          ),
        ]
      : []),
    modelled(
      'what is stored, refused, found and written back: by the rules of zswap, operations in the recorded order of their beginnings, one after the other; what comes out otherwise than recorded takes times of others',
    ),
    ...(sizes.basis === 'recorded'
      ? []
      : [
          modelled(
            `sizes from ${sizes.from}: each page keeps its rank among the recorded sizes, those that did not compress are the largest`,
          ),
        ]),
    assumed(
      'pages that were refused before anything was compressed are as large as others, each run the same',
    ),
    ...(limit.maxPages === null
      ? []
      : [
          assumed(
            'the shrink worker: all entries have a second chance; no page that it comes to is in the swap cache; a look takes 1 us',
          ),
        ]),
    ...(processes === null
      ? []
      : [assumed('fates are those of the recorded tasks, not of the repeated ones')]),
    ...(nodes.nodes === 1
      ? [listAssumption(rows, nodes.memcgs)]
      : [
          assumed(
            `${nodes.nodes} nodes, CPUs spread evenly; ${pagesElsewhere.toFixed(2)} of the pages lie on another node than the CPU that stores them (0 where everybody reclaims its own node, ${((nodes.nodes - 1) / nodes.nodes).toFixed(2)} for pages spread evenly: --pages-elsewhere)`,
          ),
          assumed(
            'waits for the lock of a list are those of one list: more than with one for each memcg and node',
          ),
        ]),
    ...(nodes.memcgs > 1
      ? [assumed(`${nodes.memcgs} memcgs, tasks in turn; none has a limit of its own`)]
      : []),
  ];
}

/** Which lists entries are on, with one node. */
function listAssumption({ zswap }: RecordedRows, memcgs: number): Assumption {
  if (!zswap.showsLists)
    return assumed('one node: the recording shows neither nodes nor memcgs (--nodes, --memcgs assume some)');
  return {
    what:
      memcgs === 1
        ? `memcg and node of an entry: as list_lru_add was called (memcgs: ${zswap.lists}), of refused folios as their task's others`
        : 'node of an entry: as list_lru_add was called',
    basis: 'measured',
  };
}

function codecAssumptions({ cost, isDevice }: Codec, { sizes, iaa }: Basis): Assumption[] {
  const { codec, platform, basis, source } = cost;
  const sameSizes =
    sizes.basis === 'recorded'
      ? [
          assumed(
            `${codec} makes pages as small as the recorded codec did (--pages or --ratio say otherwise)`,
          ),
        ]
      : [];
  if (!isDevice)
    return [
      modelled(
        `what ${codec} takes on ${platform} (${basis}): ${source}; each run another value of the range`,
      ),
      ...sameSizes,
    ];
  return [
    modelled(
      'IAA: costs fitted to the published folio in one, two and 64 pieces; the divisions that these do not tell are drawn, each run another',
    ),
    assumed(
      `IAA: ${iaa.packages} packages with ${iaa.devices} devices of ${iaa.engines} engines and ${iaa.queueEntries} queue entries; tasks spread evenly over packages and devices`,
    ),
    assumed('IAA: 0 to half of the engine time of a decompression follows the compressed size'),
    ...(iaa.fallback > 0 ? [assumed(`IAA: engines refuse ${iaa.fallback} of the pages to decompress`)] : []),
    ...sameSizes,
  ];
}

/** What the recording does not tell, and what would. */
export function unknowns(
  designs: readonly StorePrediction[],
  recordedGroups: readonly StoreGroup[],
  nodes: NodesRequest,
): readonly { readonly what: string; readonly shownBy: string }[] {
  const list: { what: string; shownBy: string }[] = [
    {
      what: 'what moving cache lines between CPUs takes: it is part of the recorded calls',
      shownBy: 'recordings with one and with several processes on the machine of interest',
    },
  ];
  if (!recordedGroups.some(({ pages }) => pages > 1))
    list.push({
      what: 'large folios: the recording stores single pages only',
      shownBy: 'a recording of 6.13 or newer with mTHP enabled',
    });
  if (designs.some(({ id }) => id.includes('entries')) && nodes.nodes === 1)
    list.push({
      what: "nodes of pages and entries: what bulk allocation does to the shrinker's lists",
      shownBy: 'a recording on a machine with several nodes, with probes of list_lru_add (nid)',
    });
  return list;
}
