import type { Command } from 'commander';

const INTRODUCTION =
  'Answers from a trace where time goes, which lock was waited for and who held it, and what a change of ' +
  'design would buy before anybody builds it. Inputs are files, FIFOs, globs, or - for standard input; gzip, ' +
  'zstd and xz are undone. Reports are plain text of at most 72 columns, JSON, mail, Markdown, or one HTML file that needs nothing else.';

const EXIT_STATUS = [
  ['0', 'Done.'],
  ['1', 'What was asked to be checked does not hold.'],
  ['2', 'Nothing could be read, a file could not be written, or the command line is wrong.'],
  ['70', 'A bug of trace-replay: please report it.'],
] as const;

/** The manual page of a program and its commands, in the man macros, from what `--help` says. */
export function manPage(program: Command): string {
  const lines = [
    `.TH ${roff(program.name().toUpperCase())} 1 "" "${roff(`${program.name()} ${program.version() ?? ''}`)}"`,
    '.SH NAME',
    `${roff(program.name())} \\- where time goes in a kernel trace, and what a design change would buy`,
    '.SH SYNOPSIS',
    ...program.commands.flatMap((command) => [
      `.B ${roff(`${program.name()} ${command.name()}`)}`,
      roff(command.usage()),
      '.br',
    ]),
    '.SH DESCRIPTION',
    roff(INTRODUCTION),
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => commandLines(command, command.name())),
    '.SH "EXIT STATUS"',
    ...EXIT_STATUS.flatMap(([status, text]) => ['.TP', `.B ${status}`, roff(text)]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B NO_COLOR',
    roff('No headings in colour, as with --color never.'),
    '.SH "SEE ALSO"',
    '.BR trace-cmd (1),',
    '.BR perf (1)',
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(command: Command, name: string): string[] {
  return [
    `.SS ${roff(`${name} ${command.usage()}`)}`,
    roff(command.description()),
    ...command.options.flatMap(({ flags, description, defaultValue, argChoices }) => [
      '.TP',
      `.B ${roff(flags)}`,
      roff(
        [
          description,
          ...(argChoices ? [`One of ${argChoices.join(', ')}`] : []),
          ...(['string', 'number'].includes(typeof defaultValue) ? [`Default: ${defaultValue}`] : []),
        ].join('. '),
      ),
    ]),
    ...examples(command),
    ...command.commands.flatMap((sub) => commandLines(sub, `${name} ${sub.name()}`)),
  ];
}

/** What stands behind the options in the help: examples, and how to read them. */
function examples(command: Command): string[] {
  const usual = command.configureOutput();
  let help = '';
  command.configureOutput({
    writeOut: (piece) => {
      help += piece;
    },
  });
  command.outputHelp();
  command.configureOutput(usual);
  const text = help.slice(command.helpInformation().length).trim();
  return text === '' ? [] : ['.PP', '.nf', ...text.split('\n').map(roff), '.fi'];
}

/** Text that groff takes for text: no escape, no request, hyphens as they are typed. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
