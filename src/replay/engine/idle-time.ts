/** Time of CPUs that no thread takes, summed up where it passes; a plan for a CPU may be broken off. */
export class IdleTime {
  #idleNs = 0;
  #switchesNs = 0;
  /** By CPU: since when it has no thread; until when it idles, and the switch that follows, as planned. */
  readonly #emptySince: Float64Array;
  readonly #until: Float64Array;
  readonly #switchNs: Float64Array;

  constructor(cpus: number) {
    this.#emptySince = new Float64Array(cpus);
    this.#until = new Float64Array(cpus);
    this.#switchNs = new Float64Array(cpus);
  }

  /** From `t` on a CPU has no thread. */
  empty(cpu: number, t: number): void {
    this.#emptySince[cpu] = t;
  }

  /** A CPU idles from one time to another, and then takes so long to switch. */
  plan(cpu: number, from: number, until: number, switchNs: number): void {
    this.#idleNs += until - from;
    this.#switchesNs += switchNs;
    this.#until[cpu] = until;
    this.#switchNs[cpu] = switchNs;
  }

  /** A CPU has something else to do from `t` on: it was empty until then, or idles less than planned. */
  end(cpu: number, t: number, wasEmpty: boolean): void {
    if (wasEmpty) this.#idleNs += t - this.#emptySince[cpu]!;
    else if (t <= this.#until[cpu]!) {
      this.#idleNs -= this.#until[cpu]! - t;
      this.#switchesNs -= this.#switchNs[cpu]!;
    }
  }

  /** All CPUs are without threads: until the last one became so, they idled and switched for so long. */
  settle(): { readonly endNs: number; readonly idleNs: number; readonly switchesNs: number } {
    const endNs = this.#emptySince.reduce((last, since) => Math.max(last, since), 0);
    let idleNs = this.#idleNs;
    for (const since of this.#emptySince) idleNs += endNs - since;
    return { endNs, idleNs, switchesNs: this.#switchesNs };
  }
}
