import { LINES_PER_INPUT } from '../trace/places.ts';
import { RecordBatch, type RecordSink } from '../trace/records.ts';
import { OwnedRows } from './copy-row.ts';
import type { DoubleEvents } from './double-events.ts';
import type { RecordQueue } from './record-queue.ts';

/** One of the inputs that are merged. */
export interface MergeInput {
  readonly queue: RecordQueue;
  /** Reads on, into the queue; false when the input has ended. */
  readonly pull: () => Promise<boolean>;
}

/** A batch is handed on when its text needs so much. */
const MAX_TEXT_BYTES = 1 << 22;

/**
 * Merges the records of several inputs into one stream in the order of their times; at one time, in the
 * order of the inputs. The order within an input is kept, nothing is lost or doubled (but Section rows: the inputs are
 * parts of one recording, and their beginnings begin no new trace), and times of the
 * output go back only where an input's own do. The lines of the output are those of `Places`.
 *
 * @param doubles Leaves out what another input has told already; null: nothing is left out.
 *
 * Memory: what one pull of each input gives, because only an input without a waiting record is read on.
 */
export async function mergeRecords(
  inputs: readonly MergeInput[],
  sink: RecordSink,
  doubles: DoubleEvents | null = null,
  capacity = 8192,
): Promise<void> {
  const out = new OwnedRows(new RecordBatch(capacity));
  const live = inputs.map((input, index) => ({ ...input, index, ended: false }));
  const flush = () => {
    if (out.batch.length > 0) sink(out.batch);
    out.clear();
  };
  let active = live;
  for (;;) {
    for (const input of active) {
      while (input.queue.empty && !input.ended) {
        if (await input.pull()) continue;
        input.ended = true;
        input.queue.end();
      }
    }
    active = active.filter((input) => !input.queue.empty);
    if (active.length === 0) break;
    // The first two by time: rows of the first one come out until the second one's turn.
    let first = active[0]!;
    let second: typeof first | null = null;
    for (let i = 1; i < active.length; i++) {
      const input = active[i]!;
      if (input.queue.key < first.queue.key) {
        second = first;
        first = input;
      } else if (second === null || input.queue.key < second.queue.key) second = input;
    }
    const until = second?.queue.key ?? Number.POSITIVE_INFINITY;
    const inclusive = second === null || first.index < second.index;
    const added = first.index * LINES_PER_INPUT;
    const { index } = first;
    const leaveOut =
      doubles && ((batch: RecordBatch, i: number, ns: number) => doubles.isDouble(batch, i, index, ns));
    first.queue.take(out, until, inclusive, added, leaveOut);
    if (out.batch.length === capacity || out.bytesUsed > MAX_TEXT_BYTES) flush();
  }
  flush();
}
