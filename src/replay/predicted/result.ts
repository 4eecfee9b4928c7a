import type { InputFile } from '../../analysis/result.ts';
import type { Interval } from '../interval.ts';

export const PREDICTED_SCHEMA_VERSION = 1;

/** One figure that a what-if predicted, beside the recordings of the kernel that was really patched. */
export interface PredictedFigure {
  readonly name: string;
  readonly unit: 'ns' | 'count';
  /** Modelled: median and middle 90 % of the what-if's runs. */
  readonly predicted: Interval;
  /** Measured: each recording; null where one does not show it. */
  readonly recordings: readonly (number | null)[];
  /** Their median; null where none shows it. */
  readonly measured: number | null;
  /** Predicted over measured, less 1; null where nothing was measured, or 0. */
  readonly error: number | null;
  /** Whether the measured median lies within the predicted interval (`resolution` beyond it at most); null: not known. */
  readonly inside: boolean | null;
  /** How many recordings do. */
  readonly insideRecordings: number;
  /** Half of the step in which the model tells it. */
  readonly resolution: number;
  /**
   * The same as changes against the base: of the model's base, and of the recording that it was made of.
   * Null where the what-if does not have them.
   */
  readonly change: { readonly predicted: number | null; readonly measured: number | null };
}

export interface PredictedDesign {
  readonly id: string;
  readonly title: string;
  readonly figures: readonly PredictedFigure[];
  /** Figures within their intervals, of those that were measured. */
  readonly inside: number;
  readonly measured: number;
}

/** What `compare --predicted` found: the one value that its writers format; also the JSON. */
export interface PredictedComparison {
  readonly schemaVersion: number;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly prediction: {
    readonly file: string;
    readonly command: string;
    readonly world: 'traced' | 'untraced';
    readonly inputs: readonly InputFile[];
    readonly verdict: string;
  };
  readonly after: {
    readonly recordings: readonly {
      readonly inputs: readonly InputFile[];
      readonly kernelRelease: string;
      readonly cpus: number;
      readonly calls: number;
      readonly lostRecords: number;
    }[];
    /** The call that was measured. */
    readonly function: string;
  };
  readonly designs: readonly PredictedDesign[];
  readonly warnings: readonly { readonly id: string; readonly text: string }[];
}
