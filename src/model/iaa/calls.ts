import { type Completion, engineNs, type IaaCosts } from './costs.ts';
import type { IaaDevices } from './devices.ts';

/** Pages of one request of the batching series at most. */
export const MAX_BATCH = 8;
const PAGE_KIB = 4;
const PAGE_BYTES = 4096;
const EIO = -5;

/** A page handed to the driver. */
export interface IaaPage {
  /** Compressed size, bytes: of the output when compressing, of the input when decompressing. */
  readonly bytes: number;
  /** Decompression: the hardware refuses the stream (a window larger than 4 KiB), software inflates it. */
  readonly refused?: boolean;
}

/** How the driver is set up. */
export interface IaaMode {
  readonly operation: 'compress' | 'decompress';
  /** Pages whose descriptors are in flight together, 1 to 8; 1 is the synchronous call for each page. */
  readonly batch: number;
  readonly completion: Completion;
  /** Each compressed page is decompressed and its checksum compared (verify_compress, on by default). */
  readonly verify: boolean;
  /** Software inflate of a refused page, ns. */
  readonly softwareNs: number;
}

export interface IaaPageResult {
  /** 0, or -EIO: the output did not fit, which zswap counts as a compressor's failure. */
  readonly error: number;
  readonly bySoftware: boolean;
}

/** A task's request; `advance` takes it to its next submission, so that tasks can be interleaved. */
export class IaaCall {
  readonly #devices: IaaDevices;
  readonly #costs: IaaCosts;
  readonly #mode: IaaMode;
  readonly #cpu: number;
  /** Submission order of the pages of each group that is in flight together. */
  readonly #groups: readonly (readonly number[])[];
  readonly results: IaaPageResult[];
  /** The task's clock, ns. */
  nowNs: number;
  #group = 0;
  #submitted = 0;
  #doneNs: number[] = [];
  #verified = 0;
  done = false;

  /** @throws {RangeError} for no pages, or a batch that is not 1 to 8. */
  constructor(
    devices: IaaDevices,
    costs: IaaCosts,
    mode: IaaMode,
    request: { readonly cpu: number; readonly atNs: number; readonly pages: readonly IaaPage[] },
  ) {
    if (!(Number.isInteger(mode.batch) && mode.batch >= 1 && mode.batch <= MAX_BATCH)) {
      throw new RangeError(`a batch has 1 to ${MAX_BATCH} pages, not ${mode.batch}`);
    }
    if (request.pages.length === 0) throw new RangeError('a request needs a page');
    this.#devices = devices;
    this.#costs = costs;
    this.#mode = mode;
    this.#cpu = request.cpu;
    this.#groups = groupsOf(request.pages, mode);
    this.results = request.pages.map((page) => resultOf(page, mode));
    this.nowNs = request.atNs + costs.callNs + costs.submitNs;
  }

  /** The next submission, which happens at `nowNs`; with the last one done, the call is over at `nowNs`. */
  advance(): void {
    if (this.done) throw new Error('the call is over');
    const group = this.#groups[this.#group]!;
    if (this.#submitted < group.length) {
      const { submittedNs, doneNs } = this.#submit();
      this.#doneNs.push(doneNs);
      this.nowNs = submittedNs;
      this.#submitted++;
      if (this.#submitted < group.length) this.nowNs += this.#costs.submitNs;
      else this.#collect(group);
      return;
    }
    // Verification: one page after the other, each waited for.
    const { doneNs } = this.#submit();
    this.nowNs = this.#seen(doneNs);
    this.#verified++;
    this.#next(group);
  }

  #submit() {
    return this.#devices.submit(
      this.#devices.deviceFor(this.#cpu),
      this.nowNs,
      engineNs(this.#costs, PAGE_KIB),
    );
  }

  #collect(group: readonly number[]): void {
    for (const [at, page] of group.entries()) {
      this.nowNs = this.#seen(this.#doneNs[at]!);
      if (this.results[page]!.bySoftware) this.nowNs += this.#mode.softwareNs;
    }
    this.#next(group);
  }

  #seen(doneNs: number): number {
    const { completion } = this.#mode;
    const waits = doneNs > this.nowNs;
    const wake = waits && completion.kind === 'interrupt' ? completion.wakeNs : 0;
    return Math.max(this.nowNs, doneNs) + wake + this.#costs.completeNs;
  }

  #next(group: readonly number[]): void {
    const fine = group.filter((page) => this.results[page]!.error === 0).length;
    const toVerify = this.#mode.verify && this.#mode.operation === 'compress' ? fine : 0;
    if (this.#verified < toVerify) {
      this.nowNs += this.#costs.submitNs;
      return;
    }
    this.#group++;
    this.#submitted = 0;
    this.#verified = 0;
    this.#doneNs = [];
    this.done = this.#group === this.#groups.length;
    // Each group is a call of its own.
    if (!this.done) this.nowNs += this.#costs.callNs + this.#costs.submitNs;
  }
}

/** Time of one request on devices that have nothing else to do, ns. */
export function latencyNs(
  devices: IaaDevices,
  costs: IaaCosts,
  mode: IaaMode,
  pages: readonly IaaPage[],
): number {
  const call = new IaaCall(devices, costs, mode, { cpu: 0, atNs: 0, pages });
  while (!call.done) call.advance();
  return call.nowNs;
}

function groupsOf(pages: readonly IaaPage[], { operation, batch }: IaaMode): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (let first = 0; first < pages.length; first += batch) {
    const group = Array.from({ length: Math.min(batch, pages.length - first) }, (_, i) => first + i);
    groups.push(operation === 'decompress' ? largestTwoFirst(group, pages) : group);
  }
  return groups;
}

/** Decompression submits the two largest inputs first, the others as they come. */
export function largestTwoFirst(group: readonly number[], pages: readonly IaaPage[]): number[] {
  const largest = group.toSorted((a, b) => pages[b]!.bytes - pages[a]!.bytes || a - b).slice(0, 2);
  return [...largest, ...group.filter((page) => !largest.includes(page))];
}

function resultOf({ bytes, refused }: IaaPage, { operation }: IaaMode): IaaPageResult {
  if (operation === 'compress') return { error: bytes >= PAGE_BYTES ? EIO : 0, bySoftware: false };
  return { error: 0, bySoftware: refused === true };
}
