import type { Diagnostics } from '../../trace/diagnostics.ts';
import type { NameId, NameTable } from '../../trace/names.ts';
import { type EventFormat, type Field, parseEventFormat } from './event-format.ts';
import { type CommSink, pluginFor } from './event-plugins.ts';
import { fieldPrinter } from './field-text.ts';
import { compilePrintFormat, type Printer } from './print-text.ts';
import type { Symbols } from './symbols.ts';

/** What a record becomes. */
export const EventRole = { Text: 0, Function: 1, Entry: 2, Exit: 3, Stack: 4 } as const;

/** Names of ftrace's own records that are no events. */
const ROLES: Record<string, number> = {
  function: EventRole.Function,
  funcgraph_entry: EventRole.Entry,
  fgraph_retaddr_entry: EventRole.Entry,
  funcgraph_exit: EventRole.Exit,
  kernel_stack: EventRole.Stack,
};

/** Fields that each role cannot do without. */
const NEEDED: Record<number, readonly string[]> = {
  [EventRole.Function]: ['ip', 'parent_ip'],
  [EventRole.Entry]: ['func', 'depth'],
  [EventRole.Exit]: ['func', 'depth'],
  [EventRole.Stack]: ['caller'],
};

/** An event of the file, ready for its records. */
export interface EventType {
  readonly format: EventFormat;
  readonly name: NameId;
  readonly role: number;
  /** Shortest payload that holds all fields of fixed place. */
  readonly bytes: number;
  readonly print: Printer;
  /** Fields of the roles that are no text. */
  readonly func: Field;
  readonly depth: Field;
  readonly parent: Field;
  readonly calltime: Field | undefined;
  readonly rettime: Field | undefined;
  readonly caller: Field;
  readonly size: Field | undefined;
}

/** Where the fields are that all events have. */
export interface CommonFields {
  readonly type: Field | undefined;
  readonly flags: Field | undefined;
  readonly preemptCount: Field | undefined;
  readonly pid: Field | undefined;
}

const NO_FIELD: Field = {
  name: '',
  type: '',
  offset: 0,
  size: 0,
  signed: false,
  isArray: false,
  location: 'none',
  isString: false,
  isPointer: false,
  isLong: false,
  elementSize: 0,
};

/** The events of a file by id; print formats are compiled when their first record comes. */
export class EventTypes {
  readonly common: CommonFields;
  readonly #formats = new Map<number, EventFormat>();
  readonly #types: (EventType | undefined)[] = [];
  readonly #names: NameTable;
  readonly #symbols: Symbols;
  readonly #longBytes: number;
  readonly #diagnostics: Diagnostics;
  readonly #inputName: string;
  readonly #onComm: CommSink;

  constructor(
    formats: readonly string[],
    longBytes: number,
    symbols: Symbols,
    context: { names: NameTable; diagnostics: Diagnostics; inputName: string },
    onComm: CommSink,
  ) {
    this.#names = context.names;
    this.#diagnostics = context.diagnostics;
    this.#inputName = context.inputName;
    this.#symbols = symbols;
    this.#longBytes = longBytes;
    this.#onComm = onComm;
    let common: readonly Field[] = [];
    for (const text of formats) {
      const format = parseEventFormat(text);
      if (!format) {
        const sentence = 'format files in the trace.dat cannot be read';
        context.diagnostics.add('trace-dat-format', 'warning', sentence, context.inputName);
        continue;
      }
      this.#formats.set(format.id, format);
      if (common.length === 0) common = format.fields;
    }
    const field = (name: string) => common.find((candidate) => candidate.name === name);
    this.common = {
      type: field('common_type'),
      flags: field('common_flags'),
      preemptCount: field('common_preempt_count'),
      pid: field('common_pid'),
    };
  }

  get size(): number {
    return this.#formats.size;
  }

  /** The event of an id; undefined when the file does not describe it. */
  get(id: number): EventType | undefined {
    return this.#types[id] ?? this.#make(id);
  }

  #make(id: number): EventType | undefined {
    const format = this.#formats.get(id);
    if (!format) return undefined;
    const field = (name: string) => format.fields.find((candidate) => candidate.name === name);
    let role: number = ROLES[format.name] ?? EventRole.Text;
    if (NEEDED[role]?.some((name) => !field(name))) role = EventRole.Text;
    const variable = role === EventRole.Stack ? field('caller') : undefined;
    let bytes = 0;
    for (const one of format.fields) if (one !== variable) bytes = Math.max(bytes, one.offset + one.size);
    const type: EventType = {
      format,
      name: this.#names.internText(format.name),
      role,
      bytes,
      print: role === EventRole.Text ? this.#printer(format) : () => {},
      func: field('func') ?? field('ip') ?? NO_FIELD,
      depth: field('depth') ?? NO_FIELD,
      parent: field('parent_ip') ?? NO_FIELD,
      calltime: field('calltime'),
      rettime: field('rettime'),
      caller: field('caller') ?? NO_FIELD,
      size: field('size'),
    };
    this.#types[id] = type;
    return type;
  }

  #printer(format: EventFormat): Printer {
    const plugin = pluginFor(format, this.#symbols, this.#onComm);
    if (plugin && !plugin.isPrefix) return plugin.print;
    let print: Printer;
    try {
      print = compilePrintFormat(format, this.#longBytes, this.#symbols);
    } catch (error) {
      const sentence = 'events whose print format cannot be evaluated are shown as name=value';
      const place = `${this.#inputName}: ${format.name}: ${(error as Error).message}`;
      this.#diagnostics.add('trace-dat-print-format', 'info', sentence, place);
      print = fieldPrinter(format);
    }
    if (!plugin) return print;
    const prefix = plugin.print;
    return (record, out) => {
      prefix(record, out);
      print(record, out);
    };
  }
}
