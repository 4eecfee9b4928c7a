import type { AnalysisResult } from '../analysis/result.ts';
import { trustOfAnalysis } from './trust/analysis.ts';
import { trustJson } from './trust/trust-box.ts';

/** The result as one line of JSON, documented in docs/json.md. Not-a-number never occurs: null. */
export function renderJson(result: AnalysisResult): string {
  return `${JSON.stringify({ ...result, trust: trustJson(trustOfAnalysis(result)) })}\n`;
}
