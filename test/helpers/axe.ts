/// <reference lib="dom" />
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Rows of a table that are looked at: further ones are made of the same cells. */
const ROWS = 3;

/**
 * What axe-core finds serious or critical in a page, all of it opened: the rule, and where.
 * @param rules Only these, where a page differs from one that was looked at by them alone; null: all.
 */
export async function seriousFindings(page: Page, rules: readonly string[] | null = null): Promise<string[]> {
  await page.evaluate((rows) => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const body of document.querySelectorAll('tbody'))
      while (body.rows.length > rows) body.rows[rows]!.remove();
    // To assistive programs a chart is one picture; the contrast of its parts has a test of its own.
    for (const chart of document.querySelectorAll('.chart')) chart.replaceChildren();
  }, ROWS);
  // Evaluated from outside of the page, so that its policy stays as it is.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const found = await axe.run(document, {
      resultTypes: ['violations'],
      ...(only ? { runOnly: [...only] } : {}),
    });
    return found.violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      places: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)),
    }));
  }, rules);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, places }) => `${id}: ${places.join(' | ')}`);
}
