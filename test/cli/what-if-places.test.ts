import { describe, expect, it } from 'vitest';
import { fixturePath, runCli } from './run-cli.ts';

interface Places {
  designs: { id: string; placesNs: Record<string, number>; freeNs: number }[];
  floor: { freeNs: number; design: string };
  betweenNs: number;
}

const DESIGNS = ['base', 'no-slot-lock', 'no-zram-counters', 'class-idx', 'deferred:entries=16,buffers=64'];

function run(file: string, ...more: string[]) {
  const args = DESIGNS.slice(1).flatMap((design) => ['-d', design]);
  return runCli(['what-if', fixturePath(file), ...args, '--seeds', '3', ...more]);
}

describe('what is left in the notify path', () => {
  const { stdout, stderr } = run('function-graph/6.12.117/full-combo-p2.txt.gz', '--kernel', 'D', '--json');
  const result = JSON.parse(stdout) as {
    places: Places;
    validation: {
      latency: { comparisons: { name: string; recorded: number; modelled: { value: number } }[] };
    };
  };
  const { designs, floor } = result.places;

  it('replays notifications at their recorded times', () => {
    expect(stderr).toBe('');
    const mean = result.validation.latency.comparisons.find(({ name }) => name === 'notification, mean')!;
    expect(Math.abs(mean.modelled.value / mean.recorded - 1)).toBeLessThan(0.1);
  });

  it('takes from a free what a design removes, and nothing else', () => {
    expect(designs.map(({ id }) => id)).toEqual(DESIGNS);
    const [base, noSlot, noCounters, classIdx, deferred] = designs.map(({ placesNs }) => placesNs);
    expect(base!['slot lock']).toBeGreaterThan(0);
    expect(noSlot).toMatchObject({ ...base, 'slot lock': 0, 'waiting for the swap lock': expect.anything() });
    expect(noCounters!['shared counters']).toBe(0);
    expect(classIdx!['pool lock calls']).toBe(0);
    for (const gone of ['pool lock calls', 'list lock calls', 'object, fullness group', 'handle'])
      expect(deferred![gone]).toBe(0);
    expect(deferred!['queue of a design']).toBeGreaterThan(0);
    for (const { placesNs, freeNs } of designs)
      expect(Object.values(placesNs).reduce((sum, ns) => sum + ns, 0)).toBeCloseTo(freeNs, 3);
  });

  it('has a floor below every design', () => {
    expect(floor.design).toBe('no-slot-lock+no-zram-counters+deferred');
    expect(floor.freeNs).toBeGreaterThan(0);
    for (const { freeNs } of designs) expect(floor.freeNs).toBeLessThan(freeNs);
  });

  it('is said in 72 columns', () => {
    const fits = runCli([
      'what-if',
      fixturePath('complete/full-churn61-p2.txt.gz'),
      '-d',
      'no-slot-lock',
    ]).stdout;
    expect(fits).toMatch(/What a free takes, by place/);
    expect(fits).toMatch(/Floor: .* of the base/);
    expect(fits.split('\n').every((line) => line.length <= 72)).toBe(true);
  });

  it('is said not to be told where only zs_free was recorded', () => {
    const base = 'patched/base_nosi';
    const { stdout: json } = runCli([
      'what-if',
      fixturePath(`${base}/fg-full-p2.txt.gz`),
      '--operations',
      fixturePath(`${base}/ops-p2.txt.gz`),
      '--seeds',
      '1',
      '--json',
    ]);
    const { places, notIdentifiable } = JSON.parse(json) as {
      places: null;
      notIdentifiable: { shownBy: string }[];
    };
    expect(places).toBeNull();
    expect(notIdentifiable.some(({ shownBy }) => shownBy.includes('zram_slot_free_notify'))).toBe(true);
  });
});

describe('the notify path and compaction in HTML', () => {
  const file = fixturePath('function-graph/6.12.117/full-combo-p2.txt.gz');
  const page = (...more: string[]) =>
    runCli(['what-if', file, '-d', 'class-idx', '--seeds', '1', '--html', '-', ...more]).stdout;

  it('has a table by place with the floor, and the readers behind the compactor', () => {
    const html = page('--compaction', 'every=20ms');
    for (const id of ['places', 'compaction']) {
      expect(html).toContain(`<h2 id="${id}">`);
      expect(html).toContain(`<a href="#${id}">`);
    }
    const places = html.slice(html.indexOf('<h2 id="places">'), html.indexOf('<h2 id="compaction">'));
    for (const text of ['Floor: ', 'notification itself', 'slot lock', 'a free', 'class-idx, us'])
      expect(places).toContain(text);
    const compaction = html.slice(html.indexOf('<h2 id="compaction">'));
    for (const text of ['base, without compaction', 'Behind a queued one', 'Objects moved'])
      expect(compaction).toContain(text);
  });

  it('leaves compaction out where there is none', () => {
    expect(page('--compaction', 'none')).not.toContain('id="compaction"');
  });
});
