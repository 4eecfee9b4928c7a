import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import type { StorePrediction } from '../replay/stores/store-summary.ts';
import { pathText } from './step-text.ts';
import { trustJson } from './trust/trust-box.ts';
import { trustOfStores } from './trust/what-if.ts';

/** A what-if of the store path as JSON: the shape of docs/what-if.md. */
export function renderStoreWhatIfJson(result: StoreWhatIfResult): string {
  const { baseline, designs, ...rest } = result;
  return `${JSON.stringify({ ...rest, trust: trustJson(trustOfStores(result)), baseline: shaped(baseline), designs: designs.map(shaped) }, null, 1)}\n`;
}

function shaped({ kernel, notes, ...rest }: StorePrediction) {
  const steps = Object.entries(kernel.paths).map(([path, list]) => [path, pathText(list)] as const);
  return { ...rest, steps: Object.fromEntries(steps), assumptions: notes };
}
