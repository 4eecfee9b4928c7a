import type { FunctionRow } from '../../analysis/result.ts';
import { countText, durationText } from '../quantities.ts';
import { clip, WIDTH } from './layout.ts';

const NUMBER_WIDTH = 8;
const CALLS_WIDTH = 7;

/** Functions with their totals and quantiles, the most total time first. */
export function functionTable(rows: readonly FunctionRow[], entries: number): string[] {
  if (rows.length === 0) return [];
  const cells = (values: readonly string[]) =>
    values.map((value, i) => value.padStart(i === 0 ? CALLS_WIDTH : NUMBER_WIDTH)).join('');
  const lines = [`${cells(['calls', 'total', 'self', 'p50', 'p99', 'max'])}  function`];
  const room = WIDTH - CALLS_WIDTH - 5 * NUMBER_WIDTH - 2;
  for (const row of rows.slice(0, entries)) {
    const values = [row.totalNs, row.selfNs, row.p50Ns, row.p99Ns, row.maxNs].map(durationText);
    const numbers = cells([String(row.calls), ...values]);
    const name = row.module === '' ? row.name : `${row.name} [${row.module}]`;
    if (name.length <= room) lines.push(`${numbers}  ${name}`);
    else lines.push(numbers, `${' '.repeat(Math.max(0, WIDTH - name.length))}${clip(name, WIDTH)}`);
  }
  if (rows.length > entries)
    lines.push(`... and ${countText(rows.length - entries, 'function')} more (--entries, --json)`);
  return lines;
}
