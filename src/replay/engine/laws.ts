/** Times are exact sums of 1/256 ns up to 2^45 ns; what is longer may lose a last bit in each term. */
const TOLERANCE = 1e-9;

/** A run has broken a law that holds for every run: the engine or a step list is wrong, not the input. */
export class LawError extends Error {
  override readonly name = 'LawError';
}

/**
 * Two accounts of the same thing, kept apart from each other, must agree.
 * @throws {LawError} that says which law, and both numbers.
 */
export function mustAgree(
  law: string,
  one: readonly [what: string, value: number],
  other: readonly [what: string, value: number],
): void {
  const [a, b] = [one[1], other[1]];
  const areFinite = Number.isFinite(a) && Number.isFinite(b);
  if (areFinite && Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))) return;
  throw new LawError(`${law}: ${one[0]} ${a}, but ${other[0]} ${b}`);
}

/**
 * A bound that no run can pass.
 * @throws {LawError} that says which law, and both numbers.
 */
export function mustNotExceed(
  law: string,
  value: readonly [what: string, value: number],
  bound: readonly [what: string, value: number],
): void {
  if (value[1] <= bound[1] * (1 + TOLERANCE)) return;
  throw new LawError(`${law}: ${value[0]} ${value[1]}, but ${bound[0]} ${bound[1]}`);
}

/** Where the time of all CPUs went, each part summed up where it happened, none as a remainder. */
export interface TimeAccount {
  readonly cpus: number;
  /** End of the last thing that any CPU did, ns. */
  readonly endNs: number;
  /** Steps of operations, of tasks and workers. */
  readonly stepsNs: number;
  /** Threads that always want a CPU, and switches between threads. */
  readonly hogsNs: number;
  readonly switchesNs: number;
  /** Spinning: length of the queues over time, and waits for lines. */
  readonly spinNs: number;
  /** No thread, or one that is between two operations. */
  readonly idleNs: number;
  /** From start to end of each operation, summed, and what its thread waited in it. */
  readonly operationsNs: number;
  readonly waitedNs: number;
}

/** @throws {LawError} when time of CPUs is lost or counted twice. */
export function checkTime(time: TimeAccount): void {
  const { cpus, endNs, stepsNs, hogsNs, switchesNs, spinNs, idleNs } = time;
  mustAgree(
    'CPUs x time = busy + wait + idle',
    [`${cpus} CPUs for ${endNs} ns make`, cpus * endNs],
    ['busy, waiting and idle time add up to', stepsNs + hogsNs + switchesNs + spinNs + idleNs],
  );
  mustAgree(
    'time of operations = work + waits',
    ['operations took', time.operationsNs],
    ['steps and waits add up to', stepsNs + time.waitedNs],
  );
}

/** Where handles and objects are; counts. */
export interface HandleAccount {
  /** Operations that ended and each had a handle to give or to take; undefined when some had none. */
  readonly operations: number | undefined;
  /** Objects taken from the pool and put back, by tasks and workers. */
  readonly taken: number;
  readonly put: number;
  /** Operations that gave up at a lock. */
  readonly missed: number;
  readonly queues: readonly {
    readonly name: string;
    readonly queued: number;
    readonly drained: number;
    readonly leftOver: number;
  }[];
  /** Objects in use when the run began, and when it ended. */
  readonly inUseBefore: number;
  readonly inUseAfter: number;
}

/** @throws {LawError} when a handle is lost or freed twice. */
export function checkHandles(handles: HandleAccount): void {
  const { operations, taken, put, missed, queues } = handles;
  for (const { name, queued, drained, leftOver } of queues) {
    mustAgree(
      `${name}: handles in = drained + buffered`,
      ['queued', queued],
      ['drained and left over', drained + leftOver],
    );
  }
  if (operations !== undefined) {
    const buffered = queues.reduce((sum, queue) => sum + queue.leftOver, 0);
    mustAgree(
      'handles in = freed + buffered',
      ['operations', operations],
      ['handles allocated, freed, missed and buffered', taken + put + missed + buffered],
    );
  }
  mustAgree(
    'objects taken = put back + in use',
    ['in use before, and taken', handles.inUseBefore + taken],
    ['put back, and in use after', put + handles.inUseAfter],
  );
}

/** Where pages are; counts. */
export interface PageAccount {
  /** Pages of the pool when the run began, and taken in it. */
  readonly before: number;
  readonly taken: number;
  /** Given back, as it was recorded with its time. */
  readonly returned: number;
  /** Pages of the zspages that are there after the run. */
  readonly held: number;
}

/** @throws {LawError} when a page is lost or given back twice. */
export function checkPages({ before, taken, returned, held }: PageAccount): void {
  mustAgree(
    'pages taken = returned + held',
    ['there before, and taken', before + taken],
    ['returned, and held', returned + held],
  );
}

/** Where pages went that were given back; counts. */
export interface ListAccount {
  readonly before: number;
  readonly returned: number;
  /** Given to the buddy allocator, in batches. */
  readonly freed: number;
  readonly listed: number;
}

/** @throws {LawError} when a page is lost between lists and buddy allocator. */
export function checkLists({ before, returned, freed, listed }: ListAccount): void {
  mustAgree(
    'pages returned = freed + listed',
    ['listed before, and returned', before + returned],
    ['freed, and still listed', freed + listed],
  );
}
