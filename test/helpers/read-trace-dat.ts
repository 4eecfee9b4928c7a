import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTraceDat } from '../../src/parsers/trace-dat/trace-dat.ts';
import type { TraceFacts } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';

/** A row as tests compare it. */
export interface DatRow {
  readonly line: number;
  readonly kind: number;
  readonly name: string;
  readonly cpu: number;
  readonly pid: number;
  readonly comm: string;
  /** Whole ns of the trace clock. */
  readonly time: bigint;
  readonly durationNs: number;
  readonly depth: number;
  readonly other: number;
  readonly context: number;
  readonly text: string;
}

export interface DatResult {
  readonly rows: DatRow[];
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
}

/** Reads a trace.dat that is given as bytes. */
export async function readDat(bytes: Uint8Array): Promise<DatResult> {
  const folder = mkdtempSync(join(tmpdir(), 'trace-replay-dat-'));
  try {
    const path = join(folder, 'trace.dat');
    writeFileSync(path, bytes);
    const names = new NameTable();
    const tasks = new TaskTable();
    const diagnostics = new Diagnostics();
    const rows: DatRow[] = [];
    let origin = 0n;
    const facts = await readTraceDat(
      path,
      {
        inputName: 'trace.dat',
        names,
        tasks,
        diagnostics,
        onOrigin: (ns) => {
          origin = BigInt(ns);
        },
        sink: (batch) => {
          for (let i = 0; i < batch.length; i++) {
            const task = batch.task[i]!;
            rows.push({
              line: batch.line[i]!,
              kind: batch.kind[i]!,
              name: batch.kind[i] === RecordKind.Lost ? '' : names.text(batch.name[i]!),
              cpu: batch.cpu[i]!,
              pid: task < 0 ? -1 : tasks.rows[task]!.pid,
              comm: task < 0 ? '' : tasks.rows[task]!.comm,
              time: BigInt(Math.round(batch.timeNs[i]! || 0)) + origin,
              durationNs: batch.durationNs[i]!,
              depth: batch.depth[i]!,
              other: batch.other[i]!,
              context: batch.context[i]!,
              text: batch.text(i),
            });
          }
        },
      },
      () => {},
    );
    return { rows, facts, diagnostics };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
