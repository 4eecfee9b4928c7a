/** Pages of one request of the batching series at most. */
export const MAX_BATCH = 8;

/** Times of the driver and of one engine, in ns. */
export interface IaaCosts {
  /** Into the driver and out again, whatever the number of pages. */
  readonly callNs: number;
  /** One descriptor: filled in and written to the queue. */
  readonly submitNs: number;
  /** One completion record: read, buffers unmapped. */
  readonly completeNs: number;
  /** An engine, whatever the size. */
  readonly engineFixedNs: number;
  /** An engine, for each KiB of the uncompressed side. */
  readonly engineKibNs: number;
}

/** Engine time of a piece of so many KiB. */
export function engineNs(costs: IaaCosts, kib: number): number {
  return costs.engineFixedNs + costs.engineKibNs * kib;
}

/** How the CPU learns that a descriptor is done. */
export type Completion =
  /** It reads the completion record again and again; what `sync` and, in 6.12, `async` do. */
  | { readonly kind: 'poll' }
  /** `async_irq`: so many ns from the interrupt to the task that runs again. */
  | { readonly kind: 'interrupt'; readonly wakeNs: number };
