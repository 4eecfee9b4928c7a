import { IaaCall, type IaaMode, type IaaPage } from './calls.ts';
import type { IaaCosts } from './costs.ts';
import { IaaDevices, type IaaSetup } from './devices.ts';

/** Tasks that work for a while, hand over pages, wait, and begin again. */
export interface ClosedLoop {
  readonly setup: IaaSetup;
  readonly costs: IaaCosts;
  readonly mode: IaaMode;
  /** CPU of each task. */
  readonly cpus: readonly number[];
  /** Work between two requests, ns: of the task and of the round. */
  readonly thinkNs: (task: number, round: number) => number;
  readonly pages: readonly IaaPage[];
  readonly rounds: number;
}

export interface ClosedLoopResult {
  /** End of the last task, ns. */
  readonly endNs: number;
  /** Mean time of a request, ns. */
  readonly requestNs: number;
  /** Mean wait of a descriptor for an engine, ns. */
  readonly waitNs: number;
  readonly queueFullNs: number;
  /** Share of the engines' time until the end. */
  readonly utilisation: number;
  readonly descriptors: number;
}

/** Plays the loop; exact, as submissions reach the devices in the order of their time. */
export function playClosedLoop(loop: ClosedLoop): ClosedLoopResult {
  const devices = new IaaDevices(loop.setup);
  let requestsNs = 0;
  let endNs = 0;
  const begin = (task: number, round: number, atNs: number) => {
    const from = atNs + loop.thinkNs(task, round);
    const request = { cpu: loop.cpus[task]!, atNs: from, pages: loop.pages };
    return { task, round, from, call: new IaaCall(devices, loop.costs, loop.mode, request) };
  };
  const running = loop.cpus.map((_, task) => begin(task, 0, 0));
  while (running.length > 0) {
    let first = 0;
    for (let i = 1; i < running.length; i++) {
      if (running[i]!.call.nowNs < running[first]!.call.nowNs) first = i;
    }
    const { task, round, from, call } = running[first]!;
    call.advance();
    if (!call.done) continue;
    requestsNs += call.nowNs - from;
    endNs = Math.max(endNs, call.nowNs);
    if (round + 1 < loop.rounds) running[first] = begin(task, round + 1, call.nowNs);
    else running.splice(first, 1);
  }
  const use = devices.use();
  const sum = (value: (one: (typeof use)[number]) => number) => use.reduce((all, one) => all + value(one), 0);
  const descriptors = sum((one) => one.descriptors);
  return {
    endNs,
    requestNs: requestsNs / (loop.cpus.length * loop.rounds),
    waitNs: sum((one) => one.waitedNs) / descriptors,
    queueFullNs: sum((one) => one.queueFullNs),
    utilisation: devices.utilisation(endNs),
    descriptors,
  };
}
