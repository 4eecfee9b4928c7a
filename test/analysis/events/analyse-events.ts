import type { AnalysisResult } from '../../../src/analysis/result.ts';
import { type AnalysisOptions, TraceAnalysis } from '../../../src/analysis/trace-analysis.ts';
import { readEventText } from '../../helpers/event-text.ts';

/** Analyses texts of events as `analyze` does, one input each, through the slow reader. */
export function analyseEvents(
  texts: string | readonly string[],
  options: Partial<AnalysisOptions> = {},
  capacity?: number,
): AnalysisResult {
  const analysis = new TraceAnalysis({
    filters: {},
    filtersText: '',
    exclude: { irq: false, softirq: false, offCpu: false },
    slowest: 3,
    overhead: null,
    ...options,
  });
  (typeof texts === 'string' ? [texts] : texts).forEach((text, n) => {
    const name = `input-${n}`;
    // The slow reader knows its origin first: that is the whole seconds of the first stamp.
    const first = / (\d+)\.\d{6,9}:/.exec(text);
    const originNs = Number(first?.[1] ?? 0) * 1e9;
    const sink = analysis.beginFile(name, () => originNs);
    const { names, tasks, diagnostics } = analysis;
    readEventText(text, { names, tasks, diagnostics, sink }, capacity);
    const lines = text.split('\n').length;
    analysis.endFile(
      { name, format: 'test', sha256: '' },
      {
        bytes: text.length,
        lines,
        understoodLines: lines,
        cpus: 2,
        clock: 'stamps',
        originNs,
        firstNs: 0,
        lastNs: 1e9,
        kernelRelease: '',
        layouts: [],
      },
    );
  });
  return analysis.result({ name: 'trace-replay', version: '0', command: 'test' }, null);
}

/**
 * `us cpu comm-pid name: text` made into ftrace's event lines; lines that begin with `=>` are frames,
 * `lost CPU` is a loss.
 */
export function eventText(short: string): string {
  return short
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((raw) => {
      const line = raw.trim();
      if (line.startsWith('=>')) return ` ${line}`;
      const lost = /^lost (\d+)/.exec(line);
      if (lost) return `CPU:${lost[1]} [LOST 5 EVENTS]`;
      const m = /^(\d+) (\d+) (\S+)-(\d+) (.*)$/.exec(line);
      if (!m) throw new Error(`not an event line: ${line}`);
      const [, us, cpu, comm, pid, rest] = m;
      const stamp = (Number(us) / 1e6 + 10).toFixed(6).padStart(12);
      return `${comm!.padStart(16)}-${pid!.padEnd(7)} [${cpu!.padStart(3, '0')}] ..... ${stamp}: ${rest}`;
    })
    .join('\n');
}
