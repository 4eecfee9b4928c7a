/** Reads a trace.dat to records and counts them: what bench/trace-dat.js measures. */
import { readTraceDat } from '../dist/parsers/trace-dat/trace-dat.js';
import { Diagnostics } from '../dist/trace/diagnostics.js';
import { NameTable } from '../dist/trace/names.js';
import { TaskTable } from '../dist/trace/tasks.js';

let rows = 0;
const diagnostics = new Diagnostics();
const facts = await readTraceDat(
  process.argv[2],
  {
    inputName: process.argv[2],
    names: new NameTable(),
    tasks: new TaskTable(),
    diagnostics,
    sink: (batch) => {
      rows += batch.length;
    },
  },
  () => {},
);
console.log(`${facts.lines} records, ${rows} rows, ${diagnostics.list().length} diagnostics`);
