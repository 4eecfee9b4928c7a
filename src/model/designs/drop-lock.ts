import type { Step } from '../steps.ts';
import type { Design } from './design.ts';
import { DesignError } from './design.ts';
import { listLock, refuseAfterCopy, withPath } from './rewrite.ts';

/** The zspage is taken off its list under the lock, and its pages are given back after it. */
export const dropLock: Design = {
  id: 'drop-lock',
  title: 'free the zspage after class->lock is released',
  safety: 'merged',
  source: 'commit 7ef28e8b8142 (mm-stable, July 2026)',
  notes: ['Changes nothing in frees that leave objects in their zspage.'],
  options: [],
  apply: (kernel) => {
    refuseAfterCopy(kernel, 'drop-lock');
    const lock = listLock(kernel);
    const isRelease = (step: Step) =>
      step.do === 'when' &&
      step.steps.some(
        (inner) =>
          inner.do === 'pool' && (inner.action === 'release-zspage' || inner.action === 'detach-zspage'),
      );
    return withPath(kernel, 'zs_free', (steps) => {
      const release = steps.find(isRelease);
      if (release?.do !== 'when') throw new DesignError(`${kernel.id}: no zspage is freed in zs_free`);
      if (release.steps.some((step) => step.do === 'pool' && step.action === 'detach-zspage')) return steps;
      const detach: Step = { ...release, steps: [{ do: 'pool', action: 'detach-zspage' }] };
      return steps.flatMap((step): readonly Step[] => {
        if (step === release) return [detach];
        if (step.do === 'unlock' && step.lock === lock) return [step, release];
        return [step];
      });
    });
  },
};
