import { latin1 } from '../trace/records.ts';
import { readSampleLine } from './perf-sample-line.ts';

/** Lines looked at; the head may begin with the output of the command that was recorded. */
const LINES = 200;
const FRAME = /^\t {0,15}[0-9a-f]{1,16}(?: |$)/;
/** What the kernel and trace-cmd write before a time: `comm-pid`, which perf never prints. */
const FTRACE_TASK = /^ *\S.*-\d+ +(?:\([ \d-]+\) )?\[\d+\]/;

/** True when the first bytes of an input look like the text of `perf script`. */
export function sniffPerfScript(head: Uint8Array): boolean {
  const lines = latin1(head, 0, head.length).split('\n');
  // The last line may be cut.
  const looked = (lines.length > 1 ? lines.slice(0, -1) : lines).slice(0, LINES);
  if (looked.some((line) => /^# cmdline : \S*perf /.test(line)) && !looked.some(isDump)) {
    return looked[0]!.startsWith('# ====');
  }
  let samples = 0;
  let frames = 0;
  let others = 0;
  let between = 0;
  for (const line of looked) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (FRAME.test(line)) frames++;
    else if (isSample(line)) samples++;
    else {
      others++;
      if (samples + frames > 0) between++;
    }
  }
  const read = samples + frames;
  // Where only frames can be told, all of them must be some.
  return samples > 0 ? read > between && read * 4 > others : frames > 2 && others <= frames / 2;
}

/** A sample's line that cannot be a line of another tool's. */
function isSample(line: string): boolean {
  if (line.length > 4096 || FTRACE_TASK.test(line)) return false;
  const sample = readSampleLine(line);
  if (!sample?.isCertain) return false;
  if (sample.record !== '') return true;
  const hasTask = sample.comm !== '' || sample.tid >= 0;
  // A word with a colon stands in any text: an event alone must look like one of perf's.
  return hasTask && (sample.seconds !== null || sample.cpu >= 0 || /[:/]/.test(sample.event));
}

/** The marks of `perf script -D`. */
export function isDump(line: string): boolean {
  return (
    /^0x[0-9a-f]+@\S+ \[0x[0-9a-f]+\]: event: \d+/.test(line) || line.startsWith('. ... raw event: size')
  );
}
