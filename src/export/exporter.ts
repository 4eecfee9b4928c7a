import type { LockWait } from '../analysis/locks/lock-wait.ts';
import type { AnalysisResult } from '../analysis/result.ts';
import type { Places } from '../trace/places.ts';
import type { RecordBatch } from '../trace/records.ts';
import type { SpanBatch } from '../trace/spans.ts';

/** Takes the next piece of an export's text; it may be kept, so pieces are small. */
export type TextOutput = (text: string) => void;

/** What an export needs to have computed besides the records. */
export type ExportNeeds = 'records' | 'spans';

/**
 * Writes what passes by in a format of its own. It keeps nothing that grows with the length of the
 * trace: only open calls, tracks and distinct paths.
 */
export interface Exporter {
  readonly needs: ExportNeeds;
  /**
   * An input begins, or several that are merged into one stream.
   * @param places Names of inputs and lines.
   * @param originNs Tells what the times are relative to, once the first stamp is read.
   */
  beginFile(places: Places, originNs: () => number): void;
  /** The next records, before the spans that they complete. */
  records?(batch: RecordBatch): void;
  spans?(rows: SpanBatch): void;
  wait?(wait: LockWait): void;
  /** The input ended; its last spans have been given. */
  endFile(): void;
  /**
   * Everything has been given.
   * @param callTree Paths of all calls with their times; empty for exports that need records only.
   */
  finish(callTree: AnalysisResult['callTree']): void;
}
