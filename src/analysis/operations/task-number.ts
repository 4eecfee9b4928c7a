/** Where the trace does not say which task ran, a CPU stands for one: numbers below -1. */
export function taskOf(task: number, cpu: number): number {
  return task >= 0 ? task : -2 - cpu;
}
