import type { Workload } from '../workload.ts';
import type { ObjectHistory } from './history.ts';

/** Operations of one recorded process, or the first of them, as a part of a made one. */
export interface Piece {
  /** Recorded process. */
  readonly task: number;
  /** Its operations begin at this one and go round. */
  readonly shift: number;
  readonly length: number;
}

/**
 * Cuts or repeats recorded processes into `count` made ones. As many as recorded are the recorded ones;
 * fewer are those that free most; more are copies of the large ones. Each use of a process beyond its
 * first begins at another place of it, so that copies do not free the same classes side by side.
 * @param pages Operations of each process; null: as many as the recorded one has.
 */
export function piecesOf(
  lengths: readonly number[],
  count: number,
  pages: number | null,
): readonly (readonly Piece[])[] {
  const bySize = lengths.map((_, t) => t).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  // A task that frees next to nothing is no process to be multiplied.
  const large = bySize.filter((t) => lengths[t]! >= lengths[bySize[0]!]! / 10);
  const taskOf = (process: number): number => {
    if (pages !== null) return large[process % large.length]!;
    if (count <= lengths.length) return bySize.slice(0, count).sort((a, b) => a - b)[process]!;
    return process < lengths.length ? process : large[(process - lengths.length) % large.length]!;
  };
  const uses = new Int32Array(lengths.length);
  return Array.from({ length: count }, (_, process) => {
    const task = taskOf(process);
    const recorded = lengths[task]!;
    const pieces: Piece[] = [];
    for (let left = pages ?? recorded; left > 0; ) {
      const length = Math.min(left, recorded);
      const shift = Math.floor(((uses[task]!++ * GOLDEN) % 1) * recorded);
      pieces.push({ task, shift, length });
      left -= length;
    }
    return pieces;
  });
}

/** Multiples of it spread evenly over 0..1, however many there are. */
export const GOLDEN = 0.618034;

/** An allocation or a free of a made history. */
export interface HistoryStep {
  /** When, in places from the beginning of the piece's history. */
  readonly at: number;
  readonly object: number;
  readonly isMade: boolean;
}

/**
 * What a piece does before its frees: the recorded history of its objects, begun at the object that it
 * frees first and gone round, so that objects are freed in the order of their allocation as far as they
 * were recorded so. Objects whose life the beginning cuts are there from the start.
 */
export function historyOf(
  piece: Piece,
  history: ObjectHistory,
  from: number,
  until: number,
): readonly HistoryStep[] {
  const { madeAt, freedAt, freed } = history;
  const begin = piece.shift === 0 ? from : madeAt[freed[piece.shift]!]!;
  const span = until - from;
  const left = new Uint8Array(madeAt.length);
  for (let k = piece.length; k < freed.length; k++) left[freed[(piece.shift + k) % freed.length]!] = 1;
  const steps: HistoryStep[] = [];
  for (let object = 0; object < madeAt.length; object++) {
    if (left[object]) continue;
    const made = madeAt[object]!;
    const end = freedAt[object]!;
    const isCut = made < begin && end >= begin && end < until;
    steps.push({ at: isCut ? 0 : made - begin + (made < begin ? span : 0), object, isMade: true });
    if (end < until) steps.push({ at: end - begin + (end < begin ? span : 0), object, isMade: false });
  }
  return steps.sort((a, b) => a.at - b.at);
}

/** Row of the recorded process behind an operation of a piece. */
export function recordedRow(piece: Piece, k: number, recorded: number): number {
  return (piece.shift + k) % recorded;
}

/** Values of a recorded column in the order of the pieces. */
export function gathered<T extends Float64Array | Int32Array | Uint8Array>(
  pieces: readonly Piece[],
  columnOf: (task: number) => T,
  make: (length: number) => T,
): T {
  const out = make(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    const column = columnOf(piece.task);
    for (let k = 0; k < piece.length; k++) out[at++] = column[recordedRow(piece, k, column.length)]!;
  }
  return out;
}

/**
 * Times between operations. The first of a recording is no gap but the process's start against the
 * others': it stays first, and where it would come in between stands the gap that it displaces.
 */
export function gatheredThinkTimes(pieces: readonly Piece[], tasks: Workload['tasks']): Float64Array {
  const out = gathered(
    pieces,
    (task) => tasks[task]!.thinkNs,
    (n) => new Float64Array(n),
  );
  let at = 0;
  pieces.forEach((piece, p) => {
    const { thinkNs } = tasks[piece.task]!;
    const recorded = thinkNs.length;
    const start = (recorded - piece.shift) % recorded;
    if ((p > 0 || piece.shift > 0) && start < piece.length)
      out[at + start] = recorded > 1 ? thinkNs[Math.max(1, piece.shift)]! : 0;
    if (p === 0) out[at] = thinkNs[0]!;
    at += piece.length;
  });
  return out;
}
