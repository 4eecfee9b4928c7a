import type { Command } from 'commander';
import { REPRODUCE_DEFAULTS, reproduce } from '../replay/reproduce/reproduce.ts';
import { renderReproduction } from '../report/reproduction.ts';
import { wholeNumber } from './option-values.ts';
import { writeStdout } from './output.ts';

interface ReproduceCommandOptions {
  readonly json?: true;
  readonly seed: number;
}

/** `trace-replay reproduce`: the published experiments, predicted from their baseline. */
export function addReproduceCommand(program: Command): void {
  program
    .command('reproduce')
    .summary('published experiments, predicted from their baseline column')
    .description(
      'Predicts the published times of class-idx, deferred frees and the no-lock limit from the baseline ' +
        'columns and published machine constants, and lays them beside what was measured ' +
        '(docs/reproduce.md says what rests on what).',
    )
    .option('--json', 'print JSON instead of text')
    .option('--seed <n>', 'another drawing of the parameter sets', wholeNumber(0), REPRODUCE_DEFAULTS.seed)
    .action(async ({ json, seed }: ReproduceCommandOptions) => {
      const result = reproduce({ ...REPRODUCE_DEFAULTS, seed });
      await writeStdout(json ? `${JSON.stringify(result)}\n` : renderReproduction(result));
    });
}
