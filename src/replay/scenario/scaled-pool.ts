import type { Era } from '../../model/kernels/eras.ts';
import { Geometry } from '../../model/zsmalloc/geometry.ts';
import { Pool } from '../../model/zsmalloc/pool.ts';
import type { Histories } from './history.ts';
import { GOLDEN, historyOf, type Piece } from './pieces.ts';

/** Objects of made processes: the pool that holds them, and who frees which in what order. */
export interface MadeObjects {
  readonly pool: Pool;
  /** By process: handles in the order of their frees, and the classes of their objects. */
  readonly handles: readonly Int32Array[];
  readonly classes: readonly Int32Array[];
}

const FREED = -1;

/**
 * Replays the histories of all processes among each other into one pool. Each piece has handles of its
 * own; pieces of one process follow one another.
 * @param spread Share of each process's objects that go to classes of its own.
 */
export function allocated(
  pieces: readonly (readonly Piece[])[],
  histories: Histories,
  era: Era,
  spread: number,
): MadeObjects {
  const sets = spread === 0 ? 1 : pieces.length + 1;
  const pool = new Pool(new Geometry({ ...era.geometry, classSets: sets }), era.fullness);
  const classesOfSet = pool.classes.length / sets;
  const span = histories.until - histories.from;
  const steps: { at: number; handle: number; sizeClass: number }[] = [];
  const handles: Int32Array[] = [];
  const classes: Int32Array[] = [];
  let handle = 0;
  pieces.forEach((list, process) => {
    const freed: number[] = [];
    const freedClass: number[] = [];
    list.forEach((piece, p) => {
      const history = histories.byTask[piece.task]!;
      const classOf = (object: number): number => {
        const own = ((handle + object) * GOLDEN + process * 0.414214) % 1 < spread;
        return pool.classFor(history.size[object]!) + (own ? (process + 1) * classesOfSet : 0);
      };
      for (const { at, object, isMade } of historyOf(piece, history, histories.from, histories.until)) {
        const sizeClass = isMade ? classOf(object) : FREED;
        steps.push({ at: p * span + at, handle: handle + object, sizeClass });
      }
      for (let k = 0; k < piece.length; k++) {
        const object = history.freed[(piece.shift + k) % history.freed.length]!;
        freed.push(handle + object);
        freedClass.push(classOf(object));
      }
      handle += history.size.length;
    });
    handles.push(Int32Array.from(freed));
    classes.push(Int32Array.from(freedClass));
  });
  // What happened at one place in several copies goes copy by copy.
  steps.sort((a, b) => a.at - b.at);
  for (const step of steps) {
    if (step.sizeClass === FREED) {
      const emptied = pool.free(step.handle);
      if (emptied >= 0) pool.release(emptied);
    } else if (pool.allocateFromExisting(step.sizeClass, step.handle) < 0) {
      pool.allocateFromNew(step.sizeClass, step.handle);
    }
  }
  return { pool, handles, classes };
}
