import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { SpanBatch } from '../../trace/spans.ts';
import { noFacts, type TakenLock, type ZswapFacts, type ZswapPart } from '../../trace/zswap-facts.ts';
import type { ListHolds } from './list-holds.ts';
import type { ZswapCall } from './zswap-functions.ts';

/** What is known of a call of the graph before it ends. */
export interface Call {
  readonly facts: ZswapFacts;
  firstAt: number;
  /** Operations within it whose row was made before its own. */
  readonly rows: number[];
  /** When the mutex was taken, and when it was let go of without having been taken in the same function. */
  mutexFrom: number;
  mutexTo: number;
  /** Entries asked for since a page was compressed, and pages compressed since the mutex was locked. */
  entriesNow: number;
  compressionsNow: number;
  /** Of a writeback: the lock that was taken last is the tree's. */
  holdsTree: boolean;
  /** The tree's lock, which was not seen to be given back yet. */
  lastTree: TakenLock | null;
}

/** When a lock was got, and how long it was held. */
export function followLocks(
  rows: SpanBatch,
  i: number,
  meaning: ZswapCall,
  part: ZswapPart | null,
  waitNs: number,
  call: Call,
  lists: ListHolds,
): void {
  const startNs = rows.startNs[i]!;
  const endNs = startNs + rows.durationNs[i]!;
  const { locks } = call.facts;
  const { lastTree } = call;
  if (lastTree && meaning.name === '_raw_spin_unlock') {
    lastTree.heldNs = startNs - lastTree.gotNs;
    lastTree.freeNs = endNs;
    call.lastTree = null;
  } else if (lastTree && Number.isNaN(lastTree.freeNs)) {
    lastTree.heldNs = startNs - lastTree.gotNs;
    lastTree.freeNs = startNs;
  }
  if (part === 'tree' && meaning.locksTree) {
    // Of a writeback only the last one in front is the tree's.
    if (locks.at(-1)?.lock === 'tree' && call.holdsTree) locks.pop();
    call.lastTree = { lock: 'tree', waitNs, gotNs: endNs, heldNs: 0, freeNs: Number.NaN };
    locks.push(call.lastTree);
  } else if (part === 'list') locks.push(lists.take(rows, i, waitNs));
}

/**
 * Whether a spinlock's call is of the tree. A writeback takes those of the swap cache, in front, and of the
 * device, behind: the tree's is the last one before it decompresses, else the first one after.
 */
export function isTreeLock(isOfWriteback: boolean, meaning: ZswapCall, call: Call): boolean {
  if (!isOfWriteback) return true;
  const { parts, traced, waits } = call.facts;
  if (!meaning.locksTree) {
    const isOfTree = call.holdsTree && meaning.name === '_raw_spin_unlock';
    call.holdsTree = false;
    return isOfTree;
  }
  if (parts.decompress === undefined) {
    delete parts.tree;
    delete traced.tree;
    delete waits.tree;
  }
  call.holdsTree = parts.tree === undefined;
  return call.holdsTree;
}

/** What is known of a call that has not ended; made when it is asked for first. */
export function callOf(calls: Map<number, Call>, span: number, at: number): Call {
  let call = calls.get(span);
  if (!call) {
    call = {
      facts: noFacts(),
      firstAt: at,
      rows: [],
      mutexFrom: Number.NaN,
      mutexTo: Number.NaN,
      entriesNow: 0,
      compressionsNow: 0,
      holdsTree: false,
      lastTree: null,
    };
    calls.set(span, call);
  }
  return call;
}

/** A function ends: what it locked, it has given back. */
export function endHold({ lastTree }: Call, atNs: number): void {
  if (!lastTree || !Number.isNaN(lastTree.freeNs)) return;
  lastTree.heldNs = atNs - lastTree.gotNs;
  lastTree.freeNs = atNs;
}

/** Counts what one call asks of the slab, the mutex or the compressor: what comes in batches shows in their order. */
export function count(call: Call, meaning: ZswapCall): void {
  const { facts } = call;
  facts.callsMade++;
  if (meaning.part === 'entry') {
    facts.entries++;
    if (meaning.isBulk) facts.bulkEntries++;
    call.entriesNow++;
    facts.entriesInRow = Math.max(facts.entriesInRow, call.entriesNow);
  }
  if (meaning.part === 'object') facts.objects++;
  if (meaning.mutex === 'lock') {
    facts.mutexLocks++;
    call.compressionsNow = 0;
  }
  if (meaning.part === 'compress') compressed(call, 1);
}

