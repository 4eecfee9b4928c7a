import type { DesignPrediction, WhatIfResult } from '../../replay/result.ts';
import { bytesText, durationText, shareText } from '../quantities.ts';
import { gainText, returnText, spanText } from '../what-if-summary.ts';
import { wrap } from './layout.ts';

const ID_WIDTH = 14;

/** One line a design, or two where its name is long. */
export function compactTable(result: WhatIfResult): string[] {
  const { baseline, designs } = result;
  const all = [baseline, ...designs];
  const cells = (id: string, columns: readonly string[]) =>
    id.padEnd(ID_WIDTH) + columns.map((text, k) => text.padStart(WIDTHS[k]!)).join('');
  const row = (design: DesignPrediction): string[] => {
    const { id, totalNs, speedup: s, pFaster, lockWaitTotalNs, memoryReturn } = design;
    const isBase = design === baseline;
    const columns = [
      durationText(totalNs.value),
      isBase ? '' : `${factor(s.value)} (${factor(s.lo)}-${factor(s.hi)})`,
      isBase ? '' : `${Math.round(pFaster * 100)}%`,
      durationText(lockWaitTotalNs.value),
      isBase ? '' : workChange(design, baseline),
      memoryReturn.t90.value === null ? 'never' : durationText(memoryReturn.t90.value),
    ];
    return id.length < ID_WIDTH ? [cells(id, columns)] : [...wrap(id, ''), cells('', columns)];
  };
  const waited = lockNames(all);
  return [
    cells('', ['total', 'speed-up', 'P', 'waits', 'CPU', '90% back']),
    ...all.flatMap(row),
    ...wrap(
      `P: runs that were faster than the base. waits: for ${waited.length === 1 ? waited[0]! : 'all locks'}. ` +
        'CPU: work of all CPUs against the base. 90% back: when that share of the pages was.',
      '',
    ),
  ];
}

const WIDTHS = [8, 20, 6, 8, 7, 9];

function factor(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(1);
}

/** Work of all CPUs against the base, what is left undone counted as work: `-8.7%`. */
export function workChange(design: DesignPrediction, base: DesignPrediction): string {
  const before = base.cpuWorkNs.caller + base.cpuWorkNs.worker;
  const change = -design.cpuLedgerNs.removed.value / before;
  const text = (change * 100).toFixed(1);
  return text === '0.0' || text === '-0.0' ? '0%' : `${change > 0 ? '+' : ''}${text}%`;
}

/** Locks that anybody waits for. */
export function lockNames(designs: readonly DesignPrediction[]): string[] {
  return [
    ...new Set(
      designs.flatMap(({ lockWaitNs }) =>
        Object.entries(lockWaitNs)
          .filter(([, wait]) => wait.hi > 0)
          .map(([name]) => name),
      ),
    ),
  ];
}

/** Everything about one design. */
export function designDetails(design: DesignPrediction): string[] {
  const { latency, munmapNs, cpuWorkNs, memoryReturn: back, strandedBytes: stranded } = design;
  const isUnsafe = design.safety.includes('unsafe');
  const three = (p50: number, p99: number, max: number) =>
    `p50 ${durationText(p50)}  p99 ${durationText(p99)}  max ${durationText(max)}`;
  return [
    ...wrap(`${design.id}${isUnsafe ? '  (UNSAFE: a bound, not a design)' : ''}`, ''),
    line('total', spanText(design.totalNs, durationText)),
    line('a munmap', three(munmapNs.p50, munmapNs.p99, munmapNs.max)),
    line('a free', three(latency.p50Ns, latency.p99Ns, latency.maxNs)),
    ...lockWaits(design),
    line('CPU work', `caller ${durationText(cpuWorkNs.caller)}, worker ${durationText(cpuWorkNs.worker)}`),
    ...ledger(design),
    line(
      'pages back',
      `50 % ${returnText(back.t50.value)}, 90 % ${returnText(back.t90.value)}, all ${returnText(back.t100.value)}`,
    ),
    ...migrationLines(design),
    ...anonymousLines(design),
    ...design.curves.backlog.map(({ peak }) =>
      line('backlog', `at most ${spanText(peak, (n) => String(Math.round(n)))} handles`),
    ),
    ...(design.overflowShare > 0
      ? [line('overflow', `queue full for ${shareText(design.overflowShare)} of the frees: done at once`)]
      : []),
    ...(stranded.worst > 0
      ? [line('never freed', `${bytesText(stranded.typical)}, at worst ${bytesText(stranded.worst)}`)]
      : []),
  ];
}

/** Page migration beside the frees, and the readers behind the writers of the pool's lock. */
function migrationLines({ migration }: DesignPrediction): string[] {
  if (migration === null) return [];
  const { calls, meanNs, readersBehindHolder, readersBehindQueue, readersWaitNs } = migration;
  const behind = `${readersBehindHolder} readers behind a writer, ${readersBehindQueue} behind a queued one`;
  return [
    line('migration', `${calls} pages, ${durationText(meanNs)} each`),
    ...wrap(`${behind}: ${durationText(readersWaitNs)}`, ' '.repeat(14), ' '.repeat(14)),
  ];
}

/** Pages that are no part of zspages, where the recording shows them. */
function anonymousLines({ anonymous }: DesignPrediction): string[] {
  if (anonymous === null) return [];
  const { pages, t50, t90, t100 } = anonymous;
  const times = `50 % ${returnText(t50.value)}, 90 % ${returnText(t90.value)}, all ${returnText(t100.value)}`;
  return wrap(`${pages} pages: ${times}`, ' '.repeat(14), `  ${'anonymous'.padEnd(12)}`);
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(12)}${text}`;
}

/** Where the work went, when it went anywhere. */
function ledger({ cpuLedgerNs: { moved, left, removed } }: DesignPrediction): string[] {
  return [
    ...(moved.value === 0 ? [] : [line('', `moved to the worker ${spanText(moved, durationText)}`)]),
    ...(left.hi === 0 ? [] : [line('', `left undone ${spanText(left, durationText)}`)]),
    ...(removed.lo === 0 && removed.hi === 0 ? [] : [line('', gainText(removed, 'removed', 'added'))]),
  ];
}

function lockWaits(design: DesignPrediction): string[] {
  const rows = Object.entries(design.lockWaitNs).filter(([, wait]) => wait.hi > 0);
  if (rows.length === 0) return [line('lock wait', 'none')];
  return rows.map(([lock, wait], k) => {
    const count = Math.round(design.contended[lock]!.value);
    return line(k === 0 ? 'lock wait' : '', `${lock} ${spanText(wait, durationText)}, ${count} waits`);
  });
}
