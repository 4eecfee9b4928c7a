import { describe, expect, it } from 'vitest';
import { withoutTracer } from '../../../src/replay/stores/without-tracer.ts';
import { OperationKind } from '../../../src/trace/operations.ts';
import { askStores, recordingOfStores } from '../../helpers/store-what-if.ts';
import { ZswapText } from '../../helpers/zswap-text.ts';

/** 40 single pages; a store makes 10 calls, and 3 more within zs_malloc. */
function singles() {
  const text = new ZswapText();
  for (let slot = 0; slot < 40; slot++) text.store(slot, [900 + slot]);
  return recordingOfStores(text);
}

describe("the tracer's cost", () => {
  it('is taken out of each call once: within itself and in its caller', () => {
    const { operations: ops } = singles();
    const [insideNs, outsideNs] = [100, 30];
    const less = withoutTracer(ops, { insideNs, outsideNs });
    const store = ops.kind.indexOf(OperationKind.ZswapStore);
    const facts = ops.zswap.get(store)!;
    expect([facts.children, facts.descendants]).toEqual([10, 13]);
    expect(facts.traced.object).toEqual({ calls: 1, below: 3 });
    const whole = (table: typeof ops) => table.endNs[store]! - table.startNs[store]!;
    expect(whole(ops) - whole(less)).toBeCloseTo(insideNs + 13 * (insideNs + outsideNs), 3);
    const partOf = (table: typeof ops, part: 'object' | 'compress') => table.zswap.get(store)!.parts[part]!;
    expect(partOf(ops, 'object') - partOf(less, 'object')).toBeCloseTo(
      insideNs + 3 * (insideNs + outsideNs),
      3,
    );
    expect(partOf(ops, 'compress') - partOf(less, 'compress')).toBeCloseTo(insideNs, 3);
    // Nothing but times changes.
    expect(less.size).toBe(ops.size);
    expect(withoutTracer(ops, { insideNs: 0, outsideNs: 0 })).toBe(ops);
    const none = withoutTracer(ops, { insideNs: 1e9, outsideNs: 1e9 });
    expect(whole(none)).toBe(0);
    const { mutexHold: _, ...parts } = none.zswap.get(store)!.parts;
    for (const ns of Object.values(parts)) expect(ns).toBe(0);
  });

  it('makes an interval of a store, or is what a measured time or a lighter recording says', () => {
    const recording = { ...singles(), tracer: { insideNs: 200, outsideNs: 100 } };
    const traced = askStores(recording, [], { seeds: 5 });
    const untraced = askStores(recording, [], { seeds: 5, untraced: true });
    expect(traced.tracer).toBeNull();
    const { share, storeNs, callsInStore } = untraced.tracer!;
    expect([share.value, callsInStore]).toEqual([1, 13]);
    expect(storeNs.traced - storeNs.untraced).toBeCloseTo(200 + 13 * 300, 0);
    const [before, after] = [traced.baseline.storeNsPerPage, untraced.baseline.storeNsPerPage];
    expect(after.hi).toBeLessThan(before.value);
    expect(after.lo).toBeLessThan(after.value);
    const measuredNs = storeNs.traced - 3000;
    const fitted = askStores(recording, [], { seeds: 1, measuredNs }).tracer!;
    expect(fitted.basis).toBe('measured');
    expect(fitted.storeNs.untraced).toBeCloseTo(measuredNs, 0);
    expect(() => askStores(recording, [], { measuredNs: storeNs.traced + 1 })).toThrow(
      'no less than the traced one',
    );
    expect(() => askStores(recording, [], { measuredNs: 1 })).toThrow('another machine or workload');
    expect(() => askStores(recording, [], { light: recording })).toThrow('no fewer traced calls');
    expect(() => askStores(singles(), [], { untraced: true })).toThrow('not known');
  });
});
