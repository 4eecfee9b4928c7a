import { latin1 } from '../trace/records.ts';
import { isDump } from './perf-script-sniff.ts';

/** Output of perf's other commands, told by lines that only they print, and what to run instead. */
const OUTPUTS: readonly { readonly is: (line: string) => boolean; readonly sentence: string }[] = [
  {
    is: isDump,
    sentence:
      'this is `perf script -D`, a dump of raw records; run `perf script` without -D, or give the perf.data itself',
  },
  {
    is: (line) => /^ *(?:\d+\.\d{3}|\?) \( *(?:\d+\.\d{3} ms)? *\): \S/.test(line),
    sentence:
      'this is `perf trace`, a list of system calls; it has no kernel functions: record with `perf record` or ftrace and give its `perf script` text',
  },
  {
    is: (line) => /^ *Summary of events:/.test(line) || /^ *syscall +calls +errors +total +min/.test(line),
    sentence:
      'this is the summary of `perf trace -s`, a table of system calls; it has no kernel functions: record with `perf record` or ftrace and give its `perf script` text',
  },
  {
    is: (line) => /^ +time +cpu +task name +(?:wait time|run time|sch delay)/.test(line),
    sentence:
      'this is `perf sched timehist`, a digest of scheduler events; give the events: `perf script -i perf.data` of the same recording',
  },
  {
    is: (line) =>
      /^# Samples: \S+ +of event /.test(line) ||
      /^# (?:Children +Self|Overhead) +(?:Command|Samples)/.test(line),
    sentence:
      'this is `perf report --stdio`, shares without times; give the samples: `perf script -i perf.data` of the same recording',
  },
  {
    is: (line) => /^ *Percent *\| *Source code & Disassembly of/.test(line),
    sentence: 'this is `perf annotate`; give the samples: `perf script -i perf.data` of the same recording',
  },
  {
    is: (line) => / Performance counter stats for '.*':?$/.test(line),
    sentence:
      'this is `perf stat`, totals of counters; give samples or events: `perf record`, then `perf script`',
  },
];

const LINES = 400;

/** A sentence that names an output of perf that cannot be used and says what to run; null for others. */
export function describePerfOutput(head: Uint8Array): string | null {
  const lines = latin1(head, 0, head.length).split('\n', LINES);
  for (const line of lines) {
    if (line.length > 1000) continue;
    for (const output of OUTPUTS) if (output.is(line)) return output.sentence;
  }
  return null;
}
