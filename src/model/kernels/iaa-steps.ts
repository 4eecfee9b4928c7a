import type { KernelModel, Step } from '../steps.ts';
import { work } from './pieces.ts';
import { COMPRESS, DECOMPRESS } from './zswap.ts';

/** A request to the driver, page by page or many pages in flight (drivers/crypto/intel/iaa of 6.12). */
interface DeviceSteps {
  /** Into the driver and out again, once a request. */
  readonly call: Step;
  /** Each page: handed over; waited for and cleaned up; what the hardware refuses. */
  readonly submit: readonly Step[];
  readonly collect: readonly Step[];
  readonly after: readonly Step[];
}

type DeviceOperation = 'compress' | 'decompress';

/** Cost names of one operation of the driver and one engine. */
export const iaaCost = (operation: DeviceOperation, part: 'call' | 'submit' | 'engine' | 'complete') =>
  `iaa-${operation}-${part}`;

/** Software inflate of what an engine refused, as far as it happens. */
export const IAA_FALLBACK = 'iaa-fallback';

function submitted(operation: DeviceOperation, what: string): readonly Step[] {
  return [
    work('map the buffers, fill in the descriptor', iaaCost(operation, 'submit')),
    { do: 'submit', what, cost: iaaCost(operation, 'engine') },
  ];
}

function collected(operation: DeviceOperation, what: string): readonly Step[] {
  return [
    { do: 'collect', what },
    work('look at the completion record, unmap', iaaCost(operation, 'complete')),
  ];
}

const VERIFY: readonly Step[] = [
  ...submitted('decompress', 'verify the page'),
  ...collected('decompress', 'verify the page'),
];

const CALL: Readonly<Record<DeviceOperation, Step>> = {
  compress: work('iaa_crypto: request', iaaCost('compress', 'call')),
  decompress: work('iaa_crypto: request', iaaCost('decompress', 'call')),
};

/** Steps of an operation. @param verify Each compressed page is decompressed and compared (verify_compress). */
function deviceSteps(operation: DeviceOperation, verify: boolean): DeviceSteps {
  const fallback = work('inflate in software what the engine refused', IAA_FALLBACK);
  return {
    call: CALL[operation],
    submit: submitted(operation, `${operation} the page`),
    collect: collected(operation, `${operation} the page`),
    after: operation === 'decompress' ? [fallback] : verify ? VERIFY : [],
  };
}

/** The request of a page by itself, all in one place: the driver's call of 6.12. */
function alone({ call, submit, collect, after }: DeviceSteps): readonly Step[] {
  return [call, ...submit, ...collect, ...after];
}

/**
 * A kernel whose zswap compresses with deflate-iaa, one page after the other.
 * @param verify As the driver's verify_compress, which is on by default.
 */
export function withIaa(kernel: KernelModel, verify: boolean): KernelModel {
  const compress = alone(deviceSteps('compress', verify));
  const decompress = alone(deviceSteps('decompress', verify));
  // Paths without the codec stay the same objects: designs know them by that.
  const paths = Object.entries(kernel.paths).map(([path, steps]) => [
    path,
    steps.includes(COMPRESS) || steps.includes(DECOMPRESS)
      ? steps.flatMap((step) => (step === COMPRESS ? compress : step === DECOMPRESS ? decompress : [step]))
      : steps,
  ]);
  return { ...kernel, title: `${kernel.title}; deflate-iaa`, paths: Object.fromEntries(paths) };
}

/** The request of a page within a path; null where the CPU compresses. */
export function findRequest(
  steps: readonly Step[],
  operation: DeviceOperation,
): { readonly at: number; readonly length: number; readonly request: DeviceSteps } | null {
  const at = steps.indexOf(CALL[operation]);
  if (at < 0) return null;
  const request = deviceSteps(operation, steps.includes(VERIFY[0]!));
  return { at, length: alone(request).length, request };
}
