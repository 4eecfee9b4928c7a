import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/**
 * Definitions, for kprobe_events, of the probes that would show what a recording does not: sizes and handles.
 * `$arg2` is the second argument on x86-64, arm64 and others since 4.20 (Documentation/trace/kprobetrace.rst).
 */
export function missingProbes(ops: OperationTable): string[] {
  let hasSize = false;
  let hasResult = false;
  let hasHandle = false;
  for (let row = 0; row < ops.length; row++) {
    if (ops.reconstructed[row] !== 0) continue;
    if (ops.kind[row] === OperationKind.Malloc) {
      hasSize ||= ops.size[row]! >= 0;
      hasResult ||= ops.handle[row]! >= 0;
    } else if (ops.kind[row] === OperationKind.Free) hasHandle ||= ops.handle[row]! >= 0;
  }
  return [
    ...(hasSize ? [] : ['p:zsm zs_malloc size=$arg2']),
    ...(hasResult ? [] : ['r512:zsmr zs_malloc handle=$retval:x64']),
    ...(hasHandle ? [] : ['p:zsf zs_free handle=$arg2:x64']),
  ];
}
