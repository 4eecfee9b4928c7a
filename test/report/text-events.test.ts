import { describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../src/analysis/result.ts';
import { summarise, whyNoLocks } from '../../src/report/summary.ts';
import { renderText } from '../../src/report/text.ts';
import { analyseEvents, eventText } from '../analysis/events/analyse-events.ts';
import { bigResult, sampleResult } from './html-sample.ts';

const render = (result: AnalysisResult) =>
  renderText(result, { entries: 20, slowest: 1, heading: (title) => title });

describe('parts that calls alone do not have', () => {
  it('stand in the report, within 72 columns of ASCII', () => {
    for (const result of [sampleResult(), bigResult()]) {
      const text = render(result);
      for (const title of ['Scheduling', 'Events', 'Functions, by hits of the function tracer'])
        expect(text).toContain(`\n${title}\n`);
      expect(text).toMatch(/\nProfile of \S+: 2054 samples\n/);
      expect(text.split('\n').filter((line) => line.length > 72)).toEqual([]);
      expect(text).toMatch(/^[\n\x20-\x7e]*$/);
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('are left out where there is nothing to say', () => {
    const text = render(
      analyseEvents(
        eventText(`
          100 0 a-1 p: (f+0x4/0x90)
          140 0 a-1 r: (c+0x2/0x8 <- f)`),
      ),
    );
    for (const title of ['Scheduling', 'Profile', 'Locks, by', 'hits of', 'another tool'])
      expect(text).not.toContain(title);
    expect(text).toContain('f: one call from event to event of 40.000 us.');
    expect(text).toMatch(
      /Durations\s+from\s+event\s+to\s+event\s+are\s+as\s+fine\s+as\s+the\s+time\s+stamps\./,
    );
    expect(text).not.toContain('seven digits');
  });

  it('print the histogram of another tool as ranges', () => {
    const text = render(sampleResult());
    expect(text).toMatch(/^\[256ns, 512ns\) +3 \|@{40}\|$/m);
    expect(text).toMatch(/^\[512ns, \.\.\.\) +1 \|@{13} +\|$/m);
  });
});

describe('what other tasks did during a slow call', () => {
  it('is told without a CPU where none is known', () => {
    const sample = sampleResult();
    const tails = sample.tails.map((tail) => ({
      ...tail,
      slowest: tail.slowest.map((call) => ({
        ...call,
        cpu: -1,
        meanwhile: [{ cpu: -1, task: 'b-2', name: 'f', calls: 3, overlapNs: 1000 }],
      })),
    }));
    const text = render({ ...sample, tails });
    expect(text).toContain('\n  meanwhile, self time of calls of other tasks:\n      1.000us b-2  f (3x)\n');
    expect(text).not.toContain('CPU -1');
  });
});

describe('the summary', () => {
  it('does not deny the samples in slowpaths of locks', () => {
    const { profile } = sampleResult();
    const result = { ...analyseEvents('a-1 [000] 10.000001: cpu-clock:'), functions: [], locks: [], profile };
    expect(profile.some(({ lockSpins }) => lockSpins.length > 0)).toBe(true);
    expect(whyNoLocks(result)).toMatch(/^Samples do not tell how long anybody waited/);
  });

  it('says what contention events alone cannot tell', () => {
    const sentences = summarise(
      analyseEvents(
        eventText(`
          100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN)
          150 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)`),
      ),
    ).join(' ');
    expect(sentences).toContain(
      'Most waiting: 50.00us for spinlock 0xff11aa00bb22 (1 wait, the longest 50.00us).',
    );
    expect(sentences).toContain('nor does the first waiter for a queued spinlock');
    expect(sentences).not.toContain('No lock');
  });

  it('tells the share of a profile with its interval', () => {
    const sentences = summarise({ ...sampleResult(), functions: [], tails: [], locks: [] }).join(' ');
    expect(sentences).toContain('25.5 % (95 % interval 23.6 to 27.4 %)');
    expect(sentences).toContain('7.2 % are in slowpaths of locks, the most for zs_free');
    expect(sentences).not.toContain('No call passed');
  });

  it('tells who calls the function that is hit most', () => {
    const sentences = summarise(
      analyseEvents(
        eventText(`
          100 0 a-1 f <-g
          101 0 a-1 f <-g
          102 0 a-1 f <-h
          103 0 a-1 f <-g`),
      ),
    );
    expect(sentences[0]).toBe(
      'f is called most: 4 times, 75.0 % of the time by g. Hits of the function tracer (1 function) have no durations.',
    );
  });

  it('counts events where nothing pairs', () => {
    const sentences = summarise(analyseEvents(eventText('100 0 a-1 mm_page_free: pfn=0x1')));
    expect(sentences[0]).toBe(
      '1 event of 1 kind, the most mm_page_free (1); none of them is the entry or the return of a call.',
    );
  });
});
