import { describe, expect, it } from 'vitest';
import type { ComparisonMethod } from '../../../src/analysis/compare/result.ts';
import { comparisonSentences } from '../../../src/report/compare-summary.ts';
import { comparisonDocument } from '../../../src/report/mail/comparison-document.ts';
import { renderMail } from '../../../src/report/mail/mail.ts';
import { sampleComparison } from '../compare-sample.ts';

const sample = sampleComparison();
const mailOf = (result = sample) =>
  renderMail(comparisonDocument(result, comparisonSentences(result)), 'usual');

describe('the mail of a comparison', () => {
  it('says what was measured on what, and who blocked whom on both sides', () => {
    const mail = mailOf();
    expect(mail).toMatch(/^Compared: 2 recordings of 6\.12\.117 \(2 CPUs, 364\.0ms\) before/);
    expect(mail).toMatch(/^Who blocked whom[^\n]*:\nlock +waiter +holder +waits +after +wait +after$/m);
    expect(mail).toMatch(/^Input: before 2 recordings; after 2 recordings; 12 records lost;/m);
    expect(mail).toMatch(/ zs_malloc +30 +30 +3\.000ms +1\.500ms$/m);
    expect(mail).toMatch(/ \(not seen\) +- +2\.5 +- +1\.000us$/m);
  });

  it('has functions that changed first, and those without a verdict last', () => {
    const verdicts = comparisonDocument(sample, [])
      .parts.flatMap((part) =>
        part.kind === 'table' && part.columns[0]!.title === 'function' ? part.rows : [],
      )
      .map((row) => row.at(-1));
    expect(verdicts).toEqual(['faster', 'slower', 'none (4%)', 'not comparable']);
  });

  it('draws a function that both sides have', () => {
    const functions = [sample.functions[3]!, sample.functions[2]!];
    expect(mailOf({ ...sample, functions })).toContain('Calls of obj_free by duration in ns:');
  });

  it('names the first warning of weight', () => {
    const grave = (text: string) => ({ id: 'x', severity: 'warning' as const, text });
    const mail = mailOf({
      ...sample,
      warnings: [...sample.warnings, grave('kernels differ'), grave('more')],
    });
    expect(mail).toMatch(/Take care:\s+kernels differ \(and 1 more\s+warning\)\./);
  });

  it('tells its method in two lines, whatever it was', () => {
    for (const [basis, resamples] of [
      ['few-recordings', 200],
      ['between-recordings', 1000],
      ['between-recordings', 0],
    ] as const) {
      const method: ComparisonMethod = { ...sample.method, basis, resamples };
      const [, told] = /^(Method:[\s\S]*?)^Input:/m.exec(mailOf({ ...sample, method }))!;
      expect(told!.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
    }
  });
});
