import type { KernelModel } from '../steps.ts';

/** How safe a design is to build. */
export type Safety =
  | 'merged'
  | 'posted'
  | 'proposed'
  /** A limit study: shows what cannot be exceeded, and would break the kernel. */
  | 'unsafe';

export interface DesignOption {
  readonly name: string;
  readonly text: string;
  /** Of `choices`, the place of one. */
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  /** Names in place of numbers. */
  readonly choices?: readonly string[];
}

/** What is given for an option by default, as it would be written. */
export function initialText({ initial, choices }: DesignOption): string {
  return choices?.[initial] ?? String(initial);
}

/** What a patch changes, as data: the paths of a kernel rewritten. */
export interface Design {
  readonly id: string;
  readonly title: string;
  readonly safety: Safety;
  /** Where it was posted or merged. */
  readonly source: string;
  /** What a reviewer must know before believing the number. */
  readonly notes: readonly string[];
  readonly options: readonly DesignOption[];
  /** Lines that show whether it is safe: orders of steps that break it, or that none was found. */
  readonly evidence?: () => readonly string[];
  /**
   * Part of a composition that must come before or behind others, wherever it is named: what copies zs_free for a queue,
   * and what changes how a queue is drained; of stores what makes folios, batches of them, batches in flight, what
   * changes batches, and what changes whatever the others have made.
   */
  readonly place?: 'queue' | 'drain' | 'folio' | 'batch' | 'flight' | 'of-batch' | 'last';
  /** Paths that it changes: of zs_free (all that do not say so), or of zswap_store, load and invalidate. */
  readonly changes?: 'free' | 'store';
  /** Codec without which it is nothing: the base has it too. */
  readonly wantsCodec?: 'deflate-iaa';
  /** Whether a kernel has it already; asked of what others bring with them. */
  readonly isIn?: (kernel: KernelModel) => boolean;
  /**
   * The kernel with this change.
   * @throws {DesignError} when it cannot be applied to this kernel.
   */
  readonly apply: (kernel: KernelModel, options: Readonly<Record<string, number>>) => KernelModel;
}

/** A design does not fit the kernel, or was written wrongly. */
export class DesignError extends Error {}
