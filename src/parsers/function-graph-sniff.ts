import { latin1 } from '../trace/records.ts';
import { type InferredLayout, inferLayout } from './function-graph-layout.ts';
import { undecorate } from './line-decoration.ts';

/** What a text's head looks like to this parser. */
export type FunctionGraphSniff = 'trace' | 'mail' | null;

/**
 * `trace`: function_graph text as the kernel prints it (maybe behind line numbers or printk stamps);
 * `mail`: such lines quoted, collapsed or among prose; null: neither.
 */
export function sniffFunctionGraph(head: Uint8Array): FunctionGraphSniff {
  const text = latin1(head, 0, head.length);
  // The column line also stands over latency tracers that print graphs (irqsoff, wakeup).
  if (/^# tracer: function_graph|^#.*FUNCTION CALLS\s*$/m.test(text)) return 'trace';
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !/^# /.test(line));
  // The last line of a long head is cut.
  if (lines.length > 1 && head.length >= 1 << 15) lines.pop();
  const sample = lines.slice(0, 400);
  const plain = inferLayout(sample);
  if (plain && isConvincing(plain, sample.length)) {
    return plain.layout.collapsed || plain.matches * 2 < sample.length ? 'mail' : 'trace';
  }
  const stripped = sample.map((line) => undecorate(line));
  const inferred = inferLayout(stripped.map((line) => line.text));
  if (!inferred || !isConvincing(inferred, sample.length)) return null;
  const quoted = stripped.some((line) => line.decoration.includes('quote'));
  return quoted || inferred.layout.collapsed || inferred.matches * 2 < sample.length ? 'mail' : 'trace';
}

/** Lines of program text look like a bare layout: then nearly all must fit, else two are enough. */
function isConvincing(inferred: InferredLayout, lines: number): boolean {
  const { layout, matches } = inferred;
  if (layout.abstime || layout.cpu || layout.duration) return matches >= Math.min(2, lines);
  return matches >= 3 && matches >= 0.9 * lines;
}
