/**
 * P values adjusted for their number as Benjamini and Hochberg (1995, J. R. Stat. Soc. B 57:289) do. Of the
 * rows that stay below a level, at most that share is expected to be wrong; where nothing differs at all,
 * the chance that even one row does is at most the level.
 */
export function adjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[b]! - pValues[a]!);
  const result = new Array<number>(pValues.length);
  let least = 1;
  for (const [place, i] of order.entries()) {
    const rank = pValues.length - place;
    least = Math.min(least, (pValues[i]! * pValues.length) / rank);
    result[i] = least;
  }
  return result;
}
