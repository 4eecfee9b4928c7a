import { describe, expect, it } from 'vitest';
import { summarise } from '../../src/report/summary.ts';
import { analyse } from '../analysis/analyse.ts';
import { kernelText } from '../analysis/kernel-text.ts';
import { readFixture } from '../helpers/fixtures.ts';

const summaryOf = (rows: string) => summarise(analyse(kernelText(rows)));
const freeing = (extra: string) => `
        1.000090 3 init-1 1.000 | alloc_pages_noprof();
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 ${extra} |     queued_spin_lock_slowpath();
        1.000130 0 a-101 1.000  |   _raw_spin_unlock();
        1.000181 1 b-102 70.000 |   }
        1.000182 0 a-101 82.000 | }
        1.000190 1 b-102 1.000  |   _raw_spin_unlock();
        1.000192 1 b-102 82.000 | }`;

describe('the answer in sentences', () => {
  it('begins with the function that waits most, else with the most time', () => {
    expect(summaryOf('0 5.000 | f();\n0 9.000 | g();\n0 8.000 | f();')[0]).toBe(
      'f: 2 calls, from 5.000 us to 8.000 us.',
    );
    expect(summaryOf('0 5.000 | f();')[0]).toBe('f: one call of 5.000 us.');
  });

  it('names the lock, how many waited, and who held it', () => {
    const sentences = summaryOf(freeing('18.000'));
    expect(sentences[1]).toBe(
      'Most waiting: 18.00us for class->lock in zs_free (1 of 2 acquisitions waited, the longest 18.00us, 11.0 % of the time of zs_free).',
    );
    expect(sentences[2]).toBe(
      'Meanwhile it was held mostly by zs_free of 1 other task (18.00us of the wait; the trace explains 100.0 %).',
    );
  });

  it('says when the lock was free already', () => {
    const sentences = summaryOf(freeing('68.000'));
    expect(sentences[2]).toMatch(/^Much of that \(50\.00us\) is hand-off: the lock had been released/);
    expect(sentences[3]).toMatch(
      /^Meanwhile it was held mostly by zs_free of 1 other task \(18\.00us of the wait/,
    );
  });

  it('says when nobody is seen that held it', () => {
    const sentences = summarise(analyse(readFixture('mail/mail-samples.txt')));
    expect(sentences).toContain('The trace does not show who held class->lock meanwhile.');
  });

  it('does not conclude from a trace without lock functions that nobody waits', () => {
    expect(summaryOf('0 5.000 | f();')).toContain(
      'No lock function is in this trace, so it says nothing about locks.',
    );
  });

  it('bounds what waiting may hide when no slowpath is traced', () => {
    const call = (us: string) => `
        0 -      | zs_free() {
        0 ${us}  |   _raw_spin_lock();
        0 0.200  |   _raw_spin_unlock();
        0 90.000 | }`;
    const [, sentence] = summaryOf(call('0.200') + call('0.200') + call('50.000'));
    expect(sentence).toMatch(
      /^No lock wait is seen: .* took up to 50\.00us \(median 200ns\), 49\.80us above the median in all, an upper bound\.$/,
    );
  });

  it('says what part makes slow calls slow', () => {
    const call = (us: number) => `
        0 -  | f() {
        0 ${us}.000 |   g();
        0 ${us + 1}.000 | }`;
    const sentences = summaryOf(Array.from({ length: 50 }, (_, i) => call(i === 20 ? 91 : 1)).join(''));
    expect(sentences.find((s) => s.startsWith('The slowest calls'))).toBe(
      'The slowest calls of f take 90.00us longer than typical ones; 100.0 % of that is g (1.000us -> 91.00us).',
    );
  });

  it('tells that tracing costs time, and whether it was taken out', () => {
    const text = kernelText('0 0.500 | f();\n0 0.400 | g();');
    expect(summarise(analyse(text)).join('\n')).toMatch(
      /Durations contain the tracer's own cost, estimated as up to 400ns/,
    );
    expect(summarise(analyse(text, { subtract: true })).join('\n')).toMatch(
      /has been taken out of all durations: they are estimates/,
    );
  });

  it('ends with how far the reading can be trusted', () => {
    expect(summaryOf('0 0.500 | f();').at(-1)).toBe('All 4 lines were understood; no loss is reported.');
    expect(summaryOf('0 0.500 | f();\nCPU:0 [LOST 3 EVENTS]\n0 0.500 | f();').at(-1)).toMatch(
      /records were lost in 1 place,/,
    );
    expect(summaryOf('0 - | f() {\n0 0.500 |   g();').at(-1)).toContain(
      'some calls begin or end outside the trace',
    );
  });

  it('says that nothing is left when nothing is', () => {
    expect(summarise(analyse(kernelText('0 0.500 | f();'), { filters: { functions: ['g'] } }))[0]).toBe(
      'No call passed the filters.',
    );
  });
});
