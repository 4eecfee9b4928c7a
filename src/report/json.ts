import type { AnalysisResult } from '../analysis/result.ts';

/** The result as one line of JSON, documented in docs/json.md. Not-a-number never occurs: null. */
export function renderJson(result: AnalysisResult): string {
  return `${JSON.stringify(result)}\n`;
}
