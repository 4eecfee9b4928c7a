import type { Reproduction } from '../replay/reproduce/reproduce.ts';
import { trustOfReproduction } from './trust/reproduction.ts';
import { type TrustBox, trustJson } from './trust/trust-box.ts';

/** The reproduction as one line of JSON, with what it rests on. */
export function renderReproductionJson(result: Reproduction, tool: TrustBox['tool']): string {
  return `${JSON.stringify({ ...result, trust: trustJson(trustOfReproduction(result, tool)) })}\n`;
}
