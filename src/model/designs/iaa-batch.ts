import { MAX_BATCH } from '../iaa/costs.ts';
import { findRequest } from '../kernels/iaa-steps.ts';
import { COMPRESS_PAGE, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel, Step } from '../steps.ts';
import { batchStore } from './batch-store.ts';
import { type Design, DesignError } from './design.ts';
import { rewriteSteps } from './rewrite.ts';
import { rewriteStore, wantsZswap } from './store-rewrite.ts';

const ID = 'iaa-batch';

/** Sizes of the batches that a store has already; none where pages come one by one. */
function batchSizes(kernel: KernelModel): readonly number[] {
  const sizes: number[] = [];
  rewriteSteps(kernel.paths[ZSWAP_PATHS.store] ?? [], (step) => {
    if (step.do === 'each-batch') sizes.push(step.size);
    return undefined;
  });
  return sizes;
}

/** All pages of a batch in flight in the device, then collected in the order of their submission. */
export const iaaBatch: Design = {
  id: ID,
  changes: 'store',
  place: 'flight',
  wantsCodec: 'deflate-iaa',
  title: 'pages of a batch compressed side by side by IAA',
  safety: 'posted',
  source: 'series "zswap compression batching with optimized iaa_crypto driver", v10 to v14',
  notes: [
    'Without batch-store before it, it makes the same batches: pages in flight need their entries and the context held together.',
    'Compressions go round the devices of a package, as in v10 and later; one by one they go to the device of their CPU (driver of 6.12).',
    'A page that overflows (incompressible) fails its folio, as in the kernel as recorded: -EIO.',
  ],
  options: [{ name: 'size', text: 'pages in flight', initial: MAX_BATCH, least: 1, most: MAX_BATCH }],
  apply: (kernel, options) => {
    wantsZswap(kernel, ID);
    const size = options.size!;
    const found = findRequest(kernel.paths[COMPRESS_PAGE]!, 'compress');
    if (!found) throw new DesignError(`${ID} compresses with the device: --codec deflate-iaa`);
    const [batches] = batchSizes(kernel);
    if (batches !== undefined && batches !== size)
      throw new DesignError(`${ID}:size=${size} in batches of ${batches}: the sizes must be the same`);
    const batched = batches === undefined ? batchStore.apply(kernel, options) : kernel;
    // Batches hold the context around the requests, so the steps of a page stand elsewhere now.
    const body = batched.paths[COMPRESS_PAGE]!;
    const { at, length, request } = findRequest(body, 'compress')!;
    const { call, submit, collect, after } = request;
    const inFlight: readonly Step[] = [
      call,
      { do: 'each-page', steps: submit },
      { do: 'each-page', steps: collect },
      ...(after.length > 0 ? [{ do: 'each-page', steps: after } as const] : []),
    ];
    const compressesEach = (step: Step) =>
      step.do === 'each-page' &&
      step.steps.length === 1 &&
      step.steps.every((inner) => inner.do === 'call' && inner.path === COMPRESS_PAGE);
    const changed = rewriteStore(
      batched,
      ZSWAP_PATHS.store,
      (step) => (compressesEach(step) ? [...inFlight, step] : undefined),
      'pages lock the context one by one: iaa-batch comes before mutex-per-page',
    );
    const rest = [...body.slice(0, at), ...body.slice(at + length)];
    return {
      ...changed,
      spreadsOverDevices: true,
      paths: { ...changed.paths, [COMPRESS_PAGE]: rest },
    };
  },
};
