import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OpenedInput } from '../../src/cli/open-input.ts';
import { Progress } from '../../src/cli/progress.ts';
import { Spool } from '../../src/cli/spool.ts';
import { Diagnostics, InputError } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { SHARED_TRACES } from '../helpers/fixtures.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));

/** Texts for people, and what programs said beside a recording: refused with one sentence. */
const NO_RECORDING =
  /(?:README\.md|COMMANDS\.txt|\.err|mail-samples\S*|zs-classes-\S+|damaged\S*|\.hex)$|\/(?:malformed|node-modules)\//;

interface Row {
  readonly file: string;
  readonly format: string;
  readonly records: number;
  readonly unexplained: number;
  readonly mbPerS: number;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .sort();
}

/** Reads a file as any command would, without saying what it is. */
async function read(path: string, name: string, spool: Spool): Promise<Row | string> {
  const options = {
    progress: new Progress(true),
    spool,
    hash: false,
    format: null,
    merge: 'never' as const,
    again: false,
    warn: () => {},
  };
  let records = 0;
  let tables = 0;
  try {
    const input = await OpenedInput.open(path, options);
    const cpu = process.cpuUsage();
    input.begin({
      names: new NameTable(),
      tasks: new TaskTable(),
      diagnostics: new Diagnostics(),
      tables: { histogram: () => tables++, table: () => tables++ },
      sink: (batch) => {
        records += batch.length;
      },
    });
    while (await input.next());
    const { facts } = input.finish();
    const { user, system } = process.cpuUsage(cpu);
    return {
      file: name,
      format: input.format.id,
      records: records + tables,
      unexplained: facts.lines - facts.understoodLines,
      mbPerS: Math.round(facts.bytes / Math.max(1, user + system)),
    };
  } catch (error) {
    if (error instanceof InputError) return error.message.replace(path, name);
    throw error;
  }
}

describe.each([
  ['fixtures', FIXTURES],
  ['recordings beside the checkout', SHARED_TRACES],
])('all %s', (_, folder) => {
  it.skipIf(!existsSync(folder))(
    'are recognised and read with no line unexplained, or refused by one sentence',
    async () => {
      const rows: Row[] = [];
      const refused: string[] = [];
      const spool = new Spool();
      for (const path of filesBelow(folder)) {
        if (statSync(path).size === 0) continue;
        const row = await read(path, relative(folder, path), spool);
        if (typeof row === 'string') refused.push(row);
        else rows.push(row);
      }
      spool.remove();
      console.table(rows);
      console.log(refused.join('\n'));
      expect(rows.filter((row) => row.unexplained > 0)).toEqual([]);
      expect(rows.filter((row) => row.records === 0)).toEqual([]);
      expect(refused.filter((text) => !isExpected(text))).toEqual([]);
    },
    300_000,
  );
});

/** Refused on purpose: no recording, or output that holds no more than another form of it. */
function isExpected(text: string): boolean {
  const name = text.split(':', 1)[0]!;
  return NO_RECORDING.test(name) || text.startsWith(`${name}: this is `);
}
