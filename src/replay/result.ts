import type { Diagnostic, InputFile } from '../analysis/result.ts';
import type { FittedParameter } from './calibrate/ensemble.ts';
import type { MeasuredResult } from './calibrate/measured-result.ts';
import type { Statistic } from './calibrate/noise.ts';
import type { PlatformFile } from './calibrate/platform-file.ts';
import type { Sensitivity, Unknown } from './calibrate/sensitivity.ts';
import type { BacklogCurve, LatencyCurve, ReturnTime, TimeCurve } from './curves.ts';
import type { LeftOut } from './fitting-designs.ts';
import type { Interval } from './interval.ts';
import type { MunmapComparison } from './munmap-calls.ts';
import type { PlacesResult } from './places.ts';
import type { ReconstructionReport } from './reconstruct/what-if.ts';
import type { ScenarioResults } from './scenario/result.ts';
import type { StructureReport } from './structure.ts';
import type { DesignPrediction, LatencySummary } from './what-if.ts';

export type { Unit } from './calibrate/parameters.ts';
export type {
  BacklogCurve,
  DesignPrediction,
  Diagnostic,
  FittedParameter,
  InputFile,
  Interval,
  LatencyCurve,
  LatencySummary,
  MeasuredResult,
  MunmapComparison,
  PlatformFile,
  ReturnTime,
  Sensitivity,
  Statistic,
  StructureReport,
  TimeCurve,
  Unknown,
};

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
  /** By task: the munmap calls around its frees; null where the trace does not show them for all tasks. */
  readonly munmapCalls: readonly MunmapComparison[] | null;
  /** Recorded durations of zs_free; null where the lock of the swap device is around all of them. */
  readonly recordedLatency: (LatencySummary & { readonly curve: LatencyCurve }) | null;
  /** The same of the base as it was recorded, with the tracer and on the recorded CPUs. */
  readonly modelledLatency: (LatencySummary & { readonly curve: LatencyCurve }) | null;
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

/** How the inputs were read, and what the tracer costs in them. */
export interface Reading {
  /** Records that the kernel says it lost. */
  readonly lostRecords: number;
  readonly findings: readonly Diagnostic[];
  /** The tracer's cost for each traced call by the quickest, within its duration and beyond; null: not known. */
  readonly tracerNs: { readonly inside: number; readonly outside: number } | null;
}

/** What `what-if` found: the one value that its writers format. */
export interface WhatIfResult extends ScenarioResults {
  readonly schemaVersion: number;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly inputs: readonly InputFile[];
  readonly reading: Reading;
  readonly kernel: {
    readonly era: string;
    readonly title: string;
    readonly basis: string;
    readonly source: string;
  };
  /** Where costs come from instead of the recording. */
  readonly platform: { readonly title: string; readonly basis: 'calibrated' | 'published' } | null;
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
  /** Page migration beside the frees; null when there is none. */
  readonly migration: { readonly source: string; readonly cpu: number } | null;
  readonly designs: readonly DesignPrediction[];
  /** Designs that were asked for and do not fit this kernel. */
  readonly leftOut: readonly LeftOut[];
  /** Null when zram's notification was not recorded with its own time. */
  readonly places: PlacesResult | null;
  /** Marginal effect of each part of a composed design on the total, in its order. */
  readonly marginal: readonly {
    readonly design: string;
    readonly parts: readonly { readonly id: string; readonly savesNs: Interval }[];
  }[];
  /** What no recording shows and was filled in, and what the answers rest on; absent when nothing was. */
  readonly reconstruction?: ReconstructionReport;
  readonly assumptions: readonly Assumption[];
  /** What the recording does not tell, what would, and by how much that would cut the intervals. */
  readonly notIdentifiable: readonly Unknown[];
  /** Parameter sets that reproduce the recording: what all intervals are made of. */
  readonly ensemble: {
    readonly tried: number;
    /** 0: none reproduces it, and the nearest were taken. */
    readonly accepted: number;
    readonly parameters: readonly FittedParameter[];
    readonly recorded: readonly Statistic[];
  };
  /** Untraced times of the base (`--measured`). */
  readonly measured: readonly MeasuredResult[];
}
