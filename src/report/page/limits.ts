/**
 * How much of a result the page shows, so that it stays a page: under 300 KB for a
 * trace of calls, under 430 KB with samples, events and tables of everything besides. Whatever is left out
 * is counted in a sentence; the JSON report has all of it.
 */
export const LIMITS = {
  /** Series of the overlaid charts: as many as there are colours and dash patterns. */
  series: 5,
  /** Functions in the table that is open, and in all. */
  functionsShown: 40,
  functions: 180,
  diagnostics: 30,
  files: 20,
  locksInChart: 12,
  locks: 30,
  lockDetails: 8,
  /** Details of locks that nobody is seen to wait for: they are short. */
  quietLockDetails: 12,
  lockCharts: 3,
  /** Time lines of the longest waits. */
  moments: 3,
  blockers: 8,
  held: 6,
  tails: 8,
  slowCalls: 3,
  /** Lines of all trees of slow calls together, and most and fewest of one of them. */
  treeLines: 280,
  treeLinesEach: 40,
  treeLinesLeast: 8,
  meanwhile: 4,
  differences: 6,
  /** Share of the width below which a rectangle of the call tree is not drawn. */
  icicleMinShare: 0.002,
  icicleLevels: 24,
  icicleNodes: 120,
  treeRows: 60,
  profileFunctions: 40,
  lockSpins: 20,
  schedTasks: 40,
  schedCpus: 32,
  hits: 40,
  hitCallers: 4,
  events: 40,
  eventStacks: 2,
  eventFrames: 8,
  sideTables: 6,
  sideRows: 30,
} as const;
