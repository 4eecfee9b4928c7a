import type { EndedFile } from '../analysis/trace-analysis.ts';
import { EmptyInput } from '../parsers/registry.ts';
import { DoubleEvents } from '../timeline/double-events.ts';
import { mergeRecords } from '../timeline/merge-records.ts';
import type { TimeLine } from '../timeline/plan.ts';
import { RecordFile } from '../timeline/record-file.ts';
import { RecordQueue } from '../timeline/record-queue.ts';
import { type Diagnostics, InputError } from '../trace/diagnostics.ts';
import type { NameTable } from '../trace/names.ts';
import type { RecordBatch, RecordSink } from '../trace/records.ts';
import type { TableSink } from '../trace/side-tables.ts';
import type { TaskTable } from '../trace/tasks.ts';
import { expandInputs, type InputName } from './expand-inputs.ts';
import { OpenedInput, type OpenOptions } from './open-input.ts';
import { type MergeMode, planInputs } from './plan-inputs.ts';
import type { Progress } from './progress.ts';
import type { Spool } from './spool.ts';

export interface ReadOptions {
  readonly progress: Progress;
  readonly spool: Spool;
  /** SHA-256 of each input, for reports that are kept. */
  readonly hash: boolean;
  /** Id of the format of all inputs; null: told by each input itself. */
  readonly format: string | null;
  readonly merge: MergeMode;
  /** The inputs will be read more than once. */
  readonly again: boolean;
  readonly warn: (message: string) => void;
}

/** Takes the records of inputs: an analysis, or a writer of another format. */
export interface RecordConsumer {
  readonly names: NameTable;
  readonly tasks: TaskTable;
  readonly diagnostics: Diagnostics;
  readonly tables?: TableSink;
  /** An input begins, or several that are merged into one stream. */
  beginFile(names: readonly string[], originNs: () => number): RecordSink;
  /** The input or inputs begun last have ended. */
  endFiles(files: readonly EndedFile[]): void;
}

/** Reads the inputs of a command into a consumer; several times when it has to be. */
export class InputReader {
  readonly #options: ReadOptions;
  readonly #inputs: readonly InputName[];
  #plan: Awaited<ReturnType<typeof planInputs>> | null = null;
  #warned = false;

  /**
   * @param given Files, directories of per-CPU files and globs, as on the command line.
   * @throws {InputError} when a directory or glob stands for nothing.
   */
  constructor(given: readonly string[], options: ReadOptions) {
    this.#options = options;
    this.#inputs = expandInputs(given);
  }

