import { Diagnostics } from '../../trace/diagnostics.ts';
import { NameTable } from '../../trace/names.ts';
import type { CompactionStep, OperationTable } from '../../trace/operations.ts';
import { Places } from '../../trace/places.ts';
import type { RecordSink } from '../../trace/records.ts';
import type { SideTable, TableSink } from '../../trace/side-tables.ts';
import { TaskTable } from '../../trace/tasks.ts';
import { CallStacks } from '../call-stacks.ts';
import { FunctionRoles } from '../function-roles.ts';
import { displayName } from '../locks/names.ts';
import { lockPrimitive } from '../locks/primitives.ts';
import { OverheadEstimator } from '../overhead.ts';
import type { InputFile } from '../result.ts';
import type { EndedFile } from '../trace-analysis.ts';
import { OperationExtractor } from './extract.ts';
import { meaningOf } from './function-meanings.ts';
import type { Probe } from './probes.ts';

/** Reads a recording for its operations: a sink for the records of one or more inputs. */
export class OperationRecording {
  readonly names = new NameTable();
  readonly tasks = new TaskTable();
  readonly diagnostics = new Diagnostics();
  /** The tracer's cost, as the recording shows it. */
  readonly overhead = new OverheadEstimator();
  readonly #extractor = new OperationExtractor(this.names);
  readonly #roles = new FunctionRoles(
    this.names,
    (name) => lockPrimitive(name) !== null,
    (name) => meaningOf(name).hasArguments,
  );
  /** Side data of the inputs. Definitions of probes tell those events apart that come after them. */
  readonly sideTables: SideTable[] = [];
  readonly tables: TableSink = {
    table: (table) => this.#sideTable(table),
    histogram: () => {},
  };
  #stacks: CallStacks | null = null;
  /** '' when the recording does not say. */
  kernelRelease = '';
  /** CPUs of the machine; 0 when the recording does not say. */
  onlineCpus = 0;
  #known: ReadonlySet<string> | null = null;
  readonly files: InputFile[] = [];

  beginFile(names: readonly string[], _originNs: () => number): RecordSink {
    const stacks = new CallStacks({
      names: this.names,
      tasks: this.tasks,
      roles: this.#roles,
      diagnostics: this.diagnostics,
      inputName: names.join(', '),
      places: new Places(names),
      sink: (rows) => {
        this.#extractor.add(rows);
        this.overhead.add(rows);
      },
    });
    this.#stacks = stacks;
    return (records) => stacks.add(records);
  }

  endFiles(files: readonly EndedFile[]): void {
    this.#stacks?.finish();
    this.#stacks = null;
    this.#extractor.finish();
    for (const { name, format, sha256, facts } of files) {
      const { bytes, lines, understoodLines } = facts;
      this.files.push({ name, format, bytes, lines, understoodLines, sha256 });
      this.kernelRelease ||= facts.kernelRelease;
      this.onlineCpus ||= facts.onlineCpus ?? 0;
    }
  }

  get operations(): OperationTable {
    return this.#extractor.table;
  }

  get compaction(): readonly CompactionStep[] {
    return this.#extractor.compaction;
  }

  /** What the probes of the recording were taken for. */
  get probes(): readonly Probe[] {
    return this.#extractor.probes.found;
  }

  /** The recording, read to its end, names this function. */
  hasFunction(name: string): boolean {
    this.#known ??= new Set(Array.from({ length: this.names.size }, (_, id) => this.names.functionName(id)));
    return this.#known.has(name);
  }

  /** A lock by its key of {@link OperationTable.lockSets}, as a kernel developer writes it. */
  lockName(key: string): string {
    const side = / \((?:read|write)\)$/.exec(key)?.[0] ?? '';
    const hints = {
      release: this.kernelRelease,
      hasFunction: (name: string) => this.hasFunction(name),
      zsmallocHasRwlock: this.operations.lockSets.texts.some((text) => text.includes('{zs-pool}')),
      // Holds are not followed here.
      zsmallocHoldsOverlap: false,
    };
    return displayName(side === '' ? key : key.slice(0, -side.length), hints) + side;
  }

  #sideTable(table: SideTable): void {
    this.sideTables.push(table);
    if (table.kind !== 'kprobe-events') return;
    const column = (name: string) => table.columns.indexOf(name);
    this.#extractor.probes.define(
      table.rows.map((row) => ({
        event: String(row[column('event')]),
        place: String(row[column('place')]),
        arguments: String(row[column('arguments')] ?? ''),
      })),
    );
  }

  /** Operations that began and whose end was not recorded. */
  get unfinished(): number {
    return this.#extractor.unfinished;
  }
}
