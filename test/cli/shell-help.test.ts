import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

const script = runCli(['completion', 'bash']).stdout;

/** What bash would offer for a command line, the last word being typed. */
function offered(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _trace_replay; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['-c', ask], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
}

describe('completion in bash', () => {
  it('knows commands, options, values and compositions', () => {
    expect(offered('trace-replay', 'what')).toEqual(['what-if']);
    expect(offered('trace-replay', 'what-if', 'x.txt', '--des')).toEqual(['--design']);
    expect(offered('trace-replay', 'what-if', '-d', 'class-idx+drop')).toEqual(['class-idx+drop-lock']);
    expect(offered('trace-replay', 'what-if', '--path', '')).toEqual(['free', 'store']);
    expect(offered('trace-replay', 'designs', 's')).toEqual(['show']);
    expect(offered('trace-replay', 'analyze', 'no-such-file')).toEqual([]);
  });

  it('exists for fish and zsh, and for no other shell', () => {
    expect(runCli(['completion', 'fish']).stdout).toContain("-l design -r -a 'drop-lock class-idx");
    expect(runCli(['completion', 'zsh']).stdout).toContain('bashcompinit');
    expect(runCli(['completion', 'tcsh']).status).toBe(2);
  });
});

describe('the manual page', () => {
  const { stdout } = runCli(['man']);

  it('has examples of all that takes options, as all help has', () => {
    const parts = stdout.split(/^\.SS /m).slice(1);
    const without = parts.filter((part) => part.includes('\\-\\-json') && !part.includes('Examples:'));
    expect(without.map((part) => part.split('\n')[0])).toEqual([]);
    expect(runCli(['--help']).stdout).toContain('Examples:\n  trace-replay analyze');
  });

  it('has every command with its options and examples', () => {
    const commands = runCli(['--help']).stdout.matchAll(/^ {2}([a-z-]+) (?=\[options\])/gm);
    for (const [, name] of commands) expect(stdout).toContain(`.SS ${name!.replaceAll('-', '\\-')} `);
    expect(stdout).toContain('.B \\-d, \\-\\-design <design>');
    expect(stdout).toContain('Examples:\n  trace\\-replay analyze trace.txt');
  });

  it('is read by man without a warning, where there is one', () => {
    const groff = spawnSync('groff', ['-man', '-Tascii', '-ww'], { input: stdout, encoding: 'utf8' });
    if (groff.error === undefined) expect(groff.stderr).toBe('');
  });
});
