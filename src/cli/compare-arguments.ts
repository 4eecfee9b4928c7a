/** Stands for `--` between the two sides: no argument of a program can hold a NUL. */
export const BETWEEN = '\0';

/** The command line with `--` between the sides of compare as an argument that commander keeps. */
export function separated(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--');
  return argv[2] === 'compare' && at > 2 ? argv.with(at, BETWEEN) : argv;
}
