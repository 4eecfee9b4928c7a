import { describe, expect, it } from 'vitest';
import { buildCalls, type Call } from '../helpers/build-calls.ts';
import { readFixture } from '../helpers/fixtures.ts';

/**
 * One recording printed in many ways must give the same calls, as far as the columns carry them.
 * What a printing cannot know is told by its columns alone, never by what the code happens to find.
 */
const ASPECTS = {
  'calls by function': { needs: [], key: (call: Call) => call.name },
  'callers and callees': { needs: [], key: (call: Call) => `${call.parentName} > ${call.name}` },
  durations: { needs: ['duration'], key: (call: Call) => `${call.name} ${call.durationNs}` },
  'start times': { needs: ['abstime'], key: (call: Call) => `${call.name} ${call.startUs}` },
  'calls on each CPU': { needs: ['cpu'], key: (call: Call) => `${call.cpu} ${call.name}` },
  // The recordings have no banner, as no CPU changes its task: only the column names it.
  'calls of each task': { needs: ['proc'], key: (call: Call) => `${call.task} ${call.name}` },
} as const;
type Aspect = keyof typeof ASPECTS;
const ASPECT_NAMES = Object.keys(ASPECTS) as Aspect[];

interface Printing {
  readonly option: string;
  readonly columns: ReadonlySet<string>;
  readonly calls: readonly Call[];
  readonly knows: ReadonlySet<Aspect>;
}

const PERCPU = 'percpu0';
/** Of a text that begins its lines with the CPU. */
const CPU_COLUMN = /^ +(\d+)\) /;

const RECORDINGS = {
  '6.12.117': [
    'default',
    'abstime',
    'proc',
    'tail',
    'abstime-proc-tail',
    'overrun',
    'nooverhead',
    'nocpu',
    'noduration',
    'bare',
    'nocpu-abstime-proc',
    'noirqs',
    'latency',
    'latency-abstime-proc',
    'verbose',
    'all',
    PERCPU,
    'pipe',
  ],
  '6.1.192': ['default', 'latency', 'abstime-proc-tail'],
} as const;

describe.each(Object.entries(RECORDINGS))('one recording of %s, printed in many ways', (kernel, options) => {
  const printings = options.map((option) => readPrinting(kernel, option));
  const whole = printings.filter(({ option }) => option !== PERCPU);
  const pairs = whole.flatMap((a, i) => whole.slice(i + 1).map((b) => [a, b] as const));

  it.each(ASPECT_NAMES)('gives the same %s in every pair that carries them', (aspect) => {
    const carrying = pairs.filter(([a, b]) => a.knows.has(aspect) && b.knows.has(aspect));
    // The second recording has only three printings, of which one carries the rarer columns.
    if (whole.length > 3) expect(carrying.length).toBeGreaterThan(0);
    const counts = new Map(whole.map((printing) => [printing, countBy(printing.calls, aspect)]));
    for (const [a, b] of carrying) {
      const difference = firstDifferences(counts.get(a)!, counts.get(b)!);
      expect(difference, `${a.option} and ${b.option}`).toEqual([]);
    }
  });

  it('completes every call, whatever is printed', () => {
    for (const { option, calls } of printings) {
      expect(
        calls.every((call) => call.kind === 'span' && !call.isStartCut),
        option,
      ).toBe(true);
    }
  });

  it('tells what each printing cannot know', () => {
    const rows = printings.map((printing) => [
      printing.option,
      Object.fromEntries(ASPECT_NAMES.map((aspect) => [aspect, knowledge(printing, aspect)])),
    ]);
    console.table(Object.fromEntries(rows));
    expect(printings.some(({ knows }) => knows.size === ASPECT_NAMES.length)).toBe(true);
  });
});

/** `guess`: without CPU and task columns only nesting and durations tell whose a return is. */
function knowledge({ columns, knows }: Printing, aspect: Aspect): string {
  if (!knows.has(aspect)) return '-';
  const isNested = aspect === 'callers and callees' || aspect === 'durations';
  return isNested && !columns.has('cpu') && !columns.has('proc') ? 'guess' : 'yes';
}

