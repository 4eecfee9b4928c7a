import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BuiltCalls, buildCalls, type Call } from '../helpers/build-calls.ts';
import {
  type Action,
  type Loss,
  type Naming,
  type Scenario,
  type Simulation,
  type Step,
  simulate,
} from '../helpers/simulate-graph.ts';

/**
 * Texts of which it is known what happened: whatever was lost, interleaved or moved to another CPU,
 * an entry may only be joined with its own return.
 */
const CPUS = 2;
const TASKS = 5;
const ACTIONS: Action[] = ['enter', 'enter', 'leave', 'leave', 'leaf', 'switch'];

const step: fc.Arbitrary<Step> = fc.record({
  cpu: fc.nat(CPUS - 1),
  action: fc.constantFrom(...ACTIONS),
  choice: fc.nat(TASKS),
});
const loss: fc.Arbitrary<Loss> = fc.record({
  cpu: fc.nat(CPUS - 1),
  from: fc.nat(60),
  count: fc.integer({ min: 1, max: 12 }),
});

interface Kind {
  readonly migrates: boolean;
  readonly naming: Naming;
  readonly loses: boolean;
}

const NAMINGS: Naming[] = ['column', 'banners', 'late banners'];
const KINDS: Kind[] = [false, true]
  .flatMap((loses) => [false, true].map((migrates) => ({ loses, migrates })))
  .flatMap((kind) => NAMINGS.map((naming) => ({ ...kind, naming })))
  // Open: see the wrong join below.
  .filter(({ migrates, naming }) => !(migrates && naming === 'late banners'));

describe.each(KINDS)('simulated: tasks by $naming, migrates $migrates, loses $loses', (kind) => {
  it('joins each entry with its own return only', () => {
    forAll(kind, ({ calls, text }, simulation) => {
      for (const call of spansOf(calls)) {
        // A call's duration is its number in us, so a wrong return shows.
        expect([call.name, call.durationNs], text).toEqual([call.name, numberOf(call.name) * 1000]);
        expect(simulation.calls[numberOf(call.name)], text).toMatchObject({ hasReturn: true });
      }
    });
  });

  it('names the right task, when it names one', () => {
    forAll(kind, ({ calls, text }, simulation) => {
      for (const { name, task } of spansOf(calls)) {
        if (task !== '' || kind.naming !== 'late banners')
          expect([name, task], text).toEqual([name, truthOf(simulation, name).task]);
      }
    });
  });

  // With both, it cannot be known: what a task did before it moved may be lost, and the line that
  // says so comes with the next record of the CPU that it left.
  const callersAreKnown = !(kind.migrates && kind.loses);
  if (callersAreKnown)
    it('names the right caller, when it names one', () => {
      forAll(kind, ({ calls, text }, simulation) => {
        for (const { name, parentName } of spansOf(calls)) {
          if (parentName !== '') expect([name, parentName], text).toEqual([name, callerOf(simulation, name)]);
        }
      });
    });

  it('has every call once whose entry and return were printed', () => {
    forAll(kind, ({ calls, text }, simulation) => {
      const found = spansOf(calls)
        .filter((call) => !call.isStartCut)
        .map((call) => numberOf(call.name));
      expect(new Set(found).size, text).toBe(found.length);
      // Losses cut calls on purpose.
      if (kind.loses) return;
      const complete = simulation.calls.filter((call) => call.hasEntry && call.hasReturn).map(({ id }) => id);
      expect(
        found.sort((a, b) => a - b),
        text,
      ).toEqual(complete);
    });
  });

  it('understands every line', () => {
    forAll(kind, ({ facts, text }) => expect(facts.understoodLines, text).toBe(facts.lines));
  });
});

describe('a task that is the first one of a CPU, and was named on another', () => {
  // A banner gives the unnamed calls of a CPU to the task it names; what that task had open is old.
  it('does not end a call of the other CPU', () => {
    const banner = (cpu: number, before: string, after: string) => [
      ' ------------------------------------------',
      ` ${cpu})     ${before}     =>     ${after}     `,
      ' ------------------------------------------',
      '',
    ];
    const lines = [
      '# CPU  DURATION                  FUNCTION CALLS',
      ' 0)               |  old() {',
      ...banner(0, 't0-100', 't2-102'),
      ' 0)               |  other() {',
      ' 1)   1.000 us    |  } /* old */',
      ' 1)               |  new() {',
      ...banner(1, 't0-100', 't3-103'),
      ' 1)   1.000 us    |  between();',
      ...banner(1, 't3-103', 't0-100'),
      ' 1)   9.000 us    |  }',
      '',
    ];
    const { calls } = buildCalls(Buffer.from(lines.join('\n'), 'latin1'));
    expect(spansOf(calls).map((call) => [call.name, call.durationNs])).toEqual([
      ['old', 1000],
      ['between', 1000],
      ['new', 9000],
    ]);
  });
});

function forAll(
  kind: Kind,
  check: (built: BuiltCalls & { text: string }, simulation: Simulation) => void,
): void {
  const scenario: fc.Arbitrary<Scenario> = fc.record({
    cpus: fc.constant(CPUS),
    tasks: fc.constant(TASKS),
    migrates: fc.constant(kind.migrates),
    naming: fc.constant(kind.naming),
    steps: fc.array(step, { maxLength: 200, size: 'max' }),
    losses: fc.array(loss, { maxLength: kind.loses ? 4 : 0 }),
  });
  fc.assert(
    fc.property(scenario, (chosen) => {
      const simulation = simulate(chosen);
      const built = buildCalls(Buffer.from(simulation.text, 'latin1'), { capacity: 16 });
      check({ ...built, text: simulation.text }, simulation);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 60) },
  );
}

function spansOf(calls: readonly Call[]): Call[] {
  return calls.filter((call) => call.kind === 'span');
}

function numberOf(name: string): number {
  return Number(name.slice(1));
}

function truthOf({ calls }: Simulation, name: string): Simulation['calls'][number] {
  return calls[numberOf(name)]!;
}

function callerOf(simulation: Simulation, name: string): string {
  return `f${truthOf(simulation, name).parent}`;
}
