import type { KernelModel, Step } from '../steps.ts';
import { classIndexBits } from '../zsmalloc/pool-shape.ts';
import type { Design } from './design.ts';
import { DesignError } from './design.ts';
import { isPoolLock, refuseAfterCopy, withPath } from './rewrite.ts';

/** The object word holds the class: zs_free takes the class lock first, and no lock of the pool. */
export const classIdx: Design = {
  id: 'class-idx',
  title: 'class index in the object word, no pool lock in zs_free',
  safety: 'merged',
  source: 'thread "reduce zs_free() latency", 25 Apr 2026; commits 9909b088b1f0, 59e88952a827',
  notes: [
    'Needs a 64-bit kernel and 19 object index bits at 4 KiB pages with chains of 8 (checked: --zsmalloc); else the pool lock stays.',
    'Compaction and migration still take the pool lock for writing, but frees wait for them at the class lock only.',
  ],
  options: [],
  apply: (kernel) => {
    refuseAfterCopy(kernel, 'class-idx');
    if (!('class->lock' in kernel.locks)) {
      throw new DesignError(
        `${kernel.id}: class-idx needs a lock for each class; this kernel has one for the pool (--kernel D replays the recording on one that has)`,
      );
    }
    refuseWithoutRoom(kernel);
    return withPath(kernel, 'zs_free', (steps) => {
      if (!steps.some((step) => step.do === 'read-lock' && isPoolLock(step.lock))) return steps;
      const locate = steps.find((step) => step.do === 'work' && step.cost === 'locate')!;
      const look: Step = { do: 'work', what: 'class from the handle word', cost: 'locate-class' };
      return steps.flatMap((step): readonly Step[] => {
        if ((step.do === 'read-lock' || step.do === 'read-unlock') && isPoolLock(step.lock)) return [];
        if (step === locate) return [look];
        if (step.do === 'lock' && step.lock === 'class->lock') return [step, locate];
        return [step];
      });
    });
  },
};

/** @throws {DesignError} where the object word has no room for a class: the pool lock stays there. */
function refuseWithoutRoom({ id, zsmalloc }: KernelModel): void {
  if (!zsmalloc) return;
  const { wordBytes, objectIndexBits, pageSize, chainSize } = zsmalloc;
  const wanted = classIndexBits(zsmalloc);
  const where = `${pageSize >> 10}K pages in chains of ${chainSize}`;
  if (wordBytes !== 8)
    throw new DesignError(`${id}: class-idx needs a 64-bit kernel; on 32 bits the pool lock stays`);
  if (objectIndexBits < wanted)
    throw new DesignError(
      `${id}: class-idx needs ${wanted} object index bits with ${where}, there are ${objectIndexBits}: the pool lock stays`,
    );
}
