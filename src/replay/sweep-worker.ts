import { type MessagePort, workerData } from 'node:worker_threads';
import { Pool } from '../model/zsmalloc/pool.ts';
import { attempt, nextSeed, type SeedMessage, type SweepMessage, Turn } from './sweep.ts';

/** A thread of a sweep: takes seeds until none is left, and sends what each gave. */
const port = workerData as MessagePort;
port.on('message', ({ sweep, shared, turn }: SweepMessage) => {
  const { seeds } = shared.options;
  const local = { ...shared, pool: Pool.from(shared.pool) };
  for (let seed = nextSeed(turn, seeds); seed >= 0; seed = nextSeed(turn, seeds)) {
    const runs = attempt(local, seed);
    if (runs) port.postMessage({ sweep, seed, runs } satisfies SeedMessage);
    Atomics.add(turn, Turn.Done, 1);
    Atomics.notify(turn, Turn.Done);
  }
});
