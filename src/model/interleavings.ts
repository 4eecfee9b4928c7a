/** One thing that an actor does at once: nobody else sees the middle of it. */
export interface Step<World> {
  readonly text: string;
  /** Changes the world; returns where the actor goes on, {@link DONE} at its end. */
  readonly run: (world: World) => number;
}

/** A task or worker, as a program over places. */
export interface Actor<World> {
  readonly name: string;
  /** The step at a place; null when it cannot be taken now. */
  readonly stepAt: (world: World, place: number) => Step<World> | null;
}

export const DONE = -1;

/** A world whose actors take steps in any order. */
export interface Race<World> {
  readonly world: World;
  readonly actors: readonly Actor<World>[];
  readonly clone: (world: World) => World;
  /** Equal for worlds that no step tells apart. */
  readonly keyOf: (world: World) => string;
  /** What is wrong with a world; null when nothing is. */
  readonly fault: (world: World) => string | null;
}

export interface TakenStep {
  readonly actor: string;
  readonly text: string;
}

/** What a search through all orders of steps found. */
export interface Exploration {
  /** The fewest steps that end in a fault; null when no order does. */
  readonly shortest: { readonly steps: readonly TakenStep[]; readonly fault: string } | null;
  /** Different worlds seen. */
  readonly worlds: number;
  /** All orders were tried: without a fault there is none. */
  readonly complete: boolean;
}

interface Node<World> {
  readonly world: World;
  readonly places: readonly number[];
  readonly before: Node<World> | null;
  readonly step: TakenStep | null;
}

/**
 * Tries every order in which the actors can take their steps, shortest first, so that the first fault
 * found needs the fewest steps. A step that throws is a fault as well.
 */
export function explore<World>(race: Race<World>, maxWorlds = 200_000): Exploration {
  const first: Node<World> = {
    world: race.world,
    places: race.actors.map(() => 0),
    before: null,
    step: null,
  };
  const keyOf = (node: Node<World>) => `${node.places.join(',')}|${race.keyOf(node.world)}`;
  const seen = new Set([keyOf(first)]);
  let level = [first];
  while (level.length > 0) {
    const next: Node<World>[] = [];
    for (const node of level) {
      for (const [k, actor] of race.actors.entries()) {
        const reached = follow(race, node, k, actor);
        if (!reached) continue;
        if ('fault' in reached) {
          return {
            shortest: { steps: stepsTo(reached.node), fault: reached.fault },
            worlds: seen.size,
            complete: false,
          };
        }
        const key = keyOf(reached.node);
        if (seen.has(key)) continue;
        if (seen.size >= maxWorlds) return { shortest: null, worlds: seen.size, complete: false };
        seen.add(key);
        next.push(reached.node);
      }
    }
    level = next;
  }
  return { shortest: null, worlds: seen.size, complete: true };
}

function follow<World>(
  race: Race<World>,
  node: Node<World>,
  k: number,
  actor: Actor<World>,
): { node: Node<World>; fault: string } | { node: Node<World> } | null {
  const place = node.places[k]!;
  if (place === DONE) return null;
  const step = actor.stepAt(node.world, place);
  if (!step) return null;
  const world = race.clone(node.world);
  const taken = { actor: actor.name, text: step.text };
  const reach = (at: number): Node<World> => ({
    world,
    places: node.places.map((before, j) => (j === k ? at : before)),
    before: node,
    step: taken,
  });
  let at: number;
  try {
    at = step.run(world);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { node: reach(DONE), fault: error.message };
  }
  const fault = race.fault(world);
  return fault === null ? { node: reach(at) } : { node: reach(at), fault };
}

function stepsTo<World>(node: Node<World>): TakenStep[] {
  const steps: TakenStep[] = [];
  for (let at: Node<World> | null = node; at?.step; at = at.before) steps.unshift(at.step);
  return steps;
}

/** An exploration as lines of text: each step with its actor, then the fault. */
export function explorationLines({ shortest, worlds, complete }: Exploration): string[] {
  if (!shortest) {
    return [
      complete
        ? `no order of steps breaks it (${worlds} worlds, all tried)`
        : `no fault in the first ${worlds} worlds; more were not tried`,
    ];
  }
  const width = Math.max(...shortest.steps.map(({ actor }) => actor.length));
  return [
    ...shortest.steps.map(
      ({ actor, text }, k) => `${String(k + 1).padStart(2)}  ${actor.padEnd(width)}  ${text}`,
    ),
    `=> ${shortest.fault}`,
  ];
}
