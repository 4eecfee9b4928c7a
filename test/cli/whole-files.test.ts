import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EndedFile } from '../../src/analysis/trace-analysis.ts';
import { Progress } from '../../src/cli/progress.ts';
import { InputReader, type ReadOptions, type RecordConsumer } from '../../src/cli/read-inputs.ts';
import { Spool } from '../../src/cli/spool.ts';
import { FORMATS, type TraceFormat } from '../../src/parsers/registry.ts';
import { Diagnostics, InputError } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { Places } from '../../src/trace/places.ts';
import { RecordBatch, RecordBits, RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { temporaryFolder } from './run-cli.ts';

/**
 * A format that is read as a whole: a mark, then one `cpu pid microseconds text` a line. Its records come
 * in batches of three, at once.
 */
const paths: string[] = [];
const WHOLE_FILE: TraceFormat = {
  id: 'numbers',
  title: 'events of a test',
  reads: 'all',
  sniff: (head) => Buffer.from(head).toString('latin1').startsWith('NUMBERS\n'),
  open: null,
  readFile: async (path, context, onProgress) => {
    paths.push(path);
    const text = readFileSync(path, 'latin1');
    const lines = text.trim().split('\n').slice(1);
    if (lines.includes('broken')) throw new InputError(`${context.inputName}: broken`);
    onProgress(text.length);
    const originNs = 100e9;
    context.onOrigin?.(originNs);
    const event = context.names.internText('event');
    for (let from = 0; from < lines.length; from += 3) {
      const batch = new RecordBatch(3);
      const some = lines.slice(from, from + 3);
      batch.bytes = new Uint8Array(Buffer.from(some.join('\n'), 'latin1'));
      let at = 0;
      for (const [i, line] of some.entries()) {
        const [cpu, pid, us] = line.split(' ').map(Number) as [number, number, number];
        batch.kind[i] = RecordKind.Event;
        batch.bits[i] = RecordBits.Text;
        batch.name[i] = event;
        batch.cpu[i] = cpu;
        batch.task[i] = context.tasks.intern(pid, 'task', cpu);
        batch.timeNs[i] = us * 1000 - originNs;
        batch.line[i] = from + i + 1;
        [batch.textStart[i], batch.textEnd[i]] = [at, at + line.length];
        at += line.length + 1;
        batch.length++;
      }
      context.sink(batch);
    }
    const times = lines.map((line) => Number(line.split(' ')[2]) * 1000 - originNs);
    return {
      bytes: text.length,
      lines: lines.length,
      understoodLines: lines.length,
      cpus: 1,
      clock: 'stamps',
      originNs,
      firstNs: Math.min(...times),
      lastNs: Math.max(...times),
      kernelRelease: '',
      layouts: [],
    };
  },
};

const folder = temporaryFolder();
const formats = FORMATS as TraceFormat[];
beforeAll(() => formats.unshift(WHOLE_FILE));
afterAll(() => {
  formats.shift();
  folder.remove();
});
afterEach(() => paths.splice(0));

function write(name: string, content: string | Uint8Array): string {
  mkdirSync(folder.path, { recursive: true });
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

/** Lines `cpu pid us`, every `step` us. */
function numbers(cpu: number, pid: number, fromUs: number, step: number): string {
  return `NUMBERS\n${Array.from({ length: 10 }, (_, i) => `${cpu} ${pid} ${fromUs + i * step}`).join('\n')}\n`;
}

async function read(given: readonly string[], options: Partial<ReadOptions> = {}) {
  const spool = new Spool();
  const ended: EndedFile[] = [];
  const rows: { place: string; us: number; text: string }[] = [];
  const consumer: RecordConsumer & { diagnostics: Diagnostics } = {
    names: new NameTable(),
    tasks: new TaskTable(),
    diagnostics: new Diagnostics(),
    beginFile: (names, originNs) => (batch) => {
      const places = new Places(names);
      for (let i = 0; i < batch.length; i++) {
        const us = (originNs() + batch.timeNs[i]!) / 1000;
        rows.push({ place: places.text(batch.line[i]!), us, text: batch.text(i) });
      }
    },
    endFiles: (files) => ended.push(...files),
  };
  const reader = new InputReader(given, {
    progress: new Progress(true),
    spool,
    hash: true,
    format: null,
    merge: 'auto',
    again: false,
    warn: () => {},
    ...options,
  });
  try {
    await reader.read(consumer);
  } finally {
    spool.remove();
  }
  return { rows, ended, diagnostics: consumer.diagnostics };
}

describe('a format that is read as a whole', () => {
  it('gets the file itself when it is a plain one', async () => {
    const path = write('plain', numbers(0, 200, 100_000_005, 10));
    const { rows, ended } = await read([path]);
    expect(paths).toEqual([path]);
    expect(rows.length).toBe(10);
    expect(rows[0]).toEqual({ place: `${path}:1`, us: 100_000_005, text: '0 200 100000005' });
    expect(ended[0]!.facts.bytes).toBe(readFileSync(path).length);
  });

  it('gets a copy when it is compressed, which is taken away', async () => {
    const text = numbers(0, 200, 100_000_005, 10);
    const plain = await read([write('plain', text)]);
    const path = write('packed', gzipSync(text));
    const { rows, ended } = await read([path]);
    expect(paths.length).toBe(2);
    expect(paths[1]).not.toBe(path);
    expect(existsSync(paths[1]!)).toBe(false);
    expect(rows.map((r) => r.us)).toEqual(plain.rows.map((r) => r.us));
    expect([ended[0]!.sha256, ended[0]!.facts.bytes]).toEqual([plain.ended[0]!.sha256, text.length]);
    expect(rows[0]!.place).toBe(`${path}:1`);
  });

  it('gets what could be read of damaged data, and says so', async () => {
    // Not compressible, so that half of the packed bytes are half of the text.
    const many = Array.from({ length: 40_000 }, (_, i) => `0 200 ${100_000_005 + i * 7 + (i % 5)}`);
    const packed = gzipSync(`NUMBERS\n${many.join('\n')}\n`);
    const { rows, diagnostics } = await read([write('cut', packed.subarray(0, packed.length >> 1))]);
    expect(rows.length).toBeGreaterThan(1000);
    expect(diagnostics.count('input-broken-off')).toBe(1);
  });

  it('is merged with others by time, though its records come at once', async () => {
    const a = write('a', numbers(0, 200, 100_000_000, 10));
    const b = write('b', numbers(1, 200, 100_000_005, 10));
    const { rows, ended, diagnostics } = await read([a, b], { merge: 'always' });
    expect(rows.map((r) => r.us)).toEqual(Array.from({ length: 20 }, (_, i) => 100_000_000 + i * 5));
    expect(rows[1]).toEqual({ place: `${b}:1`, us: 100_000_005, text: '1 200 100000005' });
    expect(ended.map((file) => [file.name, file.facts.cpus])).toEqual([
      [a, 2],
      [b, 2],
    ]);
    expect(diagnostics.count('inputs-merged')).toBe(2);
  });

  it('is merged with calls of the same task', async () => {
    const graph = Array.from({ length: 30 }, (_, i) => {
      return `  100.${String(i * 4).padStart(6, '0')} |   0)    task-200    |   1.000 us    |  f${i}();\n`;
    });
    const header =
      '# tracer: function_graph\n#\n#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n' +
      '#      |          |     |    |           |   |                     |   |   |   |\n';
    const a = write('graph.txt', header + graph.join(''));
    const b = write('numbers', numbers(0, 200, 100_000_002, 10));
    const { rows, ended } = await read([a, b]);
    const times = rows.map((r) => r.us);
    expect(rows.length).toBe(40);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(ended.map((file) => file.format)).toEqual(['function_graph', 'numbers']);
  });

  it('that cannot be read is told once, and the others are read', async () => {
    const good = write('good', numbers(0, 200, 100_000_000, 10));
    const bad = write('bad', 'NUMBERS\nbroken\n');
    const warned: string[] = [];
    const { rows, diagnostics } = await read([good, bad], { warn: (text) => warned.push(text) });
    expect([rows.length, warned]).toEqual([10, [`${bad}: broken`]]);
    expect(diagnostics.count('input-not-read')).toBe(1);
    await expect(read([bad])).rejects.toThrow(/^.*: broken$/);
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(folder.path).sort()).toEqual([
      'a',
      'b',
      'bad',
      'cut',
      'good',
      'graph.txt',
      'numbers',
      'packed',
      'plain',
    ]);
  });
});
