import { describe, expect, it } from 'vitest';
import { contentionKind } from '../../../src/analysis/events/contention-waits.ts';
import type { AnalysisResult } from '../../../src/analysis/result.ts';
import { analyse } from '../analyse.ts';
import { analyseEvents, eventText } from './analyse-events.ts';

const analysed = (short: string) => analyseEvents(eventText(short));
const waits = (result: AnalysisResult) =>
  result.locks.map((row) => [row.lock, row.site, row.contended, row.wait.totalNs]);

describe('contention events alone', () => {
  it('are waits for the lock at their address', () => {
    const result = analysed(`
      100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN)
      107 1 b-2 contention_begin: 0xff11aa00bb99 (flags=READ)
      150 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)
      190 1 b-2 contention_end: 0xff11aa00bb99 (ret=0)`);
    expect(waits(result)).toEqual([
      ['rwsem 0xff11aa00bb99 (read)', '', 1, 83_000],
      ['spinlock 0xff11aa00bb22', '', 1, 50_000],
    ]);
    const [row] = result.locks;
    expect([row!.acquisitions, row!.acquisitionsKnown, row!.waitWitness, row!.hold]).toEqual([
      1,
      false,
      'contention-events',
      null,
    ]);
    expect(row!.blockedBy.map((b) => [b.function, b.waitNs])).toEqual([['(not seen)', 83_000]]);
  });

  it('are named by who wants the lock, where stacks are recorded', () => {
    const result = analysed(`
      100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN)
      100 0 a-1 <stack trace>
      => trace_event_raw_event_contention_begin
      => native_queued_spin_lock_slowpath
      => _raw_spin_lock
      => zs_free
      => zram_free_page
      120 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)
      130 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN)
      130 0 a-1 <stack trace>
      => native_queued_spin_lock_slowpath
      => _raw_spin_lock
      => free_swap_and_cache_nr
      190 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)`);
    expect(waits(result)).toEqual([
      // It takes two locks in turn: which one this is, events do not tell.
      ['spinlock at free_swap_and_cache_nr', 'free_swap_and_cache_nr', 1, 60_000],
      ['class->lock', 'zs_free', 1, 20_000],
    ]);
    expect(result.locks[1]!.instances).toBe(1);
  });

  it('find their stack although another task was recorded in between', () => {
    const result = analysed(`
      100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=MUTEX)
      101 1 b-2 contention_begin: 0xff11aa00bb22 (flags=MUTEX)
      102 0 a-1 <stack trace>
      => __mutex_lock.constprop.0
      => zswap_compress
      103 1 b-2 <stack trace>
      => __mutex_lock.constprop.0
      => zswap_decompress
      150 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)
      190 1 b-2 contention_end: 0xff11aa00bb22 (ret=0)`);
    expect(waits(result)).toEqual([
      ['acomp_ctx->mutex', 'zswap_decompress', 1, 89_000],
      ['acomp_ctx->mutex', 'zswap_compress', 1, 50_000],
    ]);
    // a got it during b's wait: b waited for a from then on, at most.
    expect(result.locks[0]!.blockedBy).toEqual([
      { function: 'zswap_compress (took it last)', task: 'a-1', cpu: -1, waits: 1, waitNs: 40_000 },
      { function: '(not seen)', task: '', cpu: -1, waits: 1, waitNs: 49_000 },
    ]);
  });

  it('blame no reader for a reader', () => {
    const result = analysed(`
      100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=READ)
      101 1 b-2 contention_begin: 0xff11aa00bb22 (flags=READ)
      150 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)
      190 1 b-2 contention_end: 0xff11aa00bb22 (ret=0)`);
    expect(result.locks[0]!.blockedBy.map((b) => b.function)).toEqual(['(not seen)']);
  });

  it('of a mutex that is begun again while it sleeps are one wait', () => {
    const result = analysed(`
      100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN|MUTEX)
      120 0 a-1 contention_begin: 0xff11aa00bb22 (flags=MUTEX)
      150 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)`);
    expect(waits(result)).toEqual([['mutex 0xff11aa00bb22', '', 1, 50_000]]);
  });

  it('end with lost records', () => {
    const result = analysed(`
      100 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN)
      lost 0
      150 0 a-1 contention_end: 0xff11aa00bb22 (ret=0)
      160 0 a-1 contention_begin: 0xff11aa00bb22 (flags=SPIN)`);
    expect(result.locks).toEqual([]);
    const ids = Object.fromEntries(result.diagnostics.map((d) => [d.id, d.count]));
    expect(ids).toMatchObject({ 'wait-end-not-seen': 2, 'wait-begin-not-seen': 1 });
  });

  it('do not count beside the lock call that function_graph shows', () => {
    const lines = (inLock: boolean) => `# tracer: function_graph
#
#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS
#      |          |     |    |           |   |                     |   |   |   |
   10.000100 |   0)    a-1         |               |  zs_free() {
   10.000105 |   0)    a-1         |               |    ${inLock ? '_raw_spin_lock' : 'obj_free'}() {
   10.000110 |   0)    a-1         |               |      /* contention_begin: 00000000aa00bb22 (flags=SPIN) */
   10.000120 |   0)    a-1         |               |      /* contention_end: 00000000aa00bb22 (ret=0) */
   10.000130 |   0)    a-1         | + 25.000 us   |    }
   10.000140 |   0)    a-1         | + 40.000 us   |  }
`;
    const inside = analyse(lines(true)).locks;
    expect(inside.map((row) => [row.site, row.acquisitionsKnown, row.contended, row.wait.totalNs])).toEqual([
      ['zs_free', true, 1, 10_000],
    ]);
    const alone = analyse(lines(false)).locks;
    expect(alone.map((row) => [row.site, row.acquisitionsKnown, row.contended, row.wait.totalNs])).toEqual([
      ['obj_free', false, 1, 10_000],
    ]);
  });
});

describe('the kind of lock', () => {
  it.each([
    ['SPIN', 'spinlock'],
    ['SPIN|READ', 'rwlock-read'],
    ['SPIN|WRITE', 'rwlock-write'],
    ['READ', 'rwsem-read'],
    ['WRITE', 'rwsem-write'],
    ['RT', 'rtmutex'],
    ['RT|READ', 'rwsem-read'],
    ['PERCPU|READ', 'percpu-rwsem-read'],
    ['PERCPU|WRITE', 'percpu-rwsem-write'],
    ['MUTEX', 'mutex'],
    ['SPIN|MUTEX', 'mutex'],
    ['', 'semaphore'],
  ])('%s is %s', (flags, kind) => {
    expect(contentionKind(flags)).toBe(kind);
  });
});
