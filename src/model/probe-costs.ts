import { rewriteSteps } from './designs/rewrite.ts';
import { ZONE_LOCK } from './kernels/pieces.ts';
import type { KernelModel, Step } from './steps.ts';

const CALLS = [
  'lock',
  'unlock',
  'read-lock',
  'read-unlock',
  'write-lock',
  'write-unlock',
  'try-lock',
] as const;

/** Steps that are calls of lock functions. */
export type LockCall = (typeof CALLS)[number];

/** `way`: from the call before to this one, which a tracer makes long; it stays before the lock. */
export type CallSide = 'way' | 'before' | 'after';

/** Name of the cost of a call of zsmalloc's locks beyond the lock itself, on one side of it. */
export function callCost(step: LockCall, side: CallSide): string {
  return `${step} call, ${side}`;
}

/** The same for the lock of zram's slot, and for the swap device's, which is held over many frees. */
export function otherCallCost(lock: string, step: LockCall, side: 'before' | 'after'): string {
  return `${lock}: ${callCost(step, side)}`;
}

/** The pin of a handle is a bit of its word, without a call. */
const NOT_OF_ZSMALLOC = new Set(['zram slot', 'si->lock', 'cluster lock', 'handle pin', ZONE_LOCK]);

/**
 * The kernel as it runs under a function tracer: each lock call costs its own time and the tracer's,
 * before and after the lock changes hands. What stands before an unlock and after a lock lengthens
 * the hold; that is why a traced kernel contends more than an untraced one.
 */
export function withCallCosts(kernel: KernelModel): KernelModel {
  const around = (step: Step): readonly Step[] | undefined => {
    const call: LockCall | undefined =
      step.do === 'try-read-lock' ? 'read-lock' : CALLS.find((known) => known === step.do);
    if (call === undefined || !('lock' in step)) return undefined;
    const isOther = NOT_OF_ZSMALLOC.has(step.lock);
    const cost = (side: 'before' | 'after'): Step => ({
      do: 'work',
      what: `call of ${step.do} ${step.lock}, ${side}`,
      cost: isOther ? otherCallCost(step.lock, call, side) : callCost(call, side),
    });
    const way: Step = {
      do: 'work',
      what: `on the way to ${step.do} ${step.lock}`,
      cost: callCost(call, 'way'),
    };
    return [...(call === 'lock' && !isOther ? [way] : []), cost('before'), step, cost('after')];
  };
  const paths = Object.fromEntries(
    Object.entries(kernel.paths).map(([name, steps]) => [name, rewriteSteps(steps, around)]),
  );
  return { ...kernel, paths };
}
