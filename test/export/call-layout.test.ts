import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallLayout, WaitingCalls } from '../../src/export/call-layout.ts';
import { nestingErrors, type Slice } from './chrome-check.ts';

interface Tree {
  readonly selfNs: number;
  readonly below: readonly Tree[];
}

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; node: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 8, depthSize: 'medium' }, tie('leaf'), tie('node')),
  leaf: fc.record({ selfNs: fc.nat(3000), below: fc.constant([]) }),
  node: fc.record({ selfNs: fc.nat(3000), below: fc.array(tie('tree'), { maxLength: 4 }) }),
}));

/** Gives the calls of a tree to the layout as they end, with stamps cut to us; returns its length. */
function play(
  layout: CallLayout,
  waiting: WaitingCalls,
  track: { pid: number; tid: number; lastEndNs: number },
  root: Tree,
  beginNs: number,
): { endNs: number; calls: number } {
  let calls = 0;
  const end = (node: Tree, fromNs: number, parent: number): number => {
    const span = calls++;
    let at = fromNs + Math.floor(node.selfNs / 2);
    for (const child of node.below) at = end(child, at, span);
    const endNs = at + node.selfNs - Math.floor(node.selfNs / 2);
    const call = {
      name: 0,
      startNs: Math.floor(fromNs / 1000) * 1000,
      durationNs: endNs - fromNs,
      leastNs: 0,
      span,
      parent,
      isCut: false,
    };
    layout.add(waiting, call, { track, aside: () => track, beginNotSeen: false, level: parent < 0 ? 0 : 1 });
    return endNs;
  };
  return { endNs: end(root, beginNs, -1), calls };
}

describe('CallLayout', () => {
  it.each([1, 3, 1 << 16])('nests whatever the calls are, with %i of them held', (maxWaiting) => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (trees) => {
        const slices: Slice[] = [];
        let changed = 0;
        const layout = new CallLayout((_, { beginNs, lengthNs, durationNs }) => {
          const slice = {
            name: '',
            category: 'call',
            track: '',
            beginNs,
            endNs: beginNs + lengthNs,
            args: {},
          };
          slices.push(slice);
          if (lengthNs !== durationNs) changed++;
        }, maxWaiting);
        const waiting = new WaitingCalls();
        const track = { pid: 1, tid: 1, lastEndNs: Number.NEGATIVE_INFINITY };
        let at = 5_000_000;
        let calls = 0;
        for (const one of trees) {
          const played = play(layout, waiting, track, one, at);
          at = played.endNs + 2000;
          calls += played.calls;
        }
        layout.flush(waiting, track);
        expect(slices.length).toBe(calls);
        expect(nestingErrors(slices)).toEqual([]);
        // Nothing is stretched or cut as long as callers are known before their calls are drawn.
        if (maxWaiting > 1000) expect(changed).toBe(0);
      }),
    );
  });

  it('puts calls into a return whose begin was not recorded', () => {
    const drawn: [number, number][] = [];
    const layout = new CallLayout((_, { name, beginNs }) => drawn.push([name, beginNs]));
    const waiting = new WaitingCalls();
    const track = { pid: 1, tid: 1, lastEndNs: Number.NEGATIVE_INFINITY };
    const call = (name: number, startNs: number, durationNs: number, beginNotSeen: boolean, level: number) =>
      layout.add(
        waiting,
        { name, startNs, durationNs, leastNs: 0, span: name, parent: -1, isCut: false },
        { track, aside: () => track, beginNotSeen, level },
      );
    call(0, 10_000, 500, false, 0);
    call(1, 11_000, 700, false, 0);
    call(2, 10_900, 1000, true, 1);
    call(3, 9_000, 4000, true, 0);
    expect(drawn.map(([name]) => name)).toEqual([3, 0, 2, 1]);
    expect(drawn[0]).toEqual([3, 9_000]);
  });

  it('draws what stands around outermost calls, seen by another tracer, aside', () => {
    const drawn: [string, number, number][] = [];
    const own = { pid: 1, tid: 1, lastEndNs: Number.NEGATIVE_INFINITY };
    const aside = { pid: 1, tid: 2, lastEndNs: Number.NEGATIVE_INFINITY };
    const layout = new CallLayout((track, { name, beginNs }) =>
      drawn.push([track === own ? 'own' : 'aside', name, beginNs]),
    );
    const waiting = new WaitingCalls();
    waiting.isSettled = true;
    const add = (span: number, startNs: number, durationNs: number, parent: number) =>
      layout.add(
        waiting,
        { name: span, startNs, durationNs, leastNs: 0, span, parent, isCut: false },
        { track: own, aside: () => aside, beginNotSeen: false, level: 0 },
      );
    add(6, 5000, 1000, -1);
    add(5, 4000, 9000, -1);
    // Within a caller, one that began before another and ends after it holds it.
    add(9, 22_000, 1000, 7);
    add(8, 21_000, 5000, 7);
    add(7, 20_000, 8000, -1);
    expect(drawn).toEqual([
      ['own', 6, 5000],
      ['aside', 5, 4000],
      ['own', 7, 20_000],
      ['own', 8, 21_000],
      ['own', 9, 22_000],
    ]);
  });
});
