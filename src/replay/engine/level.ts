/** Slots of a level over time; when time goes beyond them, two become one. */
const SLOTS = 256;

/** The most that something was, slot of time by slot of time, in bounded memory. */
export class Level {
  #slotNs = 1024;
  #most = new Int32Array(SLOTS);
  #used = 0;
  #now = 0;

  /** From time `t` on, ns, it is `value`; times may be told a little out of order. */
  set(t: number, value: number): void {
    while (t >= this.#slotNs * SLOTS) this.#halve();
    const slot = Math.floor(t / this.#slotNs);
    while (this.#used <= slot) this.#most[this.#used++] = this.#now;
    this.#now = value;
    if (value > this.#most[slot]!) this.#most[slot] = value;
  }

  /** Width of a slot, ns, and the most in each from time 0 on. */
  result(): { readonly slotNs: number; readonly most: Int32Array } {
    return { slotNs: this.#slotNs, most: this.#most.slice(0, this.#used) };
  }

  #halve(): void {
    const half = (this.#used + 1) >> 1;
    for (let k = 0; k < half; k++) {
      const second = 2 * k + 1 < this.#used ? this.#most[2 * k + 1]! : 0;
      this.#most[k] = Math.max(this.#most[2 * k]!, second);
    }
    this.#used = half;
    this.#slotNs *= 2;
  }
}
