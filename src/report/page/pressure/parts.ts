/** Ids of the sections of a page about memory pressure, in its order. */
export const PRESSURE_PARTS = {
  answer: 'answer',
  designs: 'designs',
  sensitivity: 'sensitivity',
  published: 'published',
  assumptions: 'assumptions',
  trust: 'trust',
  method: 'method',
} as const;
