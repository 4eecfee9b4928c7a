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

const COMBINATIONS = [/^All combinations: time/m, /^All combinations: a folio/m];
const VERDICT = [/^batch-store: stores/m, /^zswap 6/m];

/**
 * Questions of the threads on zswap batching: of stores, not of frees. The first sentence is the answer; what follows has the
 * figures of the output below it, what they rest on, and what cannot be told.
 */
const OF_STORES = [
  {
    question: 'Is it per page or per batch? (the context locked, and the entries made)',
    command: `what-if ${ZSWAP} --codec zstd -d batch-store -d batch-store+mutex-per-page --folio-pages 1,16,512`,
    show: VERDICT,
    also: [/^All combinations: time/m, /^About /m],
    answer: [
      'Per batch; but with a software codec the choice is worth at most 3 % of a store, so the lock is not what decides.',
      'A batch of 8 makes a page of a 64K folio about 2 % cheaper (1.5 to 3 %), of a PMD folio 1 %; locking for each page leaves ' +
        '0.6 % of that (0 to 1.4 %), and next to nothing with a PMD folio. A single page has nothing to batch.',
      'Rests on: a recording replayed with the steps of 6.13; costs of zstd from the by_n RFC, +-30 %; all other steps times 0.05 ' +
        '(assumed). What a batch saves is the calls of the mutex, nothing else.',
      'Published: usemem with zstd, v11 to v14 against their bases, 64K and PMD, has +0.5 % throughput (+0.1 to +0.8) and -6.0 % ' +
        'sys time (-8.7 to -3.3), from -0.6 to -10.8 % by cover (`reproduce`): less, but with prefetch, annotations and bulk ' +
        'allocation in it, and with ten points between covers of one series.',
      'Recorded: 7.2.11 patched in this manner, lz4, zswap_store alone traced on a CPU whose clock counts instructions (validation.md): a batch ' +
        'is worth 0.0 %, a lock for each page within it costs 0.1 %, references and charges of a batch together save 2 %. Such a clock has no ' +
        'cache misses. With four processes on that CPU, where a holder of the lock can lose the CPU, the whole page-out is 2 % faster with ' +
        'batches: the model has no such waits (it says "does not fit").',
      'Cannot be told: the regression with a lock for each page that made v11 lock for a batch. No number of it was published, and ' +
        'the calls of the mutex alone do not explain one; what else that code lost is not known.',
    ],
  },
  {
    question: 'With or without bulk allocation?',
    command: `what-if ${ZSWAP} --codec zstd -d batch-store -d batch-store+bulk-entries --folio-pages 16 --seeds 41`,
    show: VERDICT,
    answer: [
      'With it, where allocation is all that counts: about 1 % of a store more; the published runs cannot confirm or refute that.',
      'Batches alone make stores of 64K folios about 2 % faster (1 to 3 %), with one slab call for a batch 3 % (2 to 4 %): the slab ' +
        'calls that are saved.',
      'Rests on: as above; what an entry of a bulk call costs is assumed (10 to 100 ns), so this is a bound.',
      'Recorded on the same patched kernels: bulk allocation saves 0.6 % of a store beyond what batches save.',
      "Cannot be told from this: what it does to the shrinker that entries come from the CPU's node (`pressure --nodes 2`, below), and " +
        'what the runs of v12 say (next question).',
    ],
  },
  {
    question: 'What do the published tables of v12 say of bulk allocation?',
    command: 'reproduce',
    show: [/^What the tables support/m, /^Mean absolute error, rows, worst\n {2}folio/m],
    answer: [
      'Nothing, either way: bulk against without bulk is -2.9 % real (-7.9 to +2.2) and -0.8 % sys (-5.3 to +3.7), "cannot be told".',
      'The tables are single runs of four configurations. The PMD rows contradict the 64K rows and each other: with zstd real time ' +
        'is better without bulk (+1.1 %), with deflate-iaa sys time is (+2.3 %), and each has the other figure the other way. 64K ' +
        'with deflate-iaa has -5.7 % real at -0.1 % sys: real time of one run moves by more than what is looked for.',
      'Can be concluded: v12 as a whole takes less sys time than its base (-2.1 %, -3.3 to -0.9; all four configurations). Cannot: that ' +
        'bulk allocation is what does it, that it helps 64K folios (two runs), or that it hurts PMD folios. At this scatter 39 pairs ' +
        'of runs would tell 1 % of real time, 31 of sys time.',
    ],
  },
  {
    question: 'How large a batch, with IAA? (2 packages with 4 devices)',
    command: `what-if ${ZSWAP} -d iaa-batch --batch-size 1,2,4,8 --engines 1,8 --processes 2,30 --folio-pages 16 --seeds 5`,
    show: [/^iaa-batch: stores/m, /^zswap 6/m],
    also: COMBINATIONS,
    answer: [
      'Eight, the most that the interface takes; four already bring three quarters of it.',
      'With two tasks 2, 4 and 8 pages make stores 1.16, 1.28 and 1.32 to 1.34 times as fast (for eight 1.25 to 1.36 over the runs); ' +
        "with 30 tasks, which also wait for the tree's lock, 1.11, 1.2 and 1.25 to 1.29 (1.1 to 1.3). The number of engines hardly " +
        'matters with four devices in a package: at most 9 % of them are busy, and what a page waits for one is hidden behind the others.',
      'Rests on: costs of the driver and the engines from by_1, by_2 and by_64 of the by_n RFC (the batch of 8 comes out 5 to 6 % above ' +
        'the two published medians); other steps times 0.05 (assumed): with 0.1 it is 1.2 instead of 1.35.',
      'Published: throughput of usemem grows 1.5 to 1.8 times from one page to eight at a time. The model gives that from the baseline of zstd ' +
        '(`reproduce`: -6 to +10 %), not from an idle device: the bases with IAA take 7 to 12 us for a page, which waiting that is not ' +
        'published must explain.',
      'Cannot be told: sizes above eight, and how many engines the published runs had enabled.',
    ],
  },
  {
    question: 'How large a batch, with a software codec?',
    command: `what-if ${ZSWAP} --codec zstd -d batch-store --batch-size 1,2,4,8 --folio-pages 16`,
    show: VERDICT,
    also: COMBINATIONS,
    answer: [
      'It hardly matters: two pages bring 1 % of a store, eight about two.',
      'Rests on and leaves open what the first question does; pages are compressed one after the other whatever the size.',
    ],
  },
];

