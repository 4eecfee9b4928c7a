import type { AnalysisResult } from '../../analysis/result.ts';
import { countText, durationText } from '../quantities.ts';
import { trustOfAnalysis } from '../trust/analysis.ts';
import { wrap } from './layout.ts';
import { trustLines } from './trust.ts';

/** What the report rests on, which inputs, what was found while reading, and how numbers were made. */
export function readingLines(result: AnalysisResult): string[] {
  const { input, method } = result;
  const lines = trustLines(trustOfAnalysis(result));
  const about = [
    `columns: ${input.layouts.join('; ') || 'none'}`,
    input.kernelRelease === '' ? '' : `kernel ${input.kernelRelease}`,
    input.cpus > 0 ? countText(input.cpus, 'CPU') : 'no CPU column',
    input.tasks > 0 ? countText(input.tasks, 'task') : 'tasks not named',
    input.durationNs === null ? 'no time stamps' : `${durationText(input.durationNs)} by the time stamps`,
  ];
  lines.push(...wrap(about.filter((part) => part !== '').join(', '), ''));
  for (const d of result.diagnostics)
    lines.push(...wrap(`${d.severity} (${d.count}): ${d.text} [${d.id}]`, '  ', ''));
  if (method.filters !== '') lines.push(...wrap(`filters: ${method.filters}`, ''));
  if (method.excluded.length > 0) lines.push(`taken out of durations: ${method.excluded.join(', ')}`);
  const measured =
    result.functions.some((row) => row.totalNs !== null) ||
    result.locks.length > 0 ||
    result.scheduling !== null;
  if (measured) lines.push(...wrap(`Quantiles: ${method.quantile}.${exactness(result)}`, ''));
  return lines;
}

/** How exact durations are as they are printed, or as far as time stamps tell. */
function exactness(result: AnalysisResult): string {
  const { functions } = result;
  const byGraph = functions.some((row) => row.totalNs !== null && row.calls > row.pairCalls);
  const byEvents = functions.some((row) => row.pairCalls > 0);
  const graph = ` Durations are cut, not rounded, to seven digits by the kernel${cutText(result)}.`;
  const events = ' Durations from event to event are as fine as the time stamps.';
  return (byGraph ? graph : '') + (byEvents ? events : '');
}

/** What cutting may have taken, where it took anything. */
function cutText(result: AnalysisResult): string {
  const most = [...result.functions].sort((a, b) => b.cutNs - a.cutNs)[0];
  if (!most || most.cutNs === 0) return ', which took nothing here';
  return `: up to ${durationText(most.cutNs)} of the total of ${most.name}`;
}
