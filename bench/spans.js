/**
 * Text to spans with a latency table by function and nothing else: the stage that the throughput
 * claim is about. Prints the number of calls and the sum of durations, so that peers can be compared.
 *
 * usage: node bench/spans.js TRACE
 */
import { CallStacks } from '../dist/analysis/call-stacks.js';
import { FunctionRoles } from '../dist/analysis/function-roles.js';
import { LatencyTable } from '../dist/analysis/latency.js';
import { RowFilter } from '../dist/analysis/row-filter.js';
import { FunctionGraphParser } from '../dist/parsers/function-graph.js';
import { openSource } from '../dist/parsers/source.js';
import { Diagnostics } from '../dist/trace/diagnostics.js';
import { NameTable } from '../dist/trace/names.js';
import { TaskTable } from '../dist/trace/tasks.js';

const path = process.argv[2];
const names = new NameTable();
const tasks = new TaskTable();
const diagnostics = new Diagnostics();
const latency = new LatencyTable(new RowFilter({}, names, tasks));
const stacks = new CallStacks({
  names,
  tasks,
  roles: new FunctionRoles(names, () => false),
  diagnostics,
  inputName: path,
  sink: (rows) => latency.add(rows),
});
const parser = new FunctionGraphParser({
  inputName: path,
  names,
  tasks,
  diagnostics,
  sink: (records) => stacks.add(records),
});
const source = await openSource(path);
for await (const chunk of source.chunks) parser.push(chunk);
const facts = parser.finish();
stacks.finish();
const rows = latency.rows();
const calls = rows.reduce((sum, row) => sum + row.calls, 0);
console.log(`${facts.lines} lines ${calls} calls ${rows.length} functions`);
