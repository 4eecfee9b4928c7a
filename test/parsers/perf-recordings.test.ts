import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recogniseFormat, type TraceFormat } from '../../src/parsers/registry.ts';
import { InputError } from '../../src/trace/diagnostics.ts';
import { readTrace, SHARED_TRACES } from '../helpers/fixtures.ts';
import { runPerf } from '../helpers/parse-perf.ts';

const FOLDER = join(SHARED_TRACES, '6.12.117/perf');
const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => name !== 'COMMANDS.txt' && !name.startsWith('ftrace-'))
  : [];

/** The format of a recording, or why it is refused. */
function recognised(name: string, bytes: Uint8Array): TraceFormat | string {
  try {
    return recogniseFormat({ name, head: bytes.subarray(0, 65536) });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** All that perf printed of the recordings beside the checkout. */
describe.runIf(files.length > 0)('recordings of perf', () => {
  it.each(files)('%s is read without an unexplained line, or refused by name', (name) => {
    const bytes = readTrace(join(FOLDER, name));
    const format = recognised(name, bytes);
    if (typeof format === 'string') {
      expect(format).toMatch(/: this is .*`perf [^`]+`.*\bperf (?:script|record)\b/);
      return;
    }
    expect(format.id).toMatch(/^perf-/);
    if (format.open === null) return;
    const { facts, diagnostics } = runPerf(bytes, format.open);
    expect(facts.lines).toBeGreaterThan(0);
    expect(facts.understoodLines).toBe(facts.lines);
    expect(diagnostics.list().filter((d) => d.severity !== 'info')).toEqual([]);
  });
});
