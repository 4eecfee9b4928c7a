import type { PlacesResult } from './places.ts';
import type { ScenarioResults } from './scenario/result.ts';
import type { StructureReport } from './structure.ts';
import type { DesignPrediction, Interval } from './what-if.ts';

export type { DesignPrediction, Interval, StructureReport };

export const WHAT_IF_SCHEMA_VERSION = 1;

/** A figure of the recording beside the model's. */
export interface Comparison {
  readonly name: string;
  readonly unit: 'ns' | 'count' | 'share';
  readonly recorded: number;
  readonly modelled: Interval;
}

/** Whether the model reproduces the recording that it was given. */
export interface Validation {
  readonly structure: StructureReport;
  readonly comparisons: readonly Comparison[];
  /** Greatest distance of the two cumulative distributions of zs_free; null where it cannot be told. */
  readonly ksDistance: number | null;
  readonly verdict: 'fits' | 'does-not-fit' | 'cannot-be-judged';
  readonly reasons: readonly string[];
}

/** Something the answer rests on. */
export interface Assumption {
  readonly what: string;
  readonly basis: 'measured' | 'modelled' | 'assumed';
}

/** What `what-if` found: the one value that its writers format. */
export interface WhatIfResult extends ScenarioResults {
  readonly schemaVersion: number;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly inputs: readonly { readonly name: string; readonly format: string; readonly sha256: string }[];
  readonly kernel: {
    readonly era: string;
    readonly title: string;
    readonly basis: string;
    readonly source: string;
  };
  readonly world: 'traced' | 'untraced';
  readonly frees: number;
  readonly tasks: number;
  readonly cpus: number;
  readonly runs: number;
  readonly validation: Validation;
  readonly baseline: DesignPrediction;
  /** Compaction beside the frees, with the base as it would be without; null when there is none. */
  readonly compaction: {
    readonly source: string;
    readonly cpu: number;
    readonly without: DesignPrediction;
  } | null;
  readonly designs: readonly DesignPrediction[];
  /** Null when zram's notification was not recorded with its own time. */
  readonly places: PlacesResult | null;
  /** Marginal effect of each part of a composed design on the total, in its order. */
  readonly marginal: readonly {
    readonly design: string;
    readonly parts: readonly { readonly id: string; readonly savesNs: Interval }[];
  }[];
  readonly assumptions: readonly Assumption[];
  readonly notIdentifiable: readonly string[];
}
