import { Command, CommanderError } from 'commander';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import { separated } from './compare-arguments.ts';
import { version } from './version.ts';

/** Commands in the order of the help, each loaded when it is needed: a parser is not read to print a list of designs. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  analyze: async () => (await import('./analyze.ts')).addAnalyzeCommand,
  compare: async () => (await import('./compare.ts')).addCompareCommand,
  summarize: async () => (await import('./summarize.ts')).addSummarizeCommand,
  convert: async () => (await import('./convert.ts')).addConvertCommand,
  formats: async () => (await import('./formats.ts')).addFormatsCommand,
  ops: async () => (await import('./ops.ts')).addOpsCommand,
  'what-if': async () => (await import('./what-if.ts')).addWhatIfCommand,
  calibrate: async () => (await import('./calibrate.ts')).addCalibrateCommand,
  designs: async () => (await import('./designs.ts')).addDesignsCommand,
  reproduce: async () => (await import('./reproduce.ts')).addReproduceCommand,
  pressure: async () => (await import('./pressure.ts')).addPressureCommand,
  codecs: async () => (await import('./codecs.ts')).addCodecsCommand,
  completion: async () => (await import('./completion.ts')).addCompletionCommand,
  man: async () => (await import('./man.ts')).addManCommand,
};

/** These tell of all others. */
const NEEDS_ALL = new Set(['completion', 'man']);

const EXAMPLES = `
Examples:
  trace-replay analyze trace.txt
  trace-replay compare before-*.txt -- after-*.txt --format mail
  trace-replay what-if trace.txt --design class-idx+drop-lock --html report.html
  trace-replay help what-if`;

const EXIT_INPUT = 2;
const EXIT_BUG = 70;

/** Runs the command line; sets the exit status: 0 done, 1 a gate of compare has failed, 2 usage or input, 70 a bug of ours. */
export async function main(argv: readonly string[]): Promise<void> {
  // `trace-replay ... | head` closes our output: the reader has what it wanted.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && stream === process.stdout) {
        process.stderr.write(`trace-replay: standard output: ${error.message}\n`);
        process.exit(EXIT_INPUT);
      }
      process.exit(0);
    });
  }
  const program = new Command('trace-replay')
    .description('Where does the time go in this kernel trace, and what would a design change buy?')
    .version(version())
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  // Anything but the name of a command is answered from all of them: help, slips of the finger, completion.
  const named =
    argv[2] !== undefined && Object.hasOwn(COMMANDS, argv[2]) && !NEEDS_ALL.has(argv[2])
      ? [argv[2]]
      : Object.keys(COMMANDS);
  for (const name of named) (await COMMANDS[name]!())(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(separated(argv));
  } catch (error) {
    // Not by returning: a writer that goes on would keep standard input open, and us with it.
    process.exit(report(error));
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version end this way too; their text is out already.
    return error.exitCode === 0 ? 0 : EXIT_INPUT;
  }
  if (error instanceof InputError || error instanceof UsageError) {
    process.stderr.write(`trace-replay: ${error.message}\n`);
    return EXIT_INPUT;
  }
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`trace-replay: this is a bug of trace-replay, please report it\n${text}\n`);
  return EXIT_BUG;
}
