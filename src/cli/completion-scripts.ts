/** What can be completed after a command. */
export interface CommandWords {
  readonly name: string;
  readonly text: string;
  readonly subcommands: readonly string[];
  readonly options: readonly OptionWords[];
}

export interface OptionWords {
  /** `-d`, `--design`. */
  readonly flags: readonly string[];
  readonly text: string;
  readonly takesValue: boolean;
  /** Values that are known; empty: a file name is as good a guess as any. */
  readonly values: readonly string[];
  /** Values may be joined by `+`. */
  readonly areParts: boolean;
}

/** A bash script: options after `-`, known values after their option, and file names everywhere else. */
export function bashScript(program: string, commands: readonly CommandWords[]): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const values = commands.flatMap((command) =>
    command.options
      .filter(({ values }) => values.length > 0)
      .map(
        (option) =>
          `    ${option.flags.map((flag) => `'${command.name} ${flag}'`).join('|')})\n` +
          `      ${option.areParts ? 'parts' : 'words'}='${option.values.join(' ')}' ;;`,
      ),
  );
  const options = commands.map(
    ({ name: command, options: all, subcommands }) =>
      `      ${command}) words='${all.flatMap(({ flags }) => flags).join(' ')}'; subcommands='${subcommands.join(' ')}' ;;`,
  );
  return `# bash completion for ${program}
${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command='' words='' parts='' subcommands='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -*) ;;
      *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W '${commands.map((command) => command.name).join(' ')} help --help --version' -- "$cur"))
    return
  fi
  case "$command $prev" in
${values.join('\n')}
  esac
  if [[ -n $parts ]]; then
    # Only the part behind the last + is new.
    local last=\${cur##*+}
    COMPREPLY=($(compgen -P "\${cur%"$last"}" -W "$parts" -- "$last") $(compgen -f -- "$cur"))
    return
  fi
  if [[ -z $words ]]; then
    case $command in
${options.join('\n')}
    esac
    if [[ $cur != -* ]]; then
      words=$subcommands
      if ((i + 1 != COMP_CWORD)); then words=''; fi
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -o bashdefault -F ${name} ${program}
`;
}

/** The bash script within zsh's own emulation of bash completion. */
export function zshScript(program: string, commands: readonly CommandWords[]): string {
  return `autoload -Uz bashcompinit && bashcompinit\n${bashScript(program, commands)}`;
}

/** A fish script, with descriptions. */
export function fishScript(program: string, commands: readonly CommandWords[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => {
    const base = `complete -c ${program} -n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      `complete -c ${program} -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.text)}`,
      ...command.subcommands.map((sub) => `${base} -a ${sub}`),
      ...command.options.map(({ flags, text, takesValue, values }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const argument = !takesValue
          ? ''
          : values.length > 0
            ? ` -r -a ${quoted(values.join(' '))}`
            : ' -r -F';
        return `${base} ${names.join(' ')}${argument} -d ${quoted(text)}`;
      }),
    ];
  });
  return `# fish completion for ${program}\n${lines.join('\n')}\n`;
}
