/**
 * How much of a result the page shows, so that it stays a page (under 300 KB). Whatever is left out
 * is counted in a sentence; the JSON report has all of it.
 */
export const LIMITS = {
  /** Series of the overlaid charts: as many as there are colours and dash patterns. */
  series: 5,
  /** Functions in the table that is open, and in all. */
  functionsShown: 40,
  functions: 320,
  diagnostics: 40,
  files: 40,
  locksInChart: 12,
  locks: 60,
  lockDetails: 24,
  lockCharts: 4,
  blockers: 12,
  held: 10,
  tails: 12,
  slowCalls: 3,
  /** Lines of all trees of slow calls together, and of one of them. */
  treeLines: 600,
  treeLinesEach: 60,
  meanwhile: 10,
  differences: 12,
  /** Share of the width below which a rectangle of the call tree is not drawn. */
  icicleMinShare: 0.002,
  icicleLevels: 24,
  icicleNodes: 250,
  treeRows: 120,
} as const;
