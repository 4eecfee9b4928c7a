import { describe, expect, it } from 'vitest';
import { recordingOf } from '../../src/cli/recordings.ts';
import { parseDesign } from '../../src/model/designs/registry.ts';
import { eraById } from '../../src/model/kernels/eras.ts';
import { fittingDesigns } from '../../src/replay/fitting-designs.ts';
import { whatIfReconstructed } from '../../src/replay/reconstruct/what-if.ts';
import { NO_SCENARIO } from '../../src/replay/scenario/request.ts';
import { renderMail } from '../../src/report/mail/mail.ts';
import { whatIfDocument } from '../../src/report/mail/what-if-document.ts';
import { renderWhatIfJson } from '../../src/report/what-if-json.ts';
import { renderWhatIfText } from '../../src/report/what-if-text.ts';
import { fixturePath } from '../cli/run-cli.ts';

const TWICE = 'deferred+deferred-array';
const WHY = 'frees are deferred already; combine only one deferring design';

describe('designs that do not fit the kernel', () => {
  const asked = (...texts: readonly string[]) => texts.map((text) => ({ text, chosen: parseDesign(text) }));
  const { kernel } = eraById('D');

  it('are left out, the others stay in their order', () => {
    const { designs, leftOut } = fittingDesigns(kernel, asked('drop-lock', TWICE, 'class-idx'));
    expect(designs.map(({ text }) => text)).toEqual(['drop-lock', 'class-idx']);
    expect(leftOut).toEqual([{ id: TWICE, why: expect.stringContaining(WHY) }]);
    expect(fittingDesigns(kernel, [])).toEqual({ designs: [], leftOut: [] });
  });

  it('are refused when nothing else is asked for', () => {
    expect(() => fittingDesigns(kernel, asked(TWICE))).toThrow(WHY);
    expect(() => fittingDesigns(kernel, asked(TWICE, 'batch-store'))).toThrow(WHY);
  });

  it('are no excuse for other errors', () => {
    const broken = () => {
      throw new TypeError('a bug');
    };
    expect(() => fittingDesigns(kernel, asked('drop-lock', TWICE), broken)).toThrow(TypeError);
  });

  it('are named in every report of a what-if', async () => {
    const read = { quiet: true, hash: false };
    const [timed, placed] = await Promise.all(
      ['fg-full-p2', 'ops-p2'].map((name) =>
        recordingOf([fixturePath(`patched/base_nosi/${name}.txt.gz`)], read),
      ),
    );
    const ask = (designs: readonly string[]) =>
      whatIfReconstructed(
        {
          timed: timed!,
          placed: placed!,
          designs,
          era: null,
          world: 'traced',
          seeds: 1,
          measured: [],
          platform: null,
          cpus: null,
          pressure: 0,
          compaction: 'none',
          migration: 'none',
          pagesLocked: 0,
          pageLists: null,
          scenarios: NO_SCENARIO,
        },
        { name: 'trace-replay', version: '0', command: '' },
      );
    const result = ask([TWICE, 'drop-lock']);
    const { leftOut, designs } = JSON.parse(renderWhatIfJson(result));
    expect(leftOut).toEqual([{ id: TWICE, why: expect.stringContaining(WHY) }]);
    expect(designs).toMatchObject([{ id: 'drop-lock' }]);
    // What only a design that defers leaves open is not asked.
    expect(JSON.stringify(result.notIdentifiable)).not.toContain('deferring design');
    for (const text of [renderWhatIfText(result), renderMail(whatIfDocument(result), 'usual')])
      expect(text.replaceAll(/\s+/g, ' ')).toContain(`Left out: ${TWICE}: deferred array: ${WHY}.`);
  });
});
