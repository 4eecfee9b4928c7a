/**
 * Source of the hot loop for threads that wait for a spinlock, m of a family. Release is no event: who comes later
 * finds the time at which the lock becomes free. The first waiter's CPU comes to that time and takes the lock
 * over; the others have none until they are the first.
 */

/** The thread at hand goes to the end of the queue; t is when its CPU comes to its next event. */
export function joinQueue(family: number): string {
  return `const length = queueLength[m];
waitSinceNs[thread] = t;
nextWaiter[thread] = -1;
if (length === 0) { queueHead[m] = thread; queueSinceNs[m] = t; t = freeNs[m]; }
else {
  const tail = queueTail[m];
  if (waitSinceNs[tail] > t) locks.outOfOrder(${family}, thread, tail);
  nextWaiter[tail] = thread;
  queueNs[${family}] += length * (t - queueSinceNs[m]);
  queueSinceNs[m] = t;
  t = Infinity;
}
queueTail[m] = thread;
queueLength[m] = length + 1;`;
}

/** The thread at hand is the first waiter and has the lock, one hand-off after its release at t. */
export function takeOver(family: number, hasBackground: boolean): string {
  const background = hasBackground
    ? `if (isBackground[thread] === 1) { backgroundWaits[${family}]++; backgroundWaitNs[${family}] += waited; }`
    : '';
  return `if (!(freeNs[m] <= t)) locks.isHeld(m, ${family}, t);
if (queueHead[m] !== thread) locks.outOfOrder(${family}, thread, queueHead[m]);
const length = queueLength[m];
t += constant[length > 1 ? 3 : 2] + dataNs[${family}];
queueHead[m] = nextWaiter[thread];
queueNs[${family}] += length * (t - queueSinceNs[m]);
queueSinceNs[m] = t;
queueLength[m] = length - 1;
const waited = t - waitSinceNs[thread];
waitNs[${family}] += waited; waitedNs[thread] += waited;
contended[${family}]++; acquisitions[${family}]++;
${background}
freeNs[m] = Infinity; sinceNs[m] = t; lastCpu[m] = cpu;`;
}
