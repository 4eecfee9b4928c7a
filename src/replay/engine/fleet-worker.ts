import { parentPort, workerData } from 'node:worker_threads';
import { FOUR_GROUPS, TWELVE_GROUPS } from '../../model/zsmalloc/fullness.ts';
import { Geometry } from '../../model/zsmalloc/geometry.ts';
import { Pool } from '../../model/zsmalloc/pool.ts';
import type { FleetInput, FleetJob } from './fleet.ts';
import { Machine } from './machine.ts';
import { compile } from './program.ts';

/** A thread of a fleet: runs its jobs one after another and sends all results at once. */
const { input, jobs } = workerData as { input: FleetInput; jobs: readonly FleetJob[] };
const geometry = new Geometry(input.geometry);
const fullness = input.fullness === FOUR_GROUPS.id ? FOUR_GROUPS : TWELVE_GROUPS;
const { handle, sizeClass } = input.stored;

parentPort!.postMessage(
  jobs.map(({ kernel, times, costs, seed }) => {
    const pool = new Pool(geometry, fullness);
    for (let k = 0; k < handle.length; k++)
      if (pool.allocateFromExisting(sizeClass[k]!, handle[k]!) < 0)
        pool.allocateFromNew(sizeClass[k]!, handle[k]!);
    const program = compile(kernel, input.paths);
    const ofProgram = program.costs.map((name) => {
      const values = costs[name];
      if (!values) throw new RangeError(`${kernel.id}: no cost ${name}`);
      return values;
    });
    return new Machine({ ...input, program, pool, times, costs: ofProgram, seed }).run();
  }),
);
