import type { MunmapComparison, WhatIfResult } from '../../replay/result.ts';
import { durationText, shareText } from '../quantities.ts';
import { spanText } from '../what-if-summary.ts';
import { wrap } from './layout.ts';

/** Differences of the structure that are printed; the JSON has all. */
const SHOWN = 3;

/** The replayed base beside the recording: structure, times, waiting. */
export function validationText({ validation: v, frees, tasks, cpus, kernel }: WhatIfResult): string[] {
  const s = v.structure;
  const rows: [string, number, number][] = [
    ['new zspage or not, pages', s.mallocsAgree, s.mallocsJudged],
    ['which zspage', s.zspageAgree, s.zspageJudged],
    ['object index', s.objectIndexAgree, s.objectIndexJudged],
    ['zspage released or not', s.freesAgree, s.freesJudged],
    ...(s.moves > 0
      ? [['objects moved by compaction', s.movesAgree, s.moves] as [string, number, number]]
      : []),
  ];
  const judged = rows.filter(([, , of]) => of > 0);
  const lines = [
    ...wrap(`Replayed: ${frees} frees by ${tasks} tasks on ${cpus} CPUs.`, ''),
    ...wrap(`Kernel: era ${kernel.era}, ${kernel.title} (${kernel.basis}).`, ''),
    ...(judged.length === 0
      ? wrap('Structure of zsmalloc: not judged, these recordings do not show its outcome.', '')
      : judged.map(([name, agree, of]) => `  ${name.padEnd(28)}${agree} of ${of} agree`)),
  ];
  if (s.freesReconstructed > 0) {
    lines.push(`  reconstructed, not judged   ${s.freesReconstructed} of ${s.frees} frees`);
    if (s.releasesShown > 0)
      lines.push(
        `    released as in the trace  ${s.releasesReproduced} of ${s.releasesShown}, by construction`,
      );
  }
  for (const difference of s.differences.slice(0, SHOWN))
    lines.push(...wrap(`line ${difference.line}: ${difference.what}`, '    '));
  if (s.differences.length > SHOWN) lines.push(`    ... and ${s.differences.length - SHOWN} more (--json)`);
  if (v.comparisons.length > 0) lines.push('', `${'[=] recorded'.padStart(39)}  [~] modelled`);
  for (const c of v.comparisons) {
    const text = (value: number) => (c.unit === 'count' ? String(Math.round(value)) : durationText(value));
    lines.push(`  ${c.name.padEnd(28)}${text(c.recorded).padStart(9)}  ${spanText(c.modelled, text)}`);
  }
  if (v.munmapCalls !== null) {
    const sum = (of: (call: MunmapComparison) => number) => v.munmapCalls!.reduce((all, c) => all + of(c), 0);
    const share = (ns: number) => shareText(ns / sum((call) => call.recordedNs));
    const outside = share(sum((call) => call.outsideNs));
    lines.push(
      ...wrap(
        `of the calls of munmap ${share(sum((c) => c.freeingNs))} are frees as timed here, and ${outside} lie before the first or behind the last`,
        '    ',
        '  ',
      ),
    );
  }
  if (v.ksDistance !== null)
    lines.push(`  greatest distance of the distributions of zs_free: ${(v.ksDistance * 100).toFixed(1)} %`);
  const why = v.reasons.length > 0 ? ` (${v.reasons.join('; ')})` : '';
  lines.push(...wrap(`Verdict: ${v.verdict.replaceAll('-', ' ')}${why}.`, ''));
  return lines;
}
