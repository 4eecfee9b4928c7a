import { describe, expect, it } from 'vitest';
import { demandOf } from '../../../src/replay/pressure/demand.ts';
import { runPressure } from '../../../src/replay/pressure/run.ts';
import { smallSetup } from './small-setup.ts';

describe('demand', () => {
  it('closed: each process has its jobs, the next at once', () => {
    const demand = demandOf(smallSetup({ jobs: 2 }));
    expect([demand.take(0, 5), demand.take(0, 9), demand.take(0, 11), demand.take(1, 3)]).toEqual([
      5,
      9,
      null,
      3,
    ]);
  });

  it('open: jobs arrive by chance at the rate of the load, whoever takes them and however late', () => {
    const setup = smallSetup({ jobs: 500, openLoad: 0.5 });
    const demand = demandOf(setup);
    const arrivals: number[] = [];
    for (let at = demand.take(0, 1e15); at !== null; at = demand.take(1, 1e15)) arrivals.push(at);
    expect(arrivals.length).toBe(4 * 500);
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
    // A job takes 768 pages, 6 touches each, 100 ns: four CPUs at half load see one in half of that, on the average.
    const mean = arrivals.at(-1)! / arrivals.length;
    expect(mean / ((768 * 6 * 100) / 2)).toBeCloseTo(1, 1);
  });

  it('open: all jobs are done, and one takes the longer the more there are at once', () => {
    const run = (openLoad: number) => runPressure(smallSetup({ jobs: 3, jobPages: 700, openLoad }));
    const [few, many] = [run(0.1), run(1.5)];
    expect(few.jobNs).toBeLessThan(many.jobNs);
    expect(few.touchedPages).toBe(many.touchedPages);
  });
});
