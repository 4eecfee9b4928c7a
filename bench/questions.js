/**
 * Writes docs/questions.md: questions of the thread "reduce zs_free() latency", each with the command
 * that answers it and what that printed.
 *
 * usage: node bench/questions.js
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;
const BASE =
  'fixtures/patched/base_nosi/fg-full-p2.txt.gz --operations fixtures/patched/base_nosi/ops-p2.txt.gz';

const QUESTIONS = [
  {
    question: 'How much do we get from the locking change alone, without deferring?',
    command: `what-if ${BASE} -d class-idx`,
    show: [/^The model/m, /^base$/m],
  },
  {
    question: 'What does deferring add on top?',
    command: `what-if ${BASE} -d class-idx+drop-lock+deferred:entries=256,buffers=64`,
    show: [/^What each part adds/m, /^Before/m],
  },
  {
    question: 'Is total CPU work unchanged?',
    command: `what-if ${BASE} -d deferred:entries=256,buffers=64`,
    show: [/^Designs/m, /^What each|^Before/m],
  },
  {
    question: 'What does the worker cost under pressure? (one other thread wants each CPU)',
    command: `what-if ${BASE} -d deferred:entries=256,buffers=64 --cpu-pressure 1`,
    show: [/^Designs/m, /^What each|^Before/m],
  },
  {
    question: 'What of class->lock, with and without free_zspage under it?',
    command: `what-if ${BASE} -d drop-lock`,
    show: [/^Designs/m, /^What each|^Before/m],
  },
  {
    question: 'How fast does memory come back, and what is never drained?',
    command: `what-if ${BASE} -d deferred -d deferred:entries=256,buffers=64`,
    show: [/^Designs/m, /^What each|^Before/m],
  },
  {
    question: 'What is still left in the notify path, and what is the floor?',
    command:
      'what-if fixtures/function-graph/6.12.117/full-combo-p2.txt.gz --kernel D -d no-slot-lock -d no-zram-counters' +
      ' -d class-idx+drop-lock -d deferred:entries=64,buffers=64',
    show: [/^What a free takes/m, /^What each/m],
  },
  {
    question: 'Do queued compaction writers block every later reader?',
    command: `what-if ${BASE} -d class-idx -d try-read-queue --compaction every=10ms`,
    show: [/^Compaction beside/m, /^Before/m],
  },
];

const ZSWAP = 'fixtures/complete/full-zswap-p2-s1.txt.gz --zswap 6.13 --other-steps 0.05';

/** Questions of the threads on zswap batching: of stores, not of frees. */
const OF_STORES = [
  {
    question: 'Is it per page or per batch? (the context locked, and the entries made)',
    command: `what-if ${ZSWAP} --codec zstd -d batch-store -d batch-store+mutex-per-page --folio-pages 1,16,512`,
    show: [/^batch-store: stores/m, /^Does the model/m],
    also: [/^All combinations/m, /^About /m],
    answer:
      'Per batch, but there is little in it with a software codec: a percent of a store, 2 at most, from ' +
      'fewer calls of the mutex; locking for each page gives back a third to a half of that, and the ranges of the ' +
      'two overlap. Single pages have nothing to batch. The regression that the thread saw with a lock for ' +
      'each page (v11, no number published) cannot come from these calls alone: what else that code lost is ' +
      'not known.',
  },
  {
    question: 'With or without bulk allocation?',
    command: `what-if ${ZSWAP} --codec zstd -d batch-store -d batch-store+bulk-entries --folio-pages 16 --seeds 41`,
    show: [/^batch-store: stores/m, /^Does the model/m],
    answer:
      'With it stores take less, 1 to 3 % where batches alone bring 0 to 2: about the slab calls that are ' +
      'saved. That is a bound: what each entry of a bulk call costs is assumed (10 to 100 ns), and what ' +
      "entries on the CPU's node do to the shrinker is not in it. The published runs cannot tell (next " +
      'question).',
  },
  {
    question: 'What do the published tables of v12 say of bulk allocation?',
    command: 'reproduce',
    show: [/^v12 kernel builds/m, /^Mean absolute error, rows, worst\n {2}folio/m],
    answer:
      'Nothing, either way: "cannot be told" is the answer for bulk against without bulk in real and in sys time. They are single ' +
      'runs of four configurations; the PMD rows contradict the 64K rows and each other (zstd real time and deflate-iaa sys ' +
      'time are better without bulk), and pairs of runs differ by more than the effect. What they do support: v12 as a whole ' +
      'takes less sys time than its base. About 40 pairs of runs would be needed to tell 1 %.',
  },
  {
    question: 'How large a batch? (IAA: 2 packages with 4 devices)',
    command: `what-if ${ZSWAP} -d iaa-batch --batch-size 1,2,4,8 --engines 1,8 --processes 2,30 --folio-pages 16 --seeds 5`,
    show: [/^iaa-batch: stores/m, /^Does the model/m],
    also: [/^All combinations/m, /^About /m],
    answer:
      'Eight, the most that the interface takes: 2, 4 and 8 pages gain 16, 26 and 32 to 36 % with two ' +
      "tasks, so most of it comes with four; with 30 tasks, which also wait for the tree's lock, 10, 15 and " +
      '21 to 25 %. The number of engines hardly matters with four devices in a package: at most 8 % of them are ' +
      'busy, and what pages wait for one is hidden behind the others. How many the published runs enabled ' +
      'is not published. Steps other than the codec are recorded under an emulator and scaled by 0.05 ' +
      '(assumed): with 0.1 it is 20 instead of 36 %. Published gains in throughput are 1.5 to 1.8 times: ' +
      'their base takes 7 to 12 us for a page, which an idle device does not explain (docs/reproduce.md).',
  },
];

