import { describe, expect, it } from 'vitest';
import { ERAS } from '../../src/model/kernels/eras.ts';
import { eraOfRelease } from '../../src/replay/detect-era.ts';

describe('eraOfRelease', () => {
  it.each([
    ['5.4.0', 'A'],
    ['5.10.218-android13', 'A'],
    ['5.16.20', 'A'],
    ['5.17.0', 'B'],
    ['6.1.0', 'B'],
    ['6.1.46', 'B'],
    ['6.1.192', 'C-6.1'],
    ['6.2.1', 'C-6.1'],
    ['6.6.30', 'C'],
    ['6.12.117+deb13', 'D'],
    ['6.15.0-rc1', 'E'],
    ['7.2.0', 'E'],
    ['7.3.0-rc1', 'F'],
  ])('%s is of era %s', (release, era) => {
    expect(eraOfRelease(release)?.id).toBe(era);
  });

  it.each(['', '4.19.1', 'next'])('%j is of none that is modelled', (release) => {
    expect(eraOfRelease(release)).toBeNull();
  });

  it('knows each era once', () => {
    expect(new Set(ERAS.map(({ id }) => id)).size).toBe(ERAS.length);
  });
});
