import type { ComparisonResult } from '../analysis/compare/result.ts';
import type { AnalysisResult } from '../analysis/result.ts';
import type { PredictedComparison } from '../replay/predicted/result.ts';

/** The result as one line of JSON, documented in docs/json.md and docs/compare.md. Not-a-number never occurs: null. */
export function renderJson(result: AnalysisResult | ComparisonResult | PredictedComparison): string {
  return `${JSON.stringify(result)}\n`;
}
