import { bytesText, shareText } from '../quantities.ts';
import { SIGNS, SIGNS_LEGEND, type TrustBox } from '../trust/trust-box.ts';
import { wrap } from './layout.ts';

/** Digits of a checksum that tell files apart; the HTML and JSON have all. */
const DIGITS = 16;

/** What a report rests on, in short. */
export function trustLines(box: TrustBox): string[] {
  const { inputs, tool, lostRecords, calibration, validation } = box;
  return [
    SIGNS_LEGEND,
    ...box.rests.flatMap(({ basis, what }) => wrap(what, '  ', `${SIGNS[basis]} `)),
    ...calibration.slice(0, 2).flatMap((text) => wrap(`calibration: ${text}`, '')),
    ...(validation === null ? [] : wrap(`baseline: ${validationText(validation)}`, '')),
    ...wrap(`tracing: ${box.tracingOverhead}`, ''),
    ...inputs.flatMap(({ role, name, format, bytes, lines, understoodLines, sha256 }) =>
      wrap(
        `${role === undefined ? '' : `${role}: `}${name}: ${format}, ${bytesText(bytes)}` +
          (lines === null
            ? ''
            : `, ${lines} lines, ${shareText((understoodLines ?? 0) / Math.max(1, lines))} understood`) +
          (sha256 === '' ? '' : `, sha256 ${sha256.slice(0, DIGITS)}`),
        '',
      ),
    ),
    ...(lostRecords === null
      ? []
      : [
          lostRecords === 0
            ? 'no record lost, as far as the kernel says'
            : `${lostRecords} records lost, as the kernel counted`,
        ]),
    ...wrap(`${tool.name} ${tool.version}: ${tool.command}`, ''),
  ];
}

function validationText({ verdict, reasons }: NonNullable<TrustBox['validation']>): string {
  // An id of a verdict reads as words.
  const words = /^[a-z-]+$/.test(verdict) ? verdict.replaceAll('-', ' ') : verdict;
  return `${words}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`;
}
