import type { DesignPrediction, WhatIfResult } from '../../../replay/result.ts';
import { SERIES } from '../../charts/palette.ts';
import { Ids, slugify } from '../ids.ts';

/** Ids of the sections, in the order of the page. */
export const PARTS = {
  answer: 'answer',
  fit: 'fit',
  designs: 'designs',
  latency: 'latency',
  locks: 'locks',
  parts: 'parts',
  cpu: 'cpu-work',
  memory: 'memory',
  places: 'places',
  compaction: 'compaction',
  migration: 'migration',
  scenarios: 'scenarios',
  knowledge: 'sensitivity-and-unknowns',
  steps: 'steps',
  trust: 'trust',
  method: 'method',
} as const;

/** A design with its place on the page. */
export interface Placed {
  readonly design: DesignPrediction;
  readonly slot: number;
}

/** What is drawn in one chart: the base, and as many designs as there are colours left. */
export interface Group {
  /** Behind the id of a chart: '' or `-2`. */
  readonly suffix: string;
  readonly base: Placed;
  readonly designs: readonly Placed[];
}

/** Ids and groups of one page. */
export class Plan {
  readonly result: WhatIfResult;
  readonly ids = new Ids([...Object.values(PARTS), 'content']);
  readonly groups: readonly Group[];
  readonly #rowIds = new Map<DesignPrediction, string>();

  constructor(result: WhatIfResult) {
    this.result = result;
    const { designs } = result;
    const each = SERIES.length - 1;
    const base = { design: result.baseline, slot: 1 };
    this.groups = Array.from({ length: Math.max(1, Math.ceil(designs.length / each)) }, (_, g) => ({
      suffix: g === 0 ? '' : `-${g + 1}`,
      base,
      designs: designs.slice(g * each, (g + 1) * each).map((design, k) => ({ design, slot: k + 2 })),
    }));
    for (const design of this.all) this.#rowIds.set(design, this.ids.take(`design-${slugify(design.id)}`));
  }

  /** The base, then the designs. */
  get all(): readonly DesignPrediction[] {
    return [this.result.baseline, ...this.result.designs];
  }

  /** Id of a design's row in the first table. */
  rowId(design: DesignPrediction): string {
    return this.#rowIds.get(design)!;
  }
}

/** Signs of where a number comes from, the same in every report. */
export const SIGNS = { measured: '[=]', modelled: '[~]', assumed: '[?]' } as const;

/** Something was asked beyond the recording as it is. */
export function hasScenarios({ scaling, breakEven, speedups, starvedWorker }: WhatIfResult): boolean {
  return [scaling, breakEven, starvedWorker, speedups?.[0]].some((one) => one !== undefined);
}
