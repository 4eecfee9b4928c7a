/**
 * References of the pool of compressed pages, and what each memcg is charged. The kernel keeps plain
 * counts; whom a reference belongs to is known here so that a wrong drop shows where it happens.
 */
export class References {
  /** Count of the pool: one while it is the current pool, one for each store at work, one an entry. */
  pool = 1;
  isCurrent = true;
  /** Entries' references that have been taken ahead of the entries (batched designs). */
  ahead = 0;
  /** References of each memcg (obj_cgroup) that entries hold. */
  readonly memcgs = new Map<number, number>();
  /** Bytes charged to each memcg. */
  readonly charged = new Map<number, number>();
  /** What went wrong so far, in words. */
  readonly faults: string[] = [];

  get poolDestroyed(): boolean {
    return this.pool <= 0;
  }

  takePool(count = 1): void {
    if (this.poolDestroyed) this.faults.push('a reference of a destroyed pool is taken');
    this.pool += count;
  }

  dropPool(count = 1): void {
    this.pool -= count;
    if (this.pool < 0) this.faults.push('the reference count of the pool falls below zero');
  }

  /** The pool is replaced as the current one (a parameter was written): its first reference goes. */
  replacePool(): void {
    if (!this.isCurrent) return;
    this.isCurrent = false;
    this.dropPool();
  }

  takeMemcg(memcg: number): void {
    this.memcgs.set(memcg, (this.memcgs.get(memcg) ?? 0) + 1);
  }

  dropMemcg(memcg: number): void {
    const left = (this.memcgs.get(memcg) ?? 0) - 1;
    this.memcgs.set(memcg, left);
    if (left < 0) this.faults.push(`a reference of memcg ${memcg} is dropped that was never taken`);
  }

  charge(memcg: number, bytes: number): void {
    this.charged.set(memcg, (this.charged.get(memcg) ?? 0) + bytes);
  }

  uncharge(memcg: number, bytes: number): void {
    const left = (this.charged.get(memcg) ?? 0) - bytes;
    this.charged.set(memcg, left);
    if (left < 0) this.faults.push(`memcg ${memcg} is charged less than nothing`);
  }

  clone(): References {
    const copy = new References();
    copy.pool = this.pool;
    copy.isCurrent = this.isCurrent;
    copy.ahead = this.ahead;
    for (const [memcg, count] of this.memcgs) copy.memcgs.set(memcg, count);
    for (const [memcg, bytes] of this.charged) copy.charged.set(memcg, bytes);
    copy.faults.push(...this.faults);
    return copy;
  }
}
