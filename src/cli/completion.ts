import { type Command, Option } from 'commander';
import { DESIGNS } from '../model/designs/registry.ts';
import { bashScript, type CommandWords, fishScript, zshScript } from './completion-scripts.ts';
import { writeStdout } from './output.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SCRIPTS;

const EXAMPLES = `
Examples:
  source <(trace-replay completion bash)
  trace-replay completion bash > ~/.local/share/bash-completion/completions/trace-replay
  trace-replay completion fish > ~/.config/fish/completions/trace-replay.fish`;

/** Adds `trace-replay completion SHELL`. To be called when all other commands are there. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .summary('a script that completes commands, options and designs in a shell')
    .description(
      'Prints a script for a shell; it needs nothing else, and starts no program when it completes.',
    )
    .addArgument(program.createArgument('<shell>', 'shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: Shell) => {
      await writeStdout(SCRIPTS[shell](program.name(), program.commands.map(wordsOf)));
    });
}

function wordsOf(command: Command): CommandWords {
  return {
    name: command.name(),
    text: command.summary(),
    subcommands: command.commands.map((sub) => sub.name()),
    options: [...command.options, new Option('-h, --help', 'display help for command')].map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      text: option.description,
      takesValue: option.required || option.optional,
      values: option.long === '--design' ? DESIGNS.map(({ id }) => id) : (option.argChoices ?? []),
      areParts: option.long === '--design',
    })),
  };
}
