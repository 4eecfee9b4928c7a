import type { ComparisonResult } from '../analysis/compare/result.ts';
import type { AnalysisResult } from '../analysis/result.ts';
import type { PredictedComparison } from '../replay/predicted/result.ts';
import { trustOfAnalysis } from './trust/analysis.ts';
import { trustOfComparison } from './trust/comparison.ts';
import { trustOfPrediction } from './trust/prediction.ts';
import { type TrustBox, trustJson } from './trust/trust-box.ts';

/** An analysis as one line of JSON, documented in docs/json.md. Not-a-number never occurs: null. */
export function renderJson(result: AnalysisResult): string {
  return withTrust(result, trustOfAnalysis(result));
}

/** A comparison as one line of JSON, documented in docs/compare.md. */
export function renderComparisonJson(result: ComparisonResult): string {
  return withTrust(result, trustOfComparison(result));
}

/** A prediction beside what was measured, likewise. */
export function renderPredictedJson(result: PredictedComparison): string {
  return withTrust(result, trustOfPrediction(result));
}

function withTrust(result: object, box: TrustBox): string {
  return `${JSON.stringify({ ...result, trust: trustJson(box) })}\n`;
}
