import type { TraceFacts } from './trace-parser.ts';

/**
 * Reads a line of the block that `perf script --header` prints first, into the facts
 * (tools/perf/util/header.c, the print functions of the features).
 */
export function readHeaderLine(line: string, facts: TraceFacts): void {
  const m = /^# ([\w ]+?) ?: (.*)$/.exec(line);
  if (!m) return;
  const value = m[2]!.trim();
  switch (m[1]) {
    case 'os release':
      facts.kernelRelease ||= value;
      break;
    case 'hostname':
      facts.hostname ??= value;
      break;
    case 'nrcpus online':
      facts.onlineCpus ??= Number(value);
      break;
    case 'cmdline':
      facts.commandLine ??= value;
      break;
    case 'event':
      facts.clockName = clockOf(value);
      break;
    default:
  }
}

const CLOCKS: Readonly<Record<string, string>> = {
  '0': 'realtime',
  '1': 'mono',
  '4': 'mono_raw',
  '7': 'boot',
  '11': 'tai',
};

/** The clock by the attributes of an event: the numbers are those of clock_gettime(2). */
function clockOf(attributes: string): string {
  if (!/\buse_clockid = 1\b/.test(attributes)) return 'perf';
  const id = /\bclockid = (\d+)/.exec(attributes)?.[1] ?? '0';
  return CLOCKS[id] ?? `clock ${id}`;
}
