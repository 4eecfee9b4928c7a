import { expect, it } from 'vitest';
import { piecesNs } from '../../../src/model/iaa/pieces.ts';
import { CodecTime } from '../../../src/replay/pressure/codec-time.ts';

const costs = { callNs: 900, submitNs: 120, completeNs: 60, engineFixedNs: 300, engineKibNs: 250 };
const pages = (count: number) => Array.from({ length: count }, (_, page) => page);

it('a batch on idle engines takes what the closed form says, and one behind another waits', () => {
  const codec = new CodecTime({ kind: 'iaa', compress: costs, decompress: costs, engines: 8 });
  const alone = piecesNs(costs, { kib: 32, pieces: 8, engines: 8 });
  expect(codec.compress(0, pages(8), 8)).toBe(alone);
  // Another CPU at the same time: its descriptors wait behind those.
  expect(codec.compress(0, pages(8), 8)).toBeGreaterThan(alone);
  const single = piecesNs(costs, { kib: 4, pieces: 1, engines: 8 });
  expect(codec.compress(1e9, pages(8), 1)).toBeCloseTo(8 * single, 6);
});