/** Under memory pressure: no recording, times as published or assumed (docs/pressure.md). */
const PRESSURE = [
  {
    question: 'Ten times fewer pages written back when reclaim hands over 32 folios at once?',
    command:
      'pressure --codec deflate-iaa --runs 12 -d batch-store+iaa-batch -d batch-store+iaa-batch+reclaim-batch:folios=32',
    show: [/^Memory pressure/m, /^Scenario/m],
    answer: [
      'Not by what is handed over, with folios of one page: faster stores make the run faster, and leave what must go as it is.',
      'How often the shrinker is asked, and at which priority, decides; that follows from what a pass of reclaim takes.',
    ],
  },
  {
    question: 'The same with folios of 64 KiB, with zstd, and when a pass takes the 32 folios at once?',
    command:
      'pressure --codec zstd --folio-pages 16 --slice 512M --set working-set=1.3 --runs 8' +
      ' -d batch-store+reclaim-batch -d batch-store+reclaim-batch+scan-folios',
    show: [/^Memory pressure/m, /^Scenario/m],
    answer: [
      'Yes, far more than ten times, if a pass of reclaim takes the 32 folios (512 pages) off the list instead of 32 pages.',
      'It then has enough at priority 12 or 11, and a shrinker that is asked there has less than a batch of 128 entries to scan, so it ' +
        'scans none. The codec counts by its ratio alone: deflate-iaa, which compresses less, has 32 times. With 1.5 times and more ' +
        'of the memory wanted it is two to four times fewer (pressure.md).',
      'Cannot be told: whether the announced prototype does that. The patch posted in October 2024 does not.',
    ],
  },
  {
    question: 'No page written back with everything batched?',
    command:
      'pressure --codec deflate-iaa --folio-pages 16 --slice 512M --set working-set=1.15 --runs 8' +
      ' -d batch-store+iaa-batch+reclaim-batch+readahead-decompress-batch+writeback-batch' +
      ' -d batch-store+iaa-batch+reclaim-batch+scan-folios+readahead-decompress-batch+writeback-batch',
    show: [/^Memory pressure/m, /^Scenario/m],
    answer: [
      'Nearly, with the same assumption; not without it.',
      'What is left comes from the first calls of reclaim, when every page was just touched and passes fall to low priorities. ' +
        'Batches of loads and writebacks make it faster, and do not change how many go.',
    ],
  },
  {
    question: 'And when jobs arrive by themselves, so that faster ones are fewer at once?',
    command:
      'pressure --demand open --codec deflate-iaa --runs 12' +
      ' -d batch-store+iaa-batch+reclaim-batch+readahead-decompress-batch+writeback-batch',
    show: [/^Memory pressure/m, /^Scenario/m],
    answer: [
      'Then speed does change what is written back, in most runs by less than three times.',
      'Where the base just falls behind its arrivals it can be far more, and there other luck changes as much. A kernel build is ' +
        'not of this kind: `make -j` keeps as many jobs at once.',
    ],
  },
  {
    question: 'What does the loop make of the published builds, and how far off is it?',
    command: 'pressure --published --runs 12',
    show: [/^Published/m, /^What this rests/m],
    answer: [
      'Its sys time with IAA is about right; with zstd the cover has 27 % less, where the loop has none to give.',
      'That run stored 47 % fewer pages, which is most of the saving; its sys time for each page stored rose. v12 measured the same ' +
        'build again, on a newer base: 2.8 % less sys time.',
      'Not predicted: what the builds wrote back (pressure.md).',
    ],
  },
  {
    question:
      'bulk-entries or node-entries: how many entries are on the wrong node, and written back from there?',
    command: 'pressure --nodes 2 --codec deflate-iaa --runs 12 -d bulk-entries -d batch-store+node-entries',
    show: [/^bulk-entries/m, /^Which assumption/m],
    answer: [
      "With bulk-entries half of the entries are on another node than their page, and half of what is written back comes from the other node's list; with node-entries none.",
      'Half, because tasks run on both nodes and their pages are spread over both; in numbers of pages written back the two differ by no more than luck.',
    ],
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
  const [first, ...more] = answer ?? [];
  const words = first === undefined ? '' : `${[`**${first}**`, ...more].map(filled).join('\n\n')}\n\n`;
  return `${level} ${question}\n\n${words}\`\`\`\n$ trace-replay ${command.replaceAll(' --operations', ' \\\n    --operations').replaceAll(' -d ', ' \\\n    -d ')}\n...\n${shown}\n...\n\`\`\`\n`;
}

/** Words on lines of 120 columns, as all documents. */
function filled(text) {
  const lines = [''];
  // A number and its % stay together.
  for (const word of text.split(/ (?!%)/)) {
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
of the emulator times 0.05 (assumed). Each answer is a sentence, then figures, what they rest on, what is published, and what cannot
be told; the command under it prints the figures.

${OF_STORES.map((one) => block(one, '###')).join('\n')}
# Under memory pressure

No recording: the loop of pressure.md with published times and assumptions, each drawn from its range. What it cannot say is as
much of an answer as what it can.

${PRESSURE.map((one) => block(one)).join('\n')}`,
);
