import type { ParseContext, TraceFacts, TraceParser } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import type { SideHistogram, SideTable } from '../../src/trace/side-tables.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { pushInChunks } from './parse-records.ts';

export interface ParsedTables {
  readonly tables: SideTable[];
  readonly histograms: SideHistogram[];
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
  /** Rows of a kind as objects. */
  readonly rows: (kind: string) => Record<string, string | number | null>[];
}

/** Runs a parser of side data over bytes and keeps what it gives to the table sink. */
export function parseTables(
  open: (context: ParseContext) => TraceParser,
  bytes: Uint8Array,
  chunkSize = 65536,
): ParsedTables {
  const tables: SideTable[] = [];
  const histograms: SideHistogram[] = [];
  const diagnostics = new Diagnostics();
  const parser = open({
    inputName: 'test',
    names: new NameTable(),
    tasks: new TaskTable(),
    diagnostics,
    sink: () => {
      throw new Error('side data has no records');
    },
    tables: { table: (table) => tables.push(table), histogram: (histogram) => histograms.push(histogram) },
  });
  pushInChunks(parser, bytes, chunkSize);
  const facts = parser.finish();
  const rows = (kind: string) =>
    tables
      .filter((table) => table.kind === kind)
      .flatMap(({ columns, rows }) =>
        rows.map((row) => Object.fromEntries(columns.map((c, i) => [c, row[i]!]))),
      );
  return { tables, histograms, facts, diagnostics, rows };
}
