/** Half the width of a two-sided 95 % interval of the normal distribution, in standard deviations. */
const Z = 1.959963984540054;

/**
 * The 95 % interval of a share of which `hits` of `samples` independent samples tell: Wilson's score
 * interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212), good for few samples and for shares
 * near 0 and 1. `[0, 1]` without samples.
 */
export function shareInterval(
  hits: number,
  samples: number,
): { readonly low: number; readonly high: number } {
  if (samples <= 0) return { low: 0, high: 1 };
  const share = hits / samples;
  const zz = (Z * Z) / samples;
  const middle = (share + zz / 2) / (1 + zz);
  const half = (Z / (1 + zz)) * Math.sqrt((share * (1 - share)) / samples + zz / (4 * samples));
  return {
    low: hits === 0 ? 0 : Math.max(0, middle - half),
    high: hits === samples ? 1 : Math.min(1, middle + half),
  };
}
