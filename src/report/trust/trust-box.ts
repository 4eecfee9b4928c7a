/** How a number is known. */
export type Basis = 'measured' | 'modelled' | 'assumed';

/** Signs of that, the same in every report: told apart without colour. */
export const SIGNS: Readonly<Record<Basis, string>> = {
  measured: '[=]',
  modelled: '[~]',
  assumed: '[?]',
};

/** What the signs mean, in one line. */
export const SIGNS_LEGEND = '[=] measured, [~] modelled or estimated, [?] assumed';

/** An input; lines are null where they are counted for several inputs together. */
export interface TrustInput {
  /** What it stands for, where inputs differ in that: `before`, `after`. */
  readonly role?: string;
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly lines: number | null;
  readonly understoodLines: number | null;
  /** Of the unpacked bytes; '' when it was not computed. */
  readonly sha256: string;
}

/** What a report rests on: the same questions for every command. */
export interface TrustBox {
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly inputs: readonly TrustInput[];
  /** Over all inputs. */
  readonly lines: number;
  readonly understoodLines: number;
  /** Records that the kernel says it lost; null when nothing was read that could say. */
  readonly lostRecords: number | null;
  /** What tracing costs, in one sentence with its estimate. */
  readonly tracingOverhead: string;
  /** Where costs that no input shows come from; empty when none is used. */
  readonly calibration: readonly string[];
  /** What numbers are, with their ranges. */
  readonly rests: readonly { readonly basis: Basis; readonly what: string }[];
  /** Whether the model gives back what was measured; null when nothing is modelled. */
  readonly validation: { readonly verdict: string; readonly reasons: readonly string[] } | null;
}

/** The box as JSON: each thing it rests on with its sign. */
export function trustJson(box: TrustBox): object {
  return { ...box, rests: box.rests.map((one) => ({ sign: SIGNS[one.basis], ...one })) };
}

/** Sums over inputs. */
export function linesOf(inputs: readonly TrustInput[]): Pick<TrustBox, 'lines' | 'understoodLines'> {
  return {
    lines: inputs.reduce((sum, { lines }) => sum + (lines ?? 0), 0),
    understoodLines: inputs.reduce((sum, { understoodLines }) => sum + (understoodLines ?? 0), 0),
  };
}
