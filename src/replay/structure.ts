import { Compaction } from '../model/zsmalloc/compaction.ts';
import type { FullnessRule } from '../model/zsmalloc/fullness.ts';
import type { Geometry } from '../model/zsmalloc/geometry.ts';
import { Pool } from '../model/zsmalloc/pool.ts';
import {
  type CompactionStep,
  OperationKind,
  type OperationTable,
  Reconstructed,
} from '../trace/operations.ts';

/** An operation whose outcome differs from the recording, or could not be replayed. */
export interface StructureDifference {
  readonly operation: number;
  readonly line: number;
  readonly what: string;
}

/** How far the model's structure agrees with what the trace shows. */
export interface StructureReport {
  readonly mallocs: number;
  readonly frees: number;
  /** Of the mallocs whose outcome the trace shows: new zspage or not, with its pages. */
  readonly mallocsJudged: number;
  readonly mallocsAgree: number;
  readonly zspageJudged: number;
  readonly zspageAgree: number;
  readonly objectIndexJudged: number;
  readonly objectIndexAgree: number;
  /** Of the frees whose outcome the trace shows: zspage released or not. */
  readonly freesJudged: number;
  readonly freesAgree: number;
  /** Allocations without size or handle: failed, or not shown. They are not replayed. */
  readonly mallocsNotShown: number;
  /** Frees of objects that were allocated before the capture began, or of which no handle is shown. */
  readonly freesOfOlder: number;
  /**
   * Frees whose object is reconstructed, so that they judge nothing; of those whose release of a zspage the
   * trace shows, how many the reconstruction gives back.
   */
  readonly freesReconstructed: number;
  readonly releasesShown: number;
  readonly releasesReproduced: number;
  readonly moves: number;
  readonly movesAgree: number;
  readonly differences: readonly StructureDifference[];
  readonly pagesHeldAtEnd: number;
}

/** What happened to an operation's object in the model: what the engine needs to know of it. */
export interface StructureOutcome {
  /** Class, by number in the pool; -1 when not known. */
  readonly sizeClass: Int32Array;
  /** Malloc: pages of the zspage it had to make, 0 for none. Free, compaction: pages of zspages that it emptied. */
  readonly pages: Int32Array;
}

const MAX_DIFFERENCES = 1000;

/**
 * Replays recorded operations through the structural model, in the order in which they held the
 * lock, and compares the outcome with what the trace shows. The model reads sizes, handles and the
 * order only; probes of the outcome are the judge.
 */
export function replayStructure(
  operations: OperationTable,
  compaction: readonly CompactionStep[],
  geometry: Geometry,
  fullness: FullnessRule,
  /** Stop before this place in the order of records: the pool as it was then. */
  until = Number.POSITIVE_INFINITY,
): { report: StructureReport; outcome: StructureOutcome; pool: Pool } {
  const replay = new StructureReplay(operations, compaction, new Pool(geometry, fullness));
  return replay.run(until);
}