/** Under memory pressure: no recording, times as published or assumed (docs/pressure.md). */
const PRESSURE = [
  {
    question: 'Ten times fewer pages written back when reclaim hands over 32 folios at once?',
    command:
      'pressure --codec deflate-iaa --runs 12 -d batch-store+iaa-batch -d batch-store+iaa-batch+reclaim-batch:folios=32',
    show: [/^Memory pressure/m, /^Scenario/m],
  },
  {
    question: 'The same with zstd?',
    command: 'pressure --codec zstd --runs 12 -d batch-store+reclaim-batch:folios=32',
    show: [/^Memory pressure/m, /^Scenario/m],
  },
  {
    question: 'No page written back with everything batched?',
    command:
      'pressure --codec deflate-iaa --runs 12' +
      ' -d batch-store+iaa-batch+reclaim-batch+readahead-decompress-batch+writeback-batch',
    show: [/^Memory pressure/m, /^Scenario/m],
  },
  {
    question: 'What does the loop make of the published builds, and how far off is it?',
    command: 'pressure --published --runs 12',
    show: [/^Published/m, /^What this rests/m],
  },
  {
    question:
      'bulk-entries or node-entries: how many entries are on the wrong node, and written back from there?',
    command:
      'pressure --nodes 2 --codec deflate-iaa --runs 12 -d batch-store+bulk-entries -d batch-store+node-entries',
    show: [/^batch-store/m, /^Which assumption/m],
  },
];

/** The part of a report from one heading to the next of interest. */
function part(text, [from, ...to]) {
  const start = text.search(from);
  const rest = text.slice(start);
  const ends = to.map((pattern) => rest.slice(1).search(pattern) + 1).filter((at) => at > 0);
  return rest.slice(0, ends.at(-1) ?? rest.length).trimEnd();
}

function block({ question, command, show, also, answer }, level = '##') {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    ['bin/trace-replay.js', ...command.split(' ')],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  const shown = [show, ...(also ? [also] : [])].map((range) => part(stdout, range)).join('\n...\n');
  const words = answer === undefined ? '' : `\n${filled(answer)}\n`;
  return `${level} ${question}\n\n\`\`\`\n$ trace-replay ${command.replaceAll(' --operations', ' \\\n    --operations').replaceAll(' -d ', ' \\\n    -d ')}\n...\n${shown}\n...\n\`\`\`\n${words}`;
}

/** Words on lines of 120 columns, as all documents. */
function filled(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > 120) lines.push(word);
    else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trimStart();
  }
  return lines.join('\n');
}

writeFileSync(
  `${root}docs/questions.md`,
  `# Questions, and the commands that answer them

Made by \`node bench/questions.js\`. The recording is of an emulated machine under the function tracer: its times are about
twenty times those of a real one, so read ratios and orders, not microseconds (docs/validation.md says how far the model
agrees with patched kernels in this world).

${QUESTIONS.map((one) => block(one, '##')).join('\n')}
## Stores

Questions of the threads on zswap batching. The recording (6.12, single pages, lzo-rle) is replayed with the steps of 6.13,
its pages taken together to folios; the codec's costs are published ones (docs/codecs.md), other steps are the recorded ones
of the emulator times 0.05 (assumed). Words below the output are what it supports, and what not.

${OF_STORES.map((one) => block(one, '###')).join('\n')}
# Under memory pressure

No recording: the loop of pressure.md with published times and assumptions, each drawn from its range. What it cannot say is as
much of an answer as what it can.

${PRESSURE.map((one) => block(one)).join('\n')}`,
);