  /**
   * Reads all inputs: those of one recording as one stream in the order of time, the others one after the
   * other. An input that cannot be read is reported and left out as long as another can.
   * @throws {InputError} when nothing could be read.
   */
  async read(consumer: RecordConsumer): Promise<void> {
    const { merge, progress } = this.#options;
    const inputs = this.#inputs;
    const several = inputs.length > 1;
    const warn = this.#warned ? () => {} : this.#options.warn;
    const open = { ...this.#options, again: this.#options.again || (several && merge !== 'never'), warn };
    this.#plan ??= await planInputs(inputs, merge, open);
    for (const note of this.#plan.notes) note(consumer.diagnostics);
    const failures: Failure[] = [];
    for (const line of this.#plan.timeLines) {
      const names = line.inputs.map((i) => inputs[i]!);
      try {
        failures.push(...(await readTimeLine(names, line, consumer, open)));
      } finally {
        progress.end();
      }
    }
    this.#warned = true;
    if (failures.length === inputs.length)
      throw new InputError(failures.map(({ error }) => error.message).join('\n'));
    for (const { input, error } of failures) {
      if (error instanceof EmptyInput && input.mayBeEmpty) {
        consumer.diagnostics.add('input-empty', 'info', 'files of CPUs that recorded nothing', input.name);
        continue;
      }
      consumer.diagnostics.add('input-not-read', 'error', 'inputs could not be read', error.message);
      warn(error.message);
    }
  }
}

interface Failure {
  readonly input: InputName;
  readonly error: InputError;
}

/** Reads one input, or merges several; returns what could not be read. */
async function readTimeLine(
  inputs: readonly InputName[],
  line: TimeLine,
  consumer: RecordConsumer,
  options: OpenOptions,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const opened: OpenedPart[] = [];
  const fail = (given: InputName, error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    failures.push({ input: given, error });
  };
  for (const [i, given] of inputs.entries()) {
    try {
      const input = await OpenedInput.open(given.name, options);
      opened.push({ given, input, shiftNs: line.shiftNs[i]! });
    } catch (error) {
      fail(given, error);
    }
  }
  if (opened.length > 1) await readMerged(opened, line, consumer, options, fail);
  else if (opened.length === 1) {
    const { given, input } = opened[0]!;
    try {
      await readAlone(input, consumer);
    } catch (error) {
      fail(given, error);
    }
  }
  return failures;
}

interface OpenedPart {
  readonly given: InputName;
  readonly input: OpenedInput;
  readonly shiftNs: number;
}

async function readAlone(input: OpenedInput, consumer: RecordConsumer): Promise<void> {
  const sink = consumer.beginFile([input.name], () => input.originNs);
  input.begin({ ...shared(consumer), sink });
  while (await input.next());
  const { facts, sha256 } = input.finish();
  consumer.endFiles([{ name: input.name, format: input.format.id, sha256, facts }]);
}

/** Reads inputs of one recording as one stream. */
async function readMerged(
  inputs: readonly OpenedPart[],
  { originNs, hasDoubles }: TimeLine,
  consumer: RecordConsumer,
  options: OpenOptions,
  fail: (given: InputName, error: unknown) => void,
): Promise<void> {
  const files: RecordFile[] = [];
  const ended: EndedFile[] = [];
  const merged = inputs.map(({ given, input, shiftNs }) => {
    const queue = new RecordQueue(() => input.originNs - originNs + shiftNs);
    const pull = input.isReadAtOnce ? pullFromFile(input, queue) : pullFromStream(input, queue);
    let isOver = false;
    return {
      queue,
      pull: async () => {
        if (isOver) return false;
        try {
          if (await pull()) return true;
          const { facts, sha256 } = input.finish();
          const shifted = { ...facts, originNs: facts.originNs + shiftNs };
          ended.push({ name: input.name, format: input.format.id, sha256, facts: shifted });
        } catch (error) {
          fail(given, error);
        }
        isOver = true;
        return false;
      },
    };
  });

  function pullFromStream(input: OpenedInput, queue: RecordQueue) {
    input.begin({ ...shared(consumer), sink: (batch) => queue.add(batch) });
    return () => input.next();
  }

  /** All records come at once: they wait in a file. */
  function pullFromFile(input: OpenedInput, queue: RecordQueue) {
    let file: RecordFile | null = null;
    return async () => {
      if (file === null) {
        const own = new RecordFile(options.spool.newPath());
        file = own;
        files.push(own);
        input.begin({ ...shared(consumer), sink: (batch) => own.write(batch) });
        await input.next();
      }
      const batch = file.read();
      if (batch !== null) queue.add(batch);
      return batch !== null;
    };
  }

  const sink = consumer.beginFile(
    inputs.map(({ input }) => input.name),
    () => originNs,
  );
  const cpus = new Set<number>();
  const see = (batch: RecordBatch) => {
    for (let i = 0; i < batch.length; i++) if (batch.cpu[i]! >= 0) cpus.add(batch.cpu[i]!);
    sink(batch);
  };
  const doubles = hasDoubles ? new DoubleEvents(consumer.names, consumer.tasks) : null;
  try {
    await mergeRecords(merged, see, doubles);
  } finally {
    for (const file of files) file.close();
  }
  if (doubles !== null && doubles.count > 0) {
    const sentence = 'records stand in several inputs, within 20 us of each other: they count once';
    consumer.diagnostics.add('events-in-both', 'info', sentence, undefined, doubles.count);
  }
  // In the order given; and each file may be of one CPU only.
  const order = inputs.map(({ input }) => input.name);
  ended.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  consumer.endFiles(ended.map((file) => ({ ...file, facts: { ...file.facts, cpus: cpus.size } })));
}

function shared({ names, tasks, diagnostics, tables }: RecordConsumer) {
  return { names, tasks, diagnostics, ...(tables ? { tables } : {}) };
}