function compressed(call: Call, pages: number): void {
  const { facts } = call;
  facts.compressions += pages;
  call.entriesNow = 0;
  // Of a hold that is not traced nothing is known.
  if (facts.mutexLocks === 0) return;
  call.compressionsNow += pages;
  facts.compressionsInHold = Math.max(facts.compressionsInHold, call.compressionsNow);
}

/** The mutex is let go of. */
export function release(call: Call, atNs: number): void {
  if (Number.isNaN(call.mutexFrom)) call.mutexTo = atNs;
  else addPart(call.facts, 'mutexHold', atNs - call.mutexFrom);
  call.mutexFrom = Number.NaN;
}

/** Adds what a part of an operation did to what the operation did before. */
export function absorb(call: Call, part: Call): void {
  const { facts } = call;
  const { facts: inner, rows, mutexFrom, mutexTo } = part;
  absorbCounts(call, part);
  if (Number.isNaN(facts.limitAt)) facts.limitAt = inner.limitAt;
  for (const { treeAt, listAt, list } of inner.published)
    facts.published.push({ treeAt: Number.isNaN(treeAt) ? facts.treeAt : treeAt, listAt, list });
  if (!Number.isNaN(inner.treeAt)) facts.treeAt = inner.treeAt;
  for (const part of Object.keys(inner.parts) as ZswapPart[]) addPart(facts, part, inner.parts[part]!);
  for (const part of Object.keys(inner.traced) as ZswapPart[]) {
    const { calls, below } = inner.traced[part]!;
    addTraced(facts, part, calls, below);
  }
  for (const part of Object.keys(inner.waits) as ZswapPart[])
    facts.waits[part] = (facts.waits[part] ?? 0) + inner.waits[part]!;
  facts.locks.push(...inner.locks);
  call.rows.push(...rows);
  if (!Number.isNaN(mutexTo)) release(call, mutexTo);
  // A function that takes the mutex and returns with it held.
  if (!Number.isNaN(mutexFrom)) call.mutexFrom = mutexFrom;
}

function absorbCounts(call: Call, { facts: inner, entriesNow, compressionsNow }: Call): void {
  const { facts } = call;
  facts.entries += inner.entries;
  facts.bulkEntries += inner.bulkEntries;
  facts.objects += inner.objects;
  facts.callsMade += inner.callsMade;
  facts.partsSelfNs += inner.partsSelfNs;
  facts.partsCalled += inner.partsCalled;
  facts.partsChildren += inner.partsChildren;
  facts.compressesUnseen ||= inner.compressesUnseen;
  const before = call.entriesNow;
  // A hold that began in front of the function goes on in it.
  if (inner.mutexLocks === 0 && inner.compressions > 0) compressed(call, inner.compressions);
  else if (inner.compressions > 0) {
    facts.compressions += inner.compressions;
    facts.compressionsInHold = Math.max(facts.compressionsInHold, inner.compressionsInHold);
  }
  facts.mutexLocks += inner.mutexLocks;
  if (inner.mutexLocks > 0) call.compressionsNow = compressionsNow;
  call.entriesNow = inner.compressions > 0 ? entriesNow : before + entriesNow;
  facts.entriesInRow = Math.max(facts.entriesInRow, inner.entriesInRow, call.entriesNow);
}

/** Adds time to a part; nothing where it is not known. */
export function addPart(facts: ZswapFacts, part: ZswapPart | null, ns: number): void {
  if (part !== null && !Number.isNaN(ns)) facts.parts[part] = (facts.parts[part] ?? 0) + ns;
}

/** Counts traced calls of a part, and those below them. */
export function addTraced(
  { traced }: ZswapFacts,
  part: ZswapPart | null,
  calls: number,
  below: number,
): void {
  if (part === null) return;
  const before = traced[part] ?? { calls: 0, below: 0 };
  traced[part] = { calls: before.calls + calls, below: before.below + below };
}

/** A look at an entry has the calls of a writeback in it, and no operation that is one. */
export function writesBack({ kind }: OperationTable, call: Call | undefined): boolean {
  if (!call || call.rows.some((row) => kind[row] === OperationKind.ZswapWriteback)) return false;
  const { claim, decompress, entryFree, submit } = call.facts.parts;
  const isFreed = call.rows.some((row) => kind[row] === OperationKind.ZswapEntryFree);
  return isFreed || [claim, decompress, entryFree, submit].some((ns) => ns !== undefined);
}
