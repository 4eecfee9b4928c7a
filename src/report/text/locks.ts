import type { HeldRow, LockRow } from '../../analysis/result.ts';
import { countText, durationText, shareText } from '../quantities.ts';
import { clip, WIDTH, wrap } from './layout.ts';

/** Each lock in a few lines: waits, holds, who was in the way. */
export function lockTable(rows: readonly LockRow[], entries: number): string[] {
  const lines = rows.slice(0, entries).flatMap((row, i) => [...(i > 0 ? [''] : []), ...lockLines(row)]);
  if (rows.length > entries) lines.push('', `... and ${rows.length - entries} more (--entries, --json)`);
  return lines;
}

function lockLines(row: LockRow): string[] {
  const instances = row.instances > 1 ? `, ${row.instances} instances` : '';
  const place = row.namedBy === 'unknown' || row.site === '' ? '' : `  in ${row.site}`;
  const lines = [clip(`${row.lock}${place}  (${row.kind}${instances})`, WIDTH)];
  const contended = row.acquisitions > 0 ? ` (${shareText(row.contended / row.acquisitions)})` : '';
  if (row.waitWitness === 'none') {
    const { acquire } = row;
    lines.push(
      ...wrap(
        `taken ${row.acquisitions}; no wait seen; lock call p50 ${durationText(acquire.p50Ns)} ` +
          `p99 ${durationText(acquire.p99Ns)} max ${durationText(acquire.maxNs)}`,
        '  ',
      ),
    );
  } else {
    const { wait } = row;
    const share = row.waitShareOfSite === null ? '' : `, ${shareText(row.waitShareOfSite)} of ${row.site}`;
    const witness = row.waitWitness === 'slowpath' ? '' : ' (by contention events)';
    lines.push(
      ...wrap(
        row.acquisitionsKnown
          ? `taken ${row.acquisitions}, waited ${row.contended}${contended}${witness}${share}`
          : `waited ${row.contended}${witness}${share}; how often it was taken is not recorded`,
        '  ',
      ),
      ...wrap(
        `wait  ${durationText(wait.totalNs)} total, mean ${durationText(wait.meanNs)} p50 ${durationText(wait.p50Ns)} ` +
          `p99 ${durationText(wait.p99Ns)} max ${durationText(wait.maxNs)}`,
        '  ',
      ),
    );
  }
  if (row.hold) {
    const basis = row.holdBasis === 'calls' ? ' (at least: sum of the calls seen)' : '';
    lines.push(
      ...wrap(
        `hold  ${durationText(row.hold.totalNs)} total, mean ${durationText(row.hold.meanNs)} p50 ${durationText(row.hold.p50Ns)} ` +
          `p99 ${durationText(row.hold.p99Ns)} max ${durationText(row.hold.maxNs)}${basis}`,
        '  ',
      ),
    );
  } else {
    const why = !row.acquisitionsKnown
      ? 'contention events tell of waits only'
      : row.acquire.count === 0
        ? 'this text has no durations'
        : 'no unlock in the trace goes with it';
    lines.push(`  hold  not known: ${why}`);
  }
  if (row.calledWhileHeld.length > 0) lines.push(...wrap(`under it: ${heldText(row.calledWhileHeld)}`, '  '));
  if (row.lockedWhileHeld.length > 0) {
    lines.push(...wrap(`locks taken under it: ${heldText(row.lockedWhileHeld)}`, '  '));
  }
  if (row.blockedBy.length > 0) {
    lines.push(`  blocked by (the trace explains ${shareText(row.blockedByCoverage)} of the wait):`);
    for (const b of row.blockedBy.slice(0, 5)) {
      const cpu = row.acquisitionsKnown ? `  CPU ${b.cpu < 0 ? '?' : b.cpu}` : '';
      const who = b.task === '' ? b.function : `${b.function}  ${b.task}${cpu}`;
      lines.push(
        clip(`    ${durationText(b.waitNs).padStart(8)} in ${countText(b.waits, 'wait')}  ${who}`, WIDTH),
      );
    }
    if (row.blockedBy.length > 5) lines.push(`    ... and ${row.blockedBy.length - 5} more (--json)`);
  }
  return lines;
}

function heldText(rows: readonly HeldRow[]): string {
  const text = (row: HeldRow) =>
    `${row.name} ${row.calls}x${row.totalNs > 0 ? ` ${durationText(row.totalNs)}` : ''}`;
  return rows.slice(0, 4).map(text).join(', ');
}
