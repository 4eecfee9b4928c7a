import { type Command, Option } from 'commander';
import { formatById } from '../parsers/registry.ts';
import type { Length, ReviewDocument } from '../report/mail/document.ts';
import { renderMail } from '../report/mail/mail.ts';
import { renderMarkdown } from '../report/mail/markdown.ts';
import { UsageError } from '../trace/diagnostics.ts';

export const REPORT_FORMATS = ['text', 'json', 'mail', 'markdown'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportOptions {
  readonly format?: ReportFormat | undefined;
  readonly json?: boolean;
  readonly brief?: boolean;
  readonly full?: boolean;
}

/** How a report is to be written. */
export interface ReportChoice {
  readonly format: ReportFormat;
  readonly length: Length;
}

/** Adds `--json`, `--format`, `--brief` and `--full`. `docs` is where the JSON is described. */
export function addReportOptions(command: Command, docs: string): Command {
  return command
    .option('--json', `print JSON instead of text (${docs})`)
    .addOption(
      new Option('--format <format>', 'mail: at most 72 columns and 60 lines; markdown').choices(
        REPORT_FORMATS,
      ),
    )
    .option('--brief', 'with mail or markdown: the answer and one table')
    .option('--full', 'with mail or markdown: every row, and all that the numbers rest on');
}

/**
 * What the options ask for.
 * @throws {UsageError} when they contradict each other, or one would do nothing.
 */
export function reportChoice({ format, json, brief, full }: ReportOptions): ReportChoice {
  if (json && format !== undefined && format !== 'json')
    throw new UsageError(`--json and --format ${format}: choose one`);
  const chosen = json ? 'json' : (format ?? 'text');
  if ((brief || full) && chosen !== 'mail' && chosen !== 'markdown')
    throw new UsageError(`${brief ? '--brief' : '--full'} goes with --format mail or markdown`);
  if (brief && full) throw new UsageError('--brief and --full: choose one');
  return { format: chosen, length: brief ? 'brief' : full ? 'full' : 'usual' };
}

/** The document as mail or Markdown. */
export function renderDocument(document: ReviewDocument, { format, length }: ReportChoice): string {
  return format === 'mail' ? renderMail(document, length) : renderMarkdown(document, length);
}

/** What `--format` was given: what the inputs are, and how the report is to be written. */
export interface Formats {
  readonly input?: string;
  readonly report?: ReportFormat;
}

/** `--format` of commands that read traces: a report's format or an input's; no name is both, and both may be given. */
export function formatOfEither(id: string, given: Formats): Formats {
  const report = REPORT_FORMATS.find((format) => format === id);
  return report === undefined ? { ...given, input: formatById(id).id } : { ...given, report };
}
