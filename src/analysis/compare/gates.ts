import type { Change, FunctionComparison, Gate, LockComparison } from './result.ts';

/** A condition that cannot be read, or is about nothing in the recordings: told to the user. */
export class GateError extends Error {}

/** A condition of `--fail-if`, read. */
export interface GateCondition {
  readonly text: string;
  readonly name: string;
  readonly figure: string;
  /** 1: fails above the limit, -1: below. */
  readonly direction: 1 | -1;
  readonly limit: number;
  /** `share`: of the figure before; `own`: ns or a count. */
  readonly unit: 'share' | 'own';
  /** Fails by the figure alone, whether the data show a change or not. */
  readonly byFigureAlone: boolean;
}

const OF_FUNCTIONS: Readonly<Record<string, (change: FunctionComparison['change']) => Change>> = {
  median: (change) => change.median,
  p99: (change) => change.p99,
  mean: (change) => change.mean,
  total: (change) => change.total,
  self: (change) => change.self,
  calls: (change) => change.calls,
};

const OF_LOCKS: Readonly<Record<string, (change: LockComparison['change']) => Change>> = {
  wait: (change) => change.total,
  total: (change) => change.total,
  median: (change) => change.median,
  p99: (change) => change.p99,
  hold: (change) => change.hold.total,
  'hold-median': (change) => change.hold.median,
  'hold-p99': (change) => change.hold.p99,
  calls: (change) => change.acquisitions,
  acquisitions: (change) => change.acquisitions,
  contended: (change) => change.contended,
};

const COUNTS = new Set(['calls', 'acquisitions', 'contended']);
const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const FIGURES = [...new Set([...Object.keys(OF_FUNCTIONS), ...Object.keys(OF_LOCKS)])];
const GRAMMAR = /^(.+)\.([a-z0-9-]+)\s*([<>])\s*([+-]?\d{1,12}(?:\.\d{1,9})?)\s*(%|ns|us|ms|s)?\s*(!?)$/;

/** Reads `zs_free.p99>+10%`, `class->lock.wait>+2ms`, `zs_free.calls<-100!`. @throws {GateError} */
export function gateCondition(text: string): GateCondition {
  const m = GRAMMAR.exec(text.trim());
  if (!m)
    throw new GateError(
      `'${text}': expected NAME.FIGURE, > or <, and a change such as +10%, +200ns or +50: zs_free.p99>+10%`,
    );
  const [, name, figure, sign, amount, unit = '', alone] = m;
  if (!FIGURES.includes(figure!))
    throw new GateError(`'${text}': no figure '${figure}'; there are ${FIGURES.join(', ')}`);
  const ofCounts = COUNTS.has(figure!);
  if (unit !== '%' && (unit === '') !== ofCounts)
    throw new GateError(
      ofCounts
        ? `'${text}': ${figure} is a number: a change is +10% or +50`
        : `'${text}': ${figure} is a time: a change is +10% or +200ns, us, ms, s`,
    );
  return {
    text: text.trim(),
    name: name!.trim(),
    figure: figure!,
    direction: sign === '>' ? 1 : -1,
    limit: Number(amount) * (unit === '%' ? 0.01 : (UNIT_NS[unit] ?? 1)),
    unit: unit === '%' ? 'share' : 'own',
    byFigureAlone: alone === '!',
  };
}

/**
 * Lays a condition to the rows. It fails when the figure is beyond the limit and its own 95 % interval does
 * not hold "no change"; a trailing `!` leaves the second out.
 * @throws {GateError} when no function or lock has the name, or it has no such figure.
 */
export function gate(
  condition: GateCondition,
  functions: readonly FunctionComparison[],
  locks: readonly LockComparison[],
): Gate {
  const change = changeFor(condition, functions, locks);
  const { text, direction, limit, unit, byFigureAlone } = condition;
  const found = unit === 'share' ? change.value : change.difference;
  const made = (status: Gate['status'], words: string): Gate => ({
    condition: text,
    status,
    change,
    text: words,
  });
  if (found === null) return made('no-data', 'nothing to compare on one side, or too few calls');
  if (direction * (found - limit) <= 0) return made('passed', 'within the limit');
  if (byFigureAlone) return made('failed', 'beyond the limit, judged by the figure alone');
  const { lo, hi } = change;
  if (lo === null || hi === null)
    return made('not-shown', 'beyond the limit, but what chance does to it is not known');
  if (lo <= 0 && hi >= 0)
    return made('not-shown', 'beyond the limit, but the interval holds no change as well');
  return made('failed', 'beyond the limit, and the interval does not hold no change');
}

function changeFor(
  { text, name, figure }: GateCondition,
  functions: readonly FunctionComparison[],
  locks: readonly LockComparison[],
): Change {
  const row = functions.find((candidate) => candidate.name === name);
  const lock = locks.find((candidate) => candidate.name === name);
  const ofRow = row && Object.hasOwn(OF_FUNCTIONS, figure) ? OF_FUNCTIONS[figure] : undefined;
  if (row && ofRow) return ofRow(row.change);
  const ofLock = lock && Object.hasOwn(OF_LOCKS, figure) ? OF_LOCKS[figure] : undefined;
  if (lock && ofLock) return ofLock(lock.change);
  if (!row && !lock)
    throw new GateError(`--fail-if '${text}': no function and no lock of that name in the recordings`);
  const has = Object.keys(row ? OF_FUNCTIONS : OF_LOCKS).join(', ');
  throw new GateError(`--fail-if '${text}': ${name} has no ${figure}, only ${has}`);
}
