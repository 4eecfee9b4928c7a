/** A published pair: the kernel as it was, and with a design. */
export interface PublishedRow {
  readonly id: string;
  readonly platform: 'rpi4' | 'i7-12700' | 'rk3588';
  readonly processes: number;
  readonly sizeMB: number;
  readonly metric: string;
  readonly design: string;
  readonly unit: 'ms' | 'ns' | 'percent';
  readonly base: number | null;
  readonly value: number;
}

// All of them are of the linux-mm thread "reduce zs_free() latency", April 2026.

const UNMAP = 'munmap time';

function unmapped(
  id: string,
  platform: PublishedRow['platform'],
  [processes, sizeMB]: readonly [number, number],
  design: string,
  [base, value]: readonly [number, number],
): PublishedRow {
  return { id, platform, processes, sizeMB, metric: UNMAP, design, unit: 'ms', base, value };
}

const DEFERRED = 'class-idx+deferred';
const NO_LOCK = 'class-idx+deferred+no-slot-lock';

/** Time to unmap swapped-out memory of each process, zram with lzo-rle. */
export const PUBLISHED: readonly PublishedRow[] = [
  unmapped('classidx-rpi4-1p', 'rpi4', [1, 256], 'class-idx', [59.0, 56.0]),
  unmapped('classidx-rpi4-2p', 'rpi4', [2, 256], 'class-idx', [94.6, 66.7]),
  unmapped('classidx-rpi4-4p', 'rpi4', [4, 256], 'class-idx', [202.9, 110.6]),
  unmapped('classidx-i7-1p', 'i7-12700', [1, 256], 'class-idx', [11.7, 9.8]),
  unmapped('classidx-i7-2p', 'i7-12700', [2, 256], 'class-idx', [24.1, 17.2]),
  unmapped('classidx-i7-4p', 'i7-12700', [4, 256], 'class-idx', [63.0, 45.3]),
  unmapped('deferred-rpi4-1p', 'rpi4', [1, 256], DEFERRED, [56.2, 17.2]),
  unmapped('deferred-rpi4-3p', 'rpi4', [3, 256], DEFERRED, [153.2, 51.5]),
  unmapped('deferred-rpi4-size64', 'rpi4', [1, 64], DEFERRED, [15.0, 4.3]),
  unmapped('deferred-rpi4-size128', 'rpi4', [1, 128], DEFERRED, [28.7, 8.5]),
  unmapped('deferred-rpi4-size192', 'rpi4', [1, 192], DEFERRED, [43.2, 13.0]),
  unmapped('deferred-rpi4-size256', 'rpi4', [1, 256], DEFERRED, [57.0, 17.3]),
  unmapped('deferred-rpi4-size512', 'rpi4', [1, 512], DEFERRED, [114.4, 38.5]),
  unmapped('nolock-rpi4-size64', 'rpi4', [1, 64], NO_LOCK, [15.0, 2.3]),
  unmapped('nolock-rpi4-size128', 'rpi4', [1, 128], NO_LOCK, [28.7, 4.7]),
  unmapped('nolock-rpi4-size192', 'rpi4', [1, 192], NO_LOCK, [43.2, 6.8]),
  unmapped('nolock-rpi4-size256', 'rpi4', [1, 256], NO_LOCK, [57.0, 9.0]),
  unmapped('nolock-rpi4-size512', 'rpi4', [1, 512], NO_LOCK, [114.4, 33.0]),
  {
    id: 'notify-share-after-deferral',
    platform: 'rpi4',
    processes: 1,
    sizeMB: 256,
    metric: 'share of zram_slot_free_notify in munmap time',
    design: DEFERRED,
    unit: 'percent',
    base: null,
    value: 65,
  },
  {
    id: 'rk3588-munmap-256',
    platform: 'rk3588',
    processes: 1,
    sizeMB: 256,
    metric: UNMAP,
    design: 'zram-gc',
    unit: 'ns',
    base: 63_102_982,
    value: 18_570_726,
  },
  {
    id: 'rk3588-swapin-256',
    platform: 'rk3588',
    processes: 1,
    sizeMB: 256,
    metric: 'swap-in time',
    design: 'zram-gc',
    unit: 'ns',
    base: 1_358_133_886,
    value: 1_104_315_986,
  },
];

/** Pages of 4 KiB in so many MiB. */
export function pagesOf(sizeMB: number): number {
  return sizeMB * 256;
}
