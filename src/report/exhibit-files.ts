import { drawPlainSvg } from './charts/draw.ts';
import { exportSpec } from './charts/export-spec.ts';
import type { ChartExhibit, Exhibit, TableExhibit } from './exhibits.ts';
import { cleanText } from './page/escape.ts';

/** What a report can be exported as, besides the page. */
export type ExportKind = 'svg' | 'vega-lite' | 'csv';

/** A file to be written; `name` has letters, digits, `_`, `.` and `-` only. */
export interface ExhibitFile {
  readonly name: string;
  readonly text: string;
}

/** Charts and tables of a report as files of one kind, in the order of the page. */
export async function exhibitFiles(kind: ExportKind, exhibits: readonly Exhibit[]): Promise<ExhibitFile[]> {
  if (kind === 'csv') return exhibits.flatMap(csvFiles);
  const files: ExhibitFile[] = [];
  for (const exhibit of exhibits) if (exhibit.kind === 'chart') files.push(await chartFile(kind, exhibit));
  return files;
}

async function chartFile(kind: 'svg' | 'vega-lite', chart: ChartExhibit): Promise<ExhibitFile> {
  const spec = exportSpec(chart);
  if (kind === 'vega-lite') {
    return { name: `${chart.id}.vl.json`, text: `${JSON.stringify(spec, null, 1)}\n` };
  }
  const drawn = cleanText(await drawPlainSvg(spec));
  return { name: `${chart.id}.svg`, text: `<?xml version="1.0" encoding="UTF-8"?>\n${drawn}\n` };
}

function csvFiles(exhibit: Exhibit): ExhibitFile[] {
  if (exhibit.kind === 'table')
    return exhibit.name === null ? [] : [{ name: `${exhibit.name}.csv`, text: csvText(exhibit) }];
  return exhibit.tables.map((table, k) => ({
    name: `${exhibit.id}${k === 0 ? '' : `-${k + 1}`}.csv`,
    text: csvText(table),
  }));
}

/** RFC 4180 but for its line ends, with a line of names; what is not known is an empty field. */
function csvText({ header, rows }: TableExhibit): string {
  return [header, ...rows()].map((row) => `${row.map(csvField).join(',')}\n`).join('');
}

function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
