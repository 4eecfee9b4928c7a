import type { MeasuredResult, PlatformFile } from '../replay/result.ts';
import { durationText } from './quantities.ts';
import { wrap } from './text/layout.ts';
import { quantityText } from './what-if-summary.ts';

const MARKS = { measured: '[=]', fitted: '[~]', assumed: '[?]' } as const;

/** A calibrated platform as plain text of at most 72 columns. */
export function renderPlatformText(file: PlatformFile, measured: readonly MeasuredResult[]): string {
  const lines = [
    ...wrap(
      `${file.frees} frees by ${file.tasks} tasks on ${file.cpus} CPUs, ${file.emptied} of them empty a zspage; era ${file.kernel.era} (${file.kernel.basis}).`,
      '',
    ),
    ...reconstructedLines(file),
    ...(file.probe
      ? wrap(
          `A traced call costs ${durationText(file.probe.insideNs)} within and ${durationText(file.probe.outsideNs)} around it, by the quickest.`,
          '',
        )
      : ['No cost of the tracer is known.']),
    '',
    `  ${'cost'.padEnd(26)}${'calls'.padStart(8)}${'median'.padStart(10)}   untraced`,
    ...Object.entries(file.costs).map(([name, { calls, tracedNs, untracedNs }]) => {
      const untraced = untracedNs
        ? `${durationText(middle(untracedNs.least))} to ${durationText(middle(untracedNs.most))}`
        : '-';
      return `  ${name.padEnd(26)}${String(calls).padStart(8)}${durationText(middle(tracedNs)).padStart(10)}   ${untraced}`;
    }),
    '',
    '[=] measured, [~] fitted, [?] assumed',
    ...file.parameters
      .filter(({ lo, hi }) => hi > lo)
      .flatMap(({ title, unit, basis, value, lo, hi }) => {
        const text = (number: number) => quantityText(number, unit);
        return wrap(`${title}: ${text(value)} (${text(lo)} to ${text(hi)})`, '    ', `${MARKS[basis]} `);
      }),
    ...measured.flatMap(({ name, measuredNs, predictedNs, afterNs }) =>
      wrap(
        `${name}: measured ${durationText(measuredNs)}, predicted without it ${durationText(predictedNs.value)}, with it ${afterNs ? durationText(afterNs.value) : '- (no set gives it)'}`,
        '    ',
        '[=] ',
      ),
    ),
    ...wrap(
      file.fit.accepted > 0
        ? `${file.fit.accepted} of ${file.fit.tried} parameter sets reproduce the recording within its noise.`
        : `None of ${file.fit.tried} parameter sets reproduces the recording: the nearest were taken.`,
      '',
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was filled in, and what rests on it. */
function reconstructedLines({ frees, reconstructed }: PlatformFile): string[] {
  if (!reconstructed) return [];
  const { frees: filled, sizes, times } = reconstructed;
  const parts = [
    ...(filled > 0 ? [`the objects of ${filled} of ${frees} frees (sizes: ${sizes})`] : []),
    ...(times ? ['when frees began'] : []),
  ];
  return wrap(
    `Reconstructed: ${parts.join(', ')}. What calls took is measured all the same; which parameter sets are kept rests on it.`,
    '    ',
    '[?] ',
  );
}

function middle(quantiles: readonly number[]): number {
  return quantiles[quantiles.length >> 1]!;
}
