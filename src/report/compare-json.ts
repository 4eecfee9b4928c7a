import type { ComparisonResult } from '../analysis/compare/result.ts';
import { trustOfComparison } from './trust/comparison.ts';
import { trustJson } from './trust/trust-box.ts';

/** A comparison as one line of JSON, with what it rests on. Not-a-number never occurs: null. */
export function renderComparisonJson(result: ComparisonResult): string {
  return `${JSON.stringify({ ...result, trust: trustJson(trustOfComparison(result)) })}\n`;
}
