import { latin1 } from '../trace/records.ts';

const LINES_TO_LOOK_AT = 50;

const COMM_AND_CPU = String.raw`\S.{0,300}?-\d+ +(?:\[\d{3,}\](?:-0x[0-9a-f]+)?(?: [.\w]{4,7})?|\d+(?:[.\w]{4,7}|-0x[0-9a-f]+))`;
const TIME = String.raw` +\d+(?:\.(?:\d{6}|\d{9}))?: +(?:\(\+-?\d+\) +)?`;
/** What only trace-cmd prints behind the time: its own function records, or a name padded to 20. */
const RECORD = new RegExp(
  String.raw`^ *${COMM_AND_CPU}${TIME}(?:func(?:graph_(?:entry|exit)|tion): |(?=.{22})(?:[^\s:]{1,19}: {2,}\S|[^\s:]{20,}: ))`,
);
/** The kernel pads the pid to 7 and puts a blank before the bracket; trace-cmd pads it to 5. */
const KERNEL = /^.{16}-\d+ +(?<=^.{25})\[/;

/**
 * True for text of `trace-cmd report` in any variant: its first line (`cpus=N`, `version = N`), or
 * records as only trace-cmd prints them. Kernel text and perf script are not claimed.
 */
export function sniffTraceCmdReport(head: Uint8Array): boolean {
  const text = latin1(head, 0, head.length);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (/^(?:.*: )?cpus=\d+\s*$|^version = \d+\s*$/.test(lines[0]?.slice(0, 400) ?? '')) return true;
  if (/^(?:CPU ?\d+ is empty|CPU:\d+ \[(?:\d+ )?EVENTS DROPPED\])/.test(lines[0] ?? '')) return true;
  const sample = lines.slice(0, LINES_TO_LOOK_AT).filter((line) => !/^\s*=>/.test(line));
  if (sample.some((line) => line.startsWith('# tracer: '))) return false;
  const records = sample.filter(isRecord).length;
  if (records > 0 && records * 2 >= sample.length) return true;
  // What other programs said before: the first line of the report itself stands among the first ones.
  const begun = lines.slice(0, LINES_TO_LOOK_AT).findIndex((line) => /^cpus=\d+$/.test(line));
  return begun >= 0 && isRecord(lines[begun + 1] ?? '');
}

function isRecord(line: string): boolean {
  const start = line.slice(0, 600);
  if (!RECORD.test(start)) return false;
  return !KERNEL.test(start) || /: func(?:graph_(?:entry|exit)|tion): /.test(start);
}
