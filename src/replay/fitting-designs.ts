import { DesignError } from '../model/designs/design.ts';
import { applyDesigns, type ChosenDesign } from '../model/designs/registry.ts';
import type { KernelModel } from '../model/steps.ts';

/** A design that does not fit the kernel, and is not replayed. */
export interface LeftOut {
  readonly id: string;
  readonly why: string;
}

/**
 * Designs that fit a kernel, and those that do not.
 * @param apply What is done with a kernel; throws a DesignError where a design does not fit.
 * @throws {DesignError} that of the first when none fits: there would be nothing to answer.
 */
export function fittingDesigns<
  Asked extends { readonly text: string; readonly chosen: readonly ChosenDesign[] },
>(
  kernel: KernelModel,
  asked: readonly Asked[],
  apply: (kernel: KernelModel, design: Asked) => unknown = (to, { chosen }) => applyDesigns(to, chosen),
): { readonly designs: readonly Asked[]; readonly leftOut: readonly LeftOut[] } {
  const refused = new Map<Asked, DesignError>();
  for (const design of asked) {
    try {
      apply(kernel, design);
    } catch (error) {
      if (!(error instanceof DesignError)) throw error;
      refused.set(design, error);
    }
  }
  const designs = asked.filter((design) => !refused.has(design));
  const [first] = refused.values();
  if (first && designs.length === 0) throw first;
  return { designs, leftOut: [...refused].map(([{ text }, { message }]) => ({ id: text, why: message })) };
}
