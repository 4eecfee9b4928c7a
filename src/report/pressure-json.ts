import type { PressureResult } from '../replay/pressure/result.ts';
import { trustOfPressure } from './trust/pressure.ts';
import { trustJson } from './trust/trust-box.ts';

/** A scenario of memory pressure as JSON: the shape of docs/pressure.md. */
export function renderPressureJson(result: PressureResult): string {
  return `${JSON.stringify({ ...result, trust: trustJson(trustOfPressure(result)) }, null, 1)}\n`;
}
