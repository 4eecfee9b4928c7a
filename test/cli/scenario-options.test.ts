import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { byteSize, processList, shareList, speedupQuestion } from '../../src/cli/scenario-options.ts';

describe('values of scenario options', () => {
  it('are read as people write them', () => {
    expect(processList('1,2, 4,2')).toEqual([1, 2, 4]);
    expect(['4096', '512k', '1.5M', '2G'].map(byteSize)).toEqual([4096, 2 ** 19, 1.5 * 2 ** 20, 2 ** 31]);
    expect(shareList('0,.5,1')).toEqual([0, 0.5, 1]);
    const first = speedupQuestion('free_zspage=1,0.25', undefined);
    expect(speedupQuestion('obj_free+locate=1', first)).toEqual([
      { what: ['free_zspage'], by: [0.25, 1] },
      { what: ['obj_free', 'locate'], by: [1] },
    ]);
  });

  it.each([
    [processList, ['0', '1,,2', '300', '2x', '', '-1']],
    [byteSize, ['0', '4X', '-1M', 'M', '1e3', '']],
    [shareList, ['1.5', 'much', '-0.1', '0,,1', '']],
    [speedupQuestion, ['free_zspage', 'free_zspage=2', '=1', 'a+=1', 'a=', 'a=1,']],
  ] as const)('are refused by %o', (parse, values) => {
    for (const value of values) expect(() => parse(value, undefined), value).toThrow(InvalidArgumentError);
  });
});
