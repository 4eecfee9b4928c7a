/** Ids of the sections of a what-if of stores, in the order of the page. */
export const STORE_PARTS = {
  answer: 'answer',
  fit: 'fit',
  designs: 'designs',
  latency: 'latency',
  device: 'waits-and-device',
  sweep: 'combinations',
  entries: 'entries',
  steps: 'steps',
  unknown: 'unknown',
  trust: 'trust',
  method: 'method',
} as const;
