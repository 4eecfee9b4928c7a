import type { RecordSink } from '../trace/records.ts';
import type { SpanBatch } from '../trace/spans.ts';
import { RowFilter } from './row-filter.ts';
import { type AnalysisOptions, type EndedFile, TraceAnalysis } from './trace-analysis.ts';

/** A sink for records that lets an analysis pair them, and looks at every span that comes of it. */
export abstract class AnalysisDriver {
  protected readonly analysis: TraceAnalysis;
  /** Which rows count, by the same filters as those of the analysis. */
  protected readonly filter: RowFilter;

  constructor(options: Omit<AnalysisOptions, 'onSpans' | 'slowest' | 'overhead'>) {
    this.analysis = new TraceAnalysis({
      ...options,
      slowest: 1,
      overhead: null,
      onSpans: (rows) => this.onSpans(rows),
    });
    this.filter = new RowFilter(options.filters, this.analysis.names, this.analysis.tasks);
  }

  /** A batch of spans, filled again after the call. */
  protected abstract onSpans(rows: SpanBatch): void;

  get names() {
    return this.analysis.names;
  }

  get tasks() {
    return this.analysis.tasks;
  }

  get diagnostics() {
    return this.analysis.diagnostics;
  }

  get tables() {
    return this.analysis.tables;
  }

  beginFile(names: readonly string[], originNs: () => number): RecordSink {
    return this.analysis.beginFile(names, originNs);
  }

  endFiles(files: readonly EndedFile[]): void {
    this.analysis.endFiles(files);
  }
}
