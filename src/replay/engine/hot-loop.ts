import { IN_USE, ZSPAGE_ROW } from '../../model/zsmalloc/pool.ts';
import type { Arena } from './arena.ts';
import { fillRecorded, type OperationColumns, type RecordedCost } from './columns.ts';
import { HOT_NUMBERS } from './generate.ts';
import { HotMemory } from './memory.ts';
import type { Program } from './program.ts';
import { happens } from './random.ts';
import { bucketOf } from './time.ts';
import { Instance, Module } from './wasm/api.ts';
import type { Import } from './wasm/bytes.ts';
import type { ArrayPlace } from './wasm/instructions.ts';
import { translate } from './wasm/translate.ts';

/** What a hot loop works on. */
export interface HotInput {
  /** Of the function, see {@link generate}. */
  readonly source: string;
  readonly program: Program;
  readonly columns: OperationColumns;
  readonly recorded: readonly (RecordedCost | undefined)[];
  /** By lock family: how many members, each of which only one CPU comes to; undefined where CPUs share them. */
  readonly ownMembers: readonly (number | undefined)[];
  readonly small: Arena;
  /** Columns of the pool that the loop counts down itself. */
  readonly pool: { readonly placeOf: Int32Array; readonly zspages: Int32Array } | undefined;
  /** Objects whose methods it calls, by the names that the source has for them. */
  readonly helpers: Readonly<Record<string, object>>;
  /** Values of {@link HOT_NUMBERS}. */
  readonly numbers: readonly number[];
}

type Run = (budget: number, ...numbers: readonly number[]) => number;

/** In pieces, so that the compiled function is entered anew when a better one is ready. */
const EVENTS_AT_ONCE = 1 << 12;
const memory = new HotMemory();

/** The hot loop of one run, in the memory of this thread: one at a time. */
export class HotLoop {
  readonly #input: HotInput;
  readonly #run: Run;

  constructor(input: HotInput) {
    this.#input = input;
    const places = placeColumns(input);
    const { module, imports } = compiled(input.source, places);
    const functions: Record<string, unknown> = { memory: memory.memory };
    imports.forEach((called, k) => {
      functions[k] = helper(called, input.helpers);
    });
    this.#run = new Instance(module, { m: functions }).exports.run as Run;
  }

  /** Runs until nothing is left to do. */
  run(): void {
    const { numbers, pool } = this.#input;
    while (this.#run(EVENTS_AT_ONCE, ...numbers));
    if (!pool) return;
    pool.placeOf.set(memory.view(memory.place('placeOf')) as Int32Array);
    const counted = memory.view(memory.place('zspages')) as Int32Array;
    for (let row = IN_USE; row < counted.length; row += ZSPAGE_ROW) pool.zspages[row] = counted[row]!;
  }
}

/** A large column of a run: its name in the source, its name in the memory, how it is filled. */
interface Large {
  readonly name: string;
  readonly kept: string;
  readonly of: ArrayPlace['of'];
  readonly length: number;
  /** What its values are made of; empty: the run changes them. */
  readonly sources: readonly object[];
  readonly fill: (column: never) => void;
}

function placeColumns(input: HotInput): ReadonlyMap<string, ArrayPlace> {
  const large = largeColumns(input);
  memory.begin(
    input.small.bytes,
    large.map(({ kept, of, length }) => ({ name: kept, of, length })),
  );
  input.small.moveTo(memory.memory.buffer);
  const places = new Map(input.small.places);
  for (const { name, kept, sources, fill } of large)
    places.set(name, memory.keep(kept, sources, fill as (column: object) => void));
  return places;
}

function largeColumns({ program, columns, recorded, ownMembers, pool }: HotInput): readonly Large[] {
  const { first, rows, thinkNs, folioPages, zspagePages } = columns;
  const whole = (name: string, column: Int32Array, sources: readonly object[]): Large => ({
    name,
    kept: name,
    of: 'i32',
    length: column.length,
    sources,
    fill: (to: Int32Array) => to.set(column),
  });
  return [
    whole('rows', rows, [rows]),
    whole('folioPages', folioPages, [folioPages]),
    whole('zspagePages', zspagePages, [zspagePages]),
    {
      name: 'thinkNs',
      kept: 'thinkNs',
      of: 'f64',
      length: thinkNs.length,
      sources: [thinkNs],
      fill: (to: Float64Array) => to.set(thinkNs),
    },
    ...(pool ? [whole('placeOf', pool.placeOf, []), whole('zspages', pool.zspages, [])] : []),
    ...ownMembers.flatMap((length, family): readonly Large[] =>
      length !== undefined
        ? [
            {
              name: `touched${family}`,
              kept: `touched ${program.locks[family]!.name}`,
              of: 'u8',
              length,
              sources: [],
              fill: (to: Uint8Array) => to.fill(0),
            },
          ]
        : [],
    ),
    ...recorded.flatMap((cost, k): readonly Large[] =>
      cost
        ? [
            {
              name: `recorded${k}`,
              kept: `cost ${program.costs[k]}`,
              of: 'f64',
              length: first.at(-1)!,
              sources: [first, ...cost.parts.map((part) => part ?? first)],
              fill: (to: Float64Array) => fillRecorded(columns, cost, to),
            },
          ]
        : [],
    ),
  ];
}

interface Compiled {
  readonly module: object;
  readonly imports: readonly Import[];
}

/** Modules by source and places: the same design with other costs and seeds is compiled once. */
const modules = new Map<string, Compiled>();
const MODULES_AT_MOST = 256;

function compiled(source: string, places: ReadonlyMap<string, ArrayPlace>): Compiled {
  const where = [...places].map(([name, { of, at, length }]) => `${name} ${of} ${at} ${length}`);
  const key = `${source}\n${where.join('\n')}`;
  let known = modules.get(key);
  if (!known) {
    if (modules.size === MODULES_AT_MOST) modules.clear();
    const { bytes, imports } = translate(source, places, ['budget', ...HOT_NUMBERS]);
    known = { module: new Module(bytes), imports };
    modules.set(key, known);
  }
  return known;
}

const FUNCTIONS: Readonly<Record<string, unknown>> = { bucketOf, happens };
/** Makes a function of so many operands that calls a method of an object. */
const callers = new Map<string, (object: object) => unknown>();

/** A function that the hot loop can call: as many parameters as it gives, so that the call is direct. */
function helper({ name, parameters }: Import, helpers: Readonly<Record<string, object>>): unknown {
  const [owner, method] = name.split('.') as [string, string | undefined];
  if (method === undefined) return FUNCTIONS[name];
  const key = `${method} ${parameters.length}`;
  let caller = callers.get(key);
  if (!caller) {
    const names = parameters.map((_, k) => `p${k}`).join(', ');
    caller = new Function('object', `return (${names}) => object.${method}(${names});`) as (
      object: object,
    ) => unknown;
    callers.set(key, caller);
  }
  return caller(helpers[owner]!);
}