describe('printings with neither CPU nor task', () => {
  it('agree above only because the CPUs of that recording take turns between calls', () => {
    const text = Buffer.from(readFixture('function-graph/6.12.117/fg-A-default.txt')).toString('latin1');
    expect(countTurnsInsideCalls(text)).toBe(0);
  });

  // Here they do not take turns; a printing without a column is made by taking the column away.
  const names = [
    '6.12.117/zswap-contend-p2',
    '6.12.117/fg-munmap-irqs-abstime-proc',
    'patched-6.12.117/base_nosi-fg-light-p2',
    '6.1.192/combo-p2',
  ];

  describe.each(names)('%s', (name) => {
    const text = Buffer.from(readFixture(`function-graph/${name}.txt`)).toString('latin1');
    const full = buildCalls(Buffer.from(text, 'latin1'));

    it('needs only one of the two columns to keep its calls', () => {
      for (const drop of [{ cpu: true }, { proc: true }]) {
        const { calls, facts } = buildCalls(Buffer.from(withoutColumns(text, drop), 'latin1'));
        expect(facts.layouts).toEqual([drop.cpu ? 'abstime proc duration' : 'abstime cpu duration']);
        for (const aspect of ['callers and callees', 'durations', 'start times'] as const) {
          expect(firstDifferences(countBy(full.calls, aspect), countBy(calls, aspect)), aspect).toEqual([]);
        }
      }
    });

    it('says so when it guesses', () => {
      const bare = withoutColumns(text, { cpu: true, proc: true });
      const { calls, facts, diagnostics } = buildCalls(Buffer.from(bare, 'latin1'));
      expect(facts.layouts).toEqual(['abstime duration']);
      const expected = countBy(full.calls, 'callers and callees');
      const wrong = distance(expected, countBy(calls, 'callers and callees'));
      expect(wrong).toBeGreaterThan(0);
      expect(diagnostics.count('ambiguous-cpu')).toBeGreaterThan(wrong / 2);
      // A call under a wrong caller is missing in one place and too much in another: two a call.
      expect(wrong / 2 / full.calls.length).toBeLessThan(0.03);
    });
  });
});

describe('the trace file of one CPU', () => {
  const printing = readPrinting('6.12.117', PERCPU);
  const others = RECORDINGS['6.12.117']
    .filter((option) => option !== PERCPU)
    .map((option) => readPrinting('6.12.117', option))
    .filter(({ columns }) => columns.has('cpu'));

  it.each(others)('has what $option shows of that CPU', ({ calls, knows }) => {
    // No call of this recording begins on one CPU and ends on another, so none is torn.
    const part = calls.filter((call) => call.cpu === 0);
    for (const aspect of ASPECT_NAMES) {
      if (!knows.has(aspect) || !printing.knows.has(aspect)) continue;
      expect(firstDifferences(countBy(part, aspect), countBy(printing.calls, aspect)), aspect).toEqual([]);
    }
  });
});

function readPrinting(kernel: string, option: string): Printing {
  const { calls, facts } = buildCalls(readFixture(`function-graph/${kernel}/fg-A-${option}.txt`));
  expect(facts.layouts).toHaveLength(1);
  const columns = new Set(facts.layouts[0]!.split(' '));
  const knows = ASPECT_NAMES.filter((aspect) => ASPECTS[aspect].needs.every((need) => columns.has(need)));
  return { option, columns, knows: new Set(knows), calls: calls.filter((call) => call.kind !== 'gap') };
}

function countBy(calls: readonly Call[], aspect: Aspect): Map<string, number> {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const key = ASPECTS[aspect].key(call);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function firstDifferences(a: Map<string, number>, b: Map<string, number>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((key) => a.get(key) !== b.get(key))
    .slice(0, 5)
    .map((key) => `${key}: ${a.get(key) ?? 0} and ${b.get(key) ?? 0}`);
}

function distance(a: Map<string, number>, b: Map<string, number>): number {
  let sum = 0;
  for (const key of new Set([...a.keys(), ...b.keys()]))
    sum += Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0));
  return sum;
}

/** How often another CPU comes up while calls are open on the one before. */
function countTurnsInsideCalls(text: string): number {
  const open = new Map<string, number>();
  let turns = 0;
  let last = '';
  for (const line of text.split('\n')) {
    const cpu = CPU_COLUMN.exec(line)?.[1];
    if (cpu === undefined) continue;
    if (cpu !== last && (open.get(last) ?? 0) > 0) turns++;
    last = cpu;
    const change = line.endsWith('{') ? 1 : line.endsWith('}') ? -1 : 0;
    open.set(cpu, (open.get(cpu) ?? 0) + change);
  }
  return turns;
}

/** An abstime-proc text as the kernel prints it with the option of a column off. */
function withoutColumns(text: string, drop: { cpu?: boolean; proc?: boolean }): string {
  const columns = /^( *\d+\.\d{6} \| {2})( *\d+\) )(.{14,18}? \| )(?=[ +!#*@$] )/;
  const without = (line: string): string => {
    if (!line.startsWith('#')) {
      return line.replace(
        columns,
        (_, time: string, cpu: string, proc: string) =>
          time + (drop.cpu ? '' : cpu) + (drop.proc ? '' : proc),
      );
    }
    const header = drop.cpu ? line.replace('CPU', '') : line;
    return drop.proc ? header.replace('TASK/PID', '') : header;
  };
  return text.split('\n').map(without).join('\n');
}