class StructureReplay {
  readonly #ops: OperationTable;
  readonly #pool: Pool;
  readonly #steps: readonly CompactionStep[];
  /** Model's zspage of each zspage seen, and back. */
  readonly #modelOf = new Map<number, number>();
  readonly #seenOf = new Map<number, number>();
  readonly #compactions = new Map<number, Compaction>();
  readonly #differences: StructureDifference[] = [];
  readonly #sizeClass: Int32Array;
  readonly #pages: Int32Array;
  /** Mallocs that found no zspage with room and are making one. */
  readonly #making = new Set<number>();
  /** Mallocs under way, by class, of which it is not shown when they look for room. */
  readonly #looking = new Map<number, Set<number>>();
  readonly #count = {
    mallocs: 0,
    frees: 0,
    mallocsJudged: 0,
    mallocsAgree: 0,
    zspageJudged: 0,
    zspageAgree: 0,
    objectIndexJudged: 0,
    objectIndexAgree: 0,
    freesJudged: 0,
    freesAgree: 0,
    mallocsNotShown: 0,
    freesOfOlder: 0,
    freesReconstructed: 0,
    releasesShown: 0,
    releasesReproduced: 0,
    moves: 0,
    movesAgree: 0,
  };

  constructor(ops: OperationTable, steps: readonly CompactionStep[], pool: Pool) {
    this.#ops = ops;
    this.#steps = steps;
    this.#pool = pool;
    this.#sizeClass = new Int32Array(ops.length).fill(-1);
    this.#pages = new Int32Array(ops.length);
  }

  run(until: number) {
    for (const action of this.#actions()) if (action.at < until) action.run();
    const report: StructureReport = {
      ...this.#count,
      differences: this.#differences,
      pagesHeldAtEnd: this.#pool.pages,
    };
    return { report, outcome: { sizeClass: this.#sizeClass, pages: this.#pages }, pool: this.#pool };
  }

  /** Everything that happens under a lock, in the order in which it did. */
  #actions(): { at: number; run: () => void }[] {
    const { kind, lookedAt, changedAt, enteredAt, returnedAt, length } = this.#ops;
    const actions: { at: number; run: () => void }[] = [];
    for (let op = 0; op < length; op++) {
      const at = known(changedAt[op]!, returnedAt[op]!, enteredAt[op]!);
      if (kind[op] === OperationKind.Malloc) {
        const looked = lookedAt[op]!;
        if (this.#looksUnseen(op)) {
          actions.push({ at: enteredAt[op]!, run: () => this.#beginToLook(op) });
          actions.push({ at, run: () => this.#takeAsSeen(op) });
          continue;
        }
        if (looked < at) actions.push({ at: looked, run: () => this.#look(op) });
        actions.push({ at, run: () => this.#take(op, looked < at) });
      } else if (kind[op] === OperationKind.Free) {
        actions.push({
          at: known(changedAt[op]!, enteredAt[op]!, returnedAt[op]!),
          run: () => this.#free(op),
        });
      } else if (kind[op] === OperationKind.Compact) {
        const end = returnedAt[op]!;
        if (!Number.isNaN(end)) actions.push({ at: end, run: () => this.#endCompaction(op) });
      }
    }
    for (const step of this.#steps) actions.push({ at: step.at, run: () => this.#compactionStep(step) });
    return actions.sort((a, b) => a.at - b.at);
  }

  // ---------------------------------------------------------------- malloc

  #class(op: number): number {
    const size = this.#ops.size[op]!;
    if (size < 0) return -1;
    this.#sizeClass[op] = this.#pool.classFor(size);
    return this.#sizeClass[op]!;
  }

  #look(op: number): void {
    const sizeClass = this.#class(op);
    if (sizeClass < 0 || this.#ops.handle[op]! < 0) return;
    if (this.#pool.allocateFromExisting(sizeClass, this.#ops.handle[op]!) < 0) this.#making.add(op);
  }

  /**
   * Where it looked is not shown: no lock is traced, or those of the slab or of an interrupt are among them. The
   * probe under the lock shows what came of it: an empty zspage is a new one, for which the lock is taken twice.
   */
  #looksUnseen(op: number): boolean {
    const { lookedAt, enteredAt, seenInUse, parts, spinlocks } = this.#ops;
    if (seenInUse[op]! < 0 || Number.isNaN(enteredAt[op]!)) return false;
    if (Number.isNaN(lookedAt[op]!) || Number.isNaN(parts.handle.get(op))) return true;
    return (spinlocks.get(op) ?? 1) > (seenInUse[op] === 0 ? 2 : 1);
  }

  #beginToLook(op: number): void {
    const sizeClass = this.#class(op);
    if (sizeClass < 0) return;
    const looking = this.#looking.get(sizeClass) ?? new Set();
    this.#looking.set(sizeClass, looking.add(op));
    this.#full(sizeClass);
  }

  /** A zspage of the class was taken from: those that look now may find none with room. */
  #full(sizeClass: number): void {
    const looking = this.#looking.get(sizeClass);
    if (!looking || looking.size === 0 || this.#pool.hasRoom(sizeClass)) return;
    for (const op of looking) this.#making.add(op);
  }

  /** It made a zspage where that is shown and it can have found none with room since it began. */
  #takeAsSeen(op: number): void {
    this.#looking.get(this.#class(op))?.delete(op);
    const isMaking = this.#making.has(op) && this.#ops.seenInUse[op] === 0;
    if (!isMaking) this.#making.delete(op);
    this.#take(op, isMaking);
  }

  #take(op: number, looked: boolean): void {
    const { handle } = this.#ops;
    const sizeClass = this.#class(op);
    const isOlder = (this.#ops.reconstructed[op]! & Reconstructed.Operation) !== 0;
    if (!isOlder) this.#count.mallocs++;
    if (sizeClass < 0 || handle[op]! < 0) {
      if (!isOlder) this.#count.mallocsNotShown++;
      return;
    }
    let isNew = this.#making.delete(op);
    if (!looked) isNew = this.#pool.allocateFromExisting(sizeClass, handle[op]!) < 0;
    if (isNew) {
      this.#pool.allocateFromNew(sizeClass, handle[op]!);
      this.#pages[op] = this.#pool.classes[sizeClass]!.pagesPerZspage;
    }
    this.#full(sizeClass);
    if (!isOlder) this.#judgeMalloc(op, isNew);
  }

  #judgeMalloc(op: number, isNew: boolean): void {
    const { seenNewPages, seenZspage, seenIndex, seenInUse, handle } = this.#ops;
    const zspage = this.#pool.zspageOf(handle[op]!);
    const pages = isNew ? this.#pages[op]! : 0;
    if (seenNewPages[op]! >= 0) {
      this.#count.mallocsJudged++;
      if (seenNewPages[op] === pages) this.#count.mallocsAgree++;
      else this.#differ(op, `${seenNewPages[op]} new pages in the trace, ${pages} in the model`);
    }
    this.#judgeClass(op);
    const seen = seenZspage[op]!;
    if (seen >= 0) {
      this.#count.zspageJudged++;
      if (seenInUse[op] === 0 && !this.#modelOf.has(seen) && isNew) this.#pair(seen, zspage);
      if (this.#modelOf.get(seen) === zspage) this.#count.zspageAgree++;
      else this.#differ(op, 'another zspage in the model than in the trace');
    }
    if (seenIndex[op]! >= 0) {
      this.#count.objectIndexJudged++;
      const index = this.#pool.objectIndexOf(handle[op]!);
      if (index === seenIndex[op]) this.#count.objectIndexAgree++;
      else this.#differ(op, `object ${seenIndex[op]} in the trace, ${index} in the model`);
    }
  }

  #judgeClass(op: number): void {
    const seen = this.#ops.seenClassSize[op]!;
    const { size } = this.#pool.classes[this.#sizeClass[op]!]!;
    if (seen >= 0 && seen !== size)
      this.#differ(op, `a class of ${seen} bytes in the trace, ${size} in the model`);
  }

  #pair(seen: number, zspage: number): void {
    this.#modelOf.set(seen, zspage);
    this.#seenOf.set(zspage, seen);
  }

  #unpair(zspage: number): void {
    const seen = this.#seenOf.get(zspage);
    if (seen === undefined) return;
    this.#modelOf.delete(seen);
    this.#seenOf.delete(zspage);
  }

  // ---------------------------------------------------------------- free

  #free(op: number): void {
    const { handle, seenReleased, seenInUse, reconstructed } = this.#ops;
    const isOlder = (reconstructed[op]! & Reconstructed.Operation) !== 0;
    if (!isOlder) this.#count.frees++;
    const zspage = handle[op]! < 0 ? -1 : this.#pool.zspageOf(handle[op]!);
    if (zspage < 0) {
      this.#count.freesOfOlder++;
      return;
    }
    const sizeClass = this.#pool.classOf(zspage);
    this.#sizeClass[op] = sizeClass;
    if ((reconstructed[op]! & Reconstructed.Size) === 0) this.#judgeClass(op);
    const emptied = this.#pool.free(handle[op]!) >= 0;
    const inUse = this.#pool.inUse(zspage);
    if (emptied) {
      this.#pages[op] = this.#pool.release(zspage);
      this.#unpair(zspage);
      this.#full(sizeClass);
    }
    if ((reconstructed[op]! & ~Reconstructed.Times) !== 0) {
      if (!isOlder) this.#countReconstructed(op, emptied);
      return;
    }
    if (seenReleased[op]! >= 0) {
      this.#count.freesJudged++;
      if ((seenReleased[op] === 1) === emptied) this.#count.freesAgree++;
      else {
        const late = emptied ? ' (trylock_zspage failed: released later by the worker?)' : '';
        this.#differ(op, `zspage released in the ${emptied ? 'model' : 'trace'} only${late}`);
      }
    }
    if (seenInUse[op]! >= 0 && seenInUse[op] !== inUse)
      this.#differ(op, `${seenInUse[op]} objects in use in the trace, ${inUse} in the model`);
  }

  /** A layout made to fit judges nothing: it is said how far it fits. */
  #countReconstructed(op: number, emptied: boolean): void {
    this.#count.freesReconstructed++;
    const shown = this.#ops.seenReleased[op]!;
    if (shown < 0) return;
    this.#count.releasesShown++;
    if ((shown === 1) === emptied) this.#count.releasesReproduced++;
  }

  // ---------------------------------------------------------------- compaction

  #compaction(op: number): Compaction {
    let compaction = this.#compactions.get(op);
    if (!compaction) {
      compaction = new Compaction(this.#pool, (zspage) => this.#unpair(zspage));
      this.#compactions.set(op, compaction);
    }
    return compaction;
  }

  #compactionStep(step: CompactionStep): void {
    if (step.what === 'put-back') return;
    const compaction = this.#compaction(step.operation);
    if (step.what === 'unlock') {
      // Between two unlocks of one class more could be moved: somebody waited, or a zspage was full.
      compaction.unlocked();
      return;
    }
    this.#count.moves++;
    const zspage = step.handle < 0 ? -1 : this.#pool.zspageOf(step.handle);
    if (zspage >= 0 && this.#ops.impliedCompactions.has(step.operation))
      compaction.goTo(this.#pool.classOf(zspage));
    const moved = compaction.moveNext();
    if (moved && (step.handle < 0 || moved.handle === step.handle)) this.#count.movesAgree++;
    else this.#differ(step.operation, 'compaction moved another object in the model');
  }

  #endCompaction(op: number): void {
    const compaction = this.#compactions.get(op);
    compaction?.putBackAll();
    this.#pages[op] = compaction?.pagesFreed ?? 0;
    this.#compactions.delete(op);
  }

  #differ(operation: number, what: string): void {
    if (this.#differences.length >= MAX_DIFFERENCES) return;
    this.#differences.push({ operation, line: this.#ops.line[operation]!, what });
  }
}

function known(...values: number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? 0;
}
