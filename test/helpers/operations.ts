import { CallStacks } from '../../src/analysis/call-stacks.ts';
import { FunctionRoles } from '../../src/analysis/function-roles.ts';
import { lockPrimitive } from '../../src/analysis/locks/primitives.ts';
import { OperationExtractor } from '../../src/analysis/operations/extract.ts';
import { meaningOf } from '../../src/analysis/operations/function-meanings.ts';
import { FunctionGraphParser } from '../../src/parsers/function-graph.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { TaskTable } from '../../src/trace/tasks.ts';

/** The operations of a function_graph text. */
export function extractOperations(bytes: Uint8Array): OperationExtractor {
  const names = new NameTable();
  const tasks = new TaskTable();
  const shared = { inputName: 'test', names, tasks, diagnostics: new Diagnostics() };
  const extractor = new OperationExtractor(names);
  const roles = new FunctionRoles(
    names,
    (name) => lockPrimitive(name) !== null,
    (name) => meaningOf(name).hasArguments,
  );
  const stacks = new CallStacks({ ...shared, roles, sink: (rows) => extractor.add(rows) });
  const parser = new FunctionGraphParser({ ...shared, sink: (records) => stacks.add(records) });
  parser.push(bytes);
  parser.finish();
  stacks.finish();
  extractor.finish();
  return extractor;
}
