import { describe, expect, it } from 'vitest';
import { fixturePath, runCli } from './run-cli.ts';

interface Prediction {
  readonly designs: readonly {
    readonly id: string;
    readonly contended: Readonly<Record<string, number>>;
    readonly lockWaitNs: Readonly<Record<string, number>>;
  }[];
}

/** What `analyze` finds in the recordings of the patched kernels: waits for class->lock, and how long, ms. */
const RECORDED = {
  'drop-lock': [83, 0.84],
  'class-idx': [265, 18.63],
  'class-idx+drop-lock': [109, 1.07],
  deferred: [132, 4.36],
} as const;

describe('from the recording of a base kernel alone', () => {
  const own = (name: string) => fixturePath(`own-patched/${name}-p2.txt.gz`);
  const { stdout } = runCli([
    'what-if',
    own('base_nosi/fg-full'),
    '--operations',
    own('base_nosi/ops'),
    ...Object.keys(RECORDED).flatMap((id) => ['-d', id]),
    '--seeds',
    '9',
    '--json',
    '-q',
  ]);
  const { designs } = JSON.parse(stdout) as Prediction;

  it.each(Object.entries(RECORDED))('waits of the kernel with %s are predicted', (id, [waits, ms]) => {
    const design = designs.find((found) => found.id === id)!;
    expect(Math.abs(design.contended['class->lock']! / waits - 1)).toBeLessThan(0.25);
    const ratio = design.lockWaitNs['class->lock']! / 1e6 / ms;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});
