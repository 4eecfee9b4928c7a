import { expect, it } from 'vitest';
import { applyDesigns, DESIGNS, parseDesign } from '../../src/model/designs/registry.ts';
import { eraById } from '../../src/model/kernels/eras.ts';
import { withIaa } from '../../src/model/kernels/iaa-steps.ts';
import { withZswap } from '../../src/model/kernels/zswap.ts';
import { zswapEraById } from '../../src/model/zswap/eras.ts';
import { pathText, sideBySide } from '../../src/report/step-text.ts';

const kernel = withIaa(withZswap(eraById('E'), zswapEraById('6.18')), true);

it('two columns fit 72, and no word of a step is lost', () => {
  for (const { id } of DESIGNS.filter(
    (design) => design.changes === 'store' && design.id !== 'large-folio',
  )) {
    const { paths } = applyDesigns(kernel, parseDesign(id));
    for (const [path, steps] of Object.entries(paths)) {
      const [before, after] = [pathText(kernel.paths[path] ?? []), pathText(steps)];
      const lines = sideBySide(before, after, kernel.id, `${id}+${'x'.repeat(50)}`);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
      const right = lines
        .slice(lines.findIndex((line) => /^-+$/.test(line)) + 1)
        .map((line) => line.slice(37));
      expect(right.join(' ').split(/ +/).join(' ').trim()).toBe(after.join(' ').split(/ +/).join(' ').trim());
    }
  }
});

it('compositions are broken behind a plus', () => {
  const [first, second] = sideBySide(['a'], ['b'], 'kernel', 'batch-store+iaa-batch+reclaim-batch:folios=32');
  expect([first, second]).toEqual([
    'kernel                             | batch-store+iaa-batch+',
    '                                   |     reclaim-batch:folios=32',
  ]);
});
