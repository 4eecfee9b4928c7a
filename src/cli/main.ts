import { Command, CommanderError } from 'commander';
import { InputError, UsageError } from '../trace/diagnostics.ts';
import { addAnalyzeCommand } from './analyze.ts';
import { addCalibrateCommand } from './calibrate.ts';
import { addCodecsCommand } from './codecs.ts';
import { addCompletionCommand } from './completion.ts';
import { addConvertCommand } from './convert.ts';
import { addDesignsCommand } from './designs.ts';
import { addFormatsCommand } from './formats.ts';
import { addManCommand } from './man.ts';
import { addOpsCommand } from './ops.ts';
import { addReproduceCommand } from './reproduce.ts';
import { version } from './version.ts';
import { addWhatIfCommand } from './what-if.ts';

const EXIT_INPUT = 2;
const EXIT_BUG = 70;

/** Runs the command line; sets the exit status: 0 done, 2 usage or input, 70 a bug of ours. */
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
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  addAnalyzeCommand(program);
  addConvertCommand(program);
  addFormatsCommand(program);
  addOpsCommand(program);
  addWhatIfCommand(program);
  addCalibrateCommand(program);
  addDesignsCommand(program);
  addReproduceCommand(program);
  addCodecsCommand(program);
  addCompletionCommand(program);
  addManCommand(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv);
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
