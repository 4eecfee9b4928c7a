import { expect, it } from 'vitest';
import { HotMemory } from '../../../src/replay/engine/memory.ts';

const column = (name: string, length: number) => ({ name, of: 'f64' as const, length });

it('keeps large columns where they are, and fills them when they are made of something else', () => {
  const memory = new HotMemory();
  const [one, other] = [{}, {}];
  let fills = 0;
  const keep = (source: object, value: number) =>
    memory.keep('times', [source], (to) => {
      fills++;
      to.fill(value);
    });
  memory.begin(100, [column('times', 9), column('more', 5)]);
  const place = keep(one, 1);
  memory.begin(200, [column('times', 9)]);
  expect(keep(one, 2)).toBe(place);
  expect(fills).toBe(1);
  expect([...new Float64Array(memory.memory.buffer, place.at, 9)]).toEqual(new Array(9).fill(1));
  keep(other, 3);
  expect(fills).toBe(2);
  // What the run itself changes is filled each time.
  memory.begin(200, [column('times', 9), column('more', 5)]);
  for (let k = 0; k < 2; k++) memory.keep('more', [], () => fills++);
  expect(fills).toBe(4);
});

it('makes room when runs become larger', () => {
  const memory = new HotMemory();
  memory.begin(100, [column('times', 9)]);
  memory.keep('times', [{}], (to) => to.fill(7));
  const source = {};
  memory.begin(1 << 20, [column('times', 9), column('other', 1 << 17)]);
  const place = memory.keep('times', [source], (to) => to.fill(8));
  expect(place.at).toBeGreaterThanOrEqual(1 << 20);
  expect(memory.view({ ...place, of: 'f64' })[8]).toBe(8);
  memory.begin(1 << 20, [column('times', 10)]);
  expect(memory.place('times').length).toBe(10);
});

it('says when operations are too many for it', () => {
  const memory = new HotMemory();
  expect(() => memory.begin(100, [column('times', 2 ** 29)])).toThrow(/more than a run can have/);
  memory.begin(100, [column('times', 4)]);
  expect(memory.place('times').length).toBe(4);
});
