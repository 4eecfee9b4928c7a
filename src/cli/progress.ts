/** Progress of long work: one line on standard error, only on a terminal, and only when it takes long. */
export class Progress {
  readonly #enabled: boolean;
  readonly #begun = Date.now();
  #shown = 0;

  constructor(quiet: boolean) {
    this.#enabled = !quiet && process.stderr.isTTY === true;
  }

  /** Tells how far an input is; cheap enough for every chunk. */
  update(name: string, doneBytes: number, totalBytes: number | null): void {
    if (!this.#enabled) return;
    const now = Date.now();
    if (now - this.#begun < 700 || now - this.#shown < 100) return;
    this.#shown = now;
    const done = `${(doneBytes / 1e6).toFixed(0)} MB`;
    const share = totalBytes ? ` (${Math.min(100, (doneBytes / totalBytes) * 100).toFixed(0)} %)` : '';
    const rate = `${(doneBytes / 1e3 / Math.max(1, now - this.#begun)).toFixed(0)} MB/s`;
    process.stderr.write(`\r\x1b[Kreading ${name}: ${done}${share}, ${rate}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown > 0) process.stderr.write('\r\x1b[K');
    this.#shown = 0;
  }
}
