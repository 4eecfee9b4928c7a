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

function block({ question, command, show }) {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    ['bin/trace-replay.js', ...command.split(' ')],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return `## ${question}\n\n\`\`\`\n$ trace-replay ${command.replaceAll(' --operations', ' \\\n    --operations').replaceAll(' -d ', ' \\\n    -d ')}\n...\n${part(stdout, show)}\n...\n\`\`\`\n`;
}

writeFileSync(
  `${root}docs/questions.md`,
  `# Questions, and the commands that answer them

Made by \`node bench/questions.js\`. The recording is of an emulated machine under the function tracer: its times are about
twenty times those of a real one, so read ratios and orders, not microseconds (docs/validation.md says how far the model
agrees with patched kernels in this world).

${QUESTIONS.map(block).join('\n')}
# Under memory pressure

No recording: the loop of pressure.md with published times and assumptions, each drawn from its range. What it cannot say is as
much of an answer as what it can.

${PRESSURE.map(block).join('\n')}`,
);
