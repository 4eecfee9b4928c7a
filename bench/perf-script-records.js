/** Reads a `perf script` text to records and prints how many there are: the program that is measured. */
import { closeSync, openSync, readSync } from 'node:fs';
import { PerfScriptParser } from '../dist/parsers/perf-script.js';
import { Diagnostics } from '../dist/trace/diagnostics.js';
import { NameTable } from '../dist/trace/names.js';
import { TaskTable } from '../dist/trace/tasks.js';

const path = process.argv[2];
let records = 0;
const parser = new PerfScriptParser({
  inputName: path,
  names: new NameTable(),
  tasks: new TaskTable(),
  diagnostics: new Diagnostics(),
  sink: (batch) => {
    records += batch.length;
  },
});
const file = openSync(path, 'r');
const buffer = new Uint8Array(1 << 18);
for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
  parser.push(buffer.subarray(0, length));
}
closeSync(file);
const facts = parser.finish();
console.log(`${records} records, ${facts.lines} lines, ${facts.understoodLines} understood`);
