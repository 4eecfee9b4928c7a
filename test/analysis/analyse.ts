import type { AnalysisResult, FunctionRow, LockRow, TailRow } from '../../src/analysis/result.ts';
import { type AnalysisOptions, TraceAnalysis } from '../../src/analysis/trace-analysis.ts';
import { FunctionGraphParser } from '../../src/parsers/function-graph.ts';
import type { RecordBatch } from '../../src/trace/records.ts';
import { pushInChunks } from '../helpers/parse-records.ts';

export type AnalyseOptions = Partial<Omit<AnalysisOptions, 'overhead'>> & { readonly subtract?: boolean };

/** Analyses texts as `analyze` does, one input each, without files and processes. */
export function analyse(
  texts: string | Uint8Array | readonly string[],
  options: AnalyseOptions = {},
): AnalysisResult {
  const inputs = (Array.isArray(texts) ? texts : [texts]) as readonly (string | Uint8Array)[];
  const base: AnalysisOptions = {
    filters: {},
    filtersText: '',
    exclude: { irq: false, softirq: false, offCpu: false },
    slowest: 3,
    overhead: null,
    ...options,
  };
  let analysis = read(inputs, base);
  let firstPass = null;
  if (options.subtract) {
    const { cost, estimator } = analysis.estimateOverhead();
    firstPass = estimator;
    analysis = read(inputs, { ...base, overhead: cost });
  }
  return analysis.result({ name: 'trace-replay', version: '0', command: 'test' }, firstPass);
}

function read(inputs: readonly (string | Uint8Array)[], options: AnalysisOptions): TraceAnalysis {
  const analysis = new TraceAnalysis(options);
  inputs.forEach((input, i) => {
    const bytes = typeof input === 'string' ? new Uint8Array(Buffer.from(input, 'latin1')) : input;
    const name = `input-${i}`;
    let sink: (batch: RecordBatch) => void = () => {};
    const parser = new FunctionGraphParser({
      inputName: name,
      names: analysis.names,
      tasks: analysis.tasks,
      diagnostics: analysis.diagnostics,
      sink: (batch) => sink(batch),
    });
    sink = analysis.beginFile(name, () => parser.originNs);
    pushInChunks(parser, bytes, 65536);
    analysis.endFile({ name, format: 'function_graph', sha256: '' }, parser.finish());
  });
  return analysis;
}

/** The one row of a function. */
export function functionRow(result: AnalysisResult, name: string): FunctionRow {
  const rows = result.functions.filter((row) => row.name === name);
  if (rows.length !== 1)
    throw new Error(`${rows.length} rows of ${name}: ${result.functions.map((f) => f.name)}`);
  return rows[0]!;
}

/** The one row of a lock at a site; `lock` as the report names it. */
export function lockRow(result: AnalysisResult, lock: string, site: string): LockRow {
  const rows = result.locks.filter((row) => row.lock === lock && row.site === site);
  if (rows.length !== 1)
    throw new Error(`${rows.length} rows of ${lock} in ${site}: ${lockNames(result).join('; ')}`);
  return rows[0]!;
}

export function tailRow(result: AnalysisResult, name: string): TailRow {
  const row = result.tails.find((tail) => tail.function === name);
  if (!row) throw new Error(`no tail of ${name}: ${result.tails.map((tail) => tail.function)}`);
  return row;
}

/** `class->lock in zs_free`, for every row. */
export function lockNames(result: AnalysisResult): string[] {
  return result.locks.map((row) => `${row.lock} in ${row.site}`);
}

/** Who stood in the way, as `function task ns`; what no hold explains is left out. */
export function blamedOn(row: LockRow): string[] {
  return row.blockedBy
    .filter((b) => b.function !== '(not seen)')
    .map((b) => `${b.function} ${b.task} ${b.waitNs}`.replace(/ {2,}/g, ' '));
}
