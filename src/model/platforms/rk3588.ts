/**
 * RK3588 (4 x Cortex-A76, 4 x Cortex-A55): no core-to-core latency of it was found, and its published
 * rows have one process, in which no line moves. So it has no numbers of its own here; its baseline row
 * is the calibration.
 */
export const RK3588 = {
  id: 'rk3588',
  title: 'RK3588 (4 x Cortex-A76 + 4 x Cortex-A55)',
  calibratedOn: ['rk3588-munmap-256'],
} as const;
