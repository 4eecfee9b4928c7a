import type { Command } from 'commander';
import { ERA_IDS } from '../model/kernels/eras.ts';
import { calibrateRecording } from '../replay/calibrate/run-calibrate.ts';
import { SweepThreads } from '../replay/sweep.ts';
import { renderPlatformText } from '../report/platform-text.ts';
import { InputError } from '../trace/diagnostics.ts';
import { inputNames } from './input-names.ts';
import { keepInputs } from './keep-inputs.ts';
import { fileList, measuredOfFrees, measuredTime, oneOf, poolShape, ZSMALLOC_HELP } from './option-values.ts';
import { writeStdout, writeTo } from './output.ts';
import { recordingOf } from './recordings.ts';
import { toolOf } from './tool.ts';

interface CalibrateOptions {
  readonly operations?: readonly string[];
  readonly kernel?: string;
  readonly zsmalloc?: ReturnType<typeof poolShape>;
  readonly measured?: ReturnType<typeof measuredTime>;
  readonly light?: readonly string[];
  readonly output?: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  trace-replay calibrate graph.txt --operations kprobes.txt -o my-board.json
  trace-replay calibrate trace.txt --measured munmap=59ms -o my-board.json
  trace-replay what-if kprobes.txt --platform my-board.json -d class-idx

Wants a function_graph of zs_free with its callees; probes of zs_malloc and zs_free
with size and handle say which frees meet, else that is reconstructed.
docs/calibrate.md has the fields.`;

/** Adds `trace-replay calibrate`. */
export function addCalibrateCommand(program: Command): void {
  program
    .command('calibrate')
    .summary('the costs of a machine, from a recording, as a file for what-if --platform')
    .description(
      'Fits the model to a recording and writes what each step costs there, with and without the tracer, ' +
        'and how sure that is. Without -o the JSON goes to standard output.',
    )
    .argument('[trace...]', 'recordings of one run; - is standard input')
    .option('--operations <file>', 'recording of the same workload that has sizes and handles', fileList)
    .option('--kernel <era>', `lock era: ${ERA_IDS.join(', ')}; told by the trace else`, oneOf(ERA_IDS))
    .option('--zsmalloc <shape>', ZSMALLOC_HELP, poolShape)
    .option(
      '--measured <time>',
      'untraced time of the recorded kernel: munmap=59ms, zs_free=4.6us',
      measuredTime,
    )
    .option(
      '--light <file>',
      'the timed workload with fewer functions traced: measures what a traced call costs',
      fileList,
    )
    .option('-o, --output <file>', 'write the platform to a file, and a summary to standard output')
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (traces: string[], options: CalibrateOptions, command: Command) => {
      const names = inputNames(traces, command);
      keepInputs([...names, ...(options.operations ?? []), ...(options.light ?? [])], [options.output]);
      const read = { quiet: options.quiet ?? false, hash: true };
      const shape = options.zsmalloc ?? null;
      const timed = await recordingOf(names, read, shape);
      const placed = options.operations ? await recordingOf(options.operations, read, shape) : timed;
      const light = options.light ? await recordingOf(options.light, read, shape) : null;
      const tool = toolOf(process.argv.slice(2));
      const threads = new SweepThreads();
      try {
        const { file, measured } = calibrateRecording(
          {
            timed,
            placed,
            era: options.kernel ?? null,
            measured: measuredOfFrees(options.measured ?? []),
            light,
          },
          tool,
          threads.run,
        );
        await writeTo(options.output, `${JSON.stringify(file, null, 1)}\n`);
        if (options.output !== undefined) await writeStdout(renderPlatformText(file, measured));
      } catch (error) {
        if (error instanceof RangeError) throw new InputError(`${names.join(', ')}: ${error.message}`);
        throw error;
      } finally {
        threads.close();
      }
    });
}
