import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnalysisResult } from '../../src/analysis/result.ts';

/** The program as users start it: the compiled one (`npm test` compiles first). */
export const PROGRAM = join(import.meta.dirname, '../../bin/trace-replay.js');
const ROOT = join(import.meta.dirname, '../..');

export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Standard input; /dev/null without. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; the top of the repository without. */
  readonly cwd?: string;
}

/** Runs `trace-replay` to its end. Colours do not depend on who runs the tests. */
export function runCli(args: readonly string[], options: CliOptions = {}): CliRun {
  return run(process.execPath, [PROGRAM, ...args], options);
}

/** Runs a line of shell; `$PROGRAM` starts the program. Its status is that of the last command. */
export function runShell(line: string, options: CliOptions = {}): CliRun {
  return run('bash', ['-c', line], {
    ...options,
    env: { PROGRAM: `${process.execPath} ${PROGRAM}`, ...options.env },
  });
}

function run(command: string, args: readonly string[], options: CliOptions): CliRun {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, {
    ...(options.input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input: options.input }),
    env: { ...env, ...options.env },
    cwd: options.cwd ?? ROOT,
    maxBuffer: 1 << 28,
    timeout: 60_000,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Runs `trace-replay` with a standard input that gets `input` and then stays open; ends it after `limitMs`. */
export async function runOnOpenPipe(
  args: readonly string[],
  input: Uint8Array,
  limitMs: number,
  options: { readonly signal?: NodeJS.Signals; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CliRun> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: ROOT,
    timeout: limitMs,
    killSignal: options.signal ?? 'SIGTERM',
    env: { ...process.env, ...options.env },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.stderr += chunk.toString();
  });
  // The program may end without reading everything.
  child.stdin.on('error', () => {});
  child.stdin.write(input);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.destroy();
  return { status, ...text };
}

/** `analyze --json`, which must succeed. */
export function analyzeJson(args: readonly string[], options: CliOptions = {}): AnalysisResult {
  const { status, stdout, stderr } = runCli(['analyze', '--json', ...args], options);
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`);
  return JSON.parse(stdout) as AnalysisResult;
}

/**
 * Path of a fixture; `name` as in fixtures/README.md, with or without `.gz`. It is relative to the top of the repository,
 * where programs and tests run: reports print and wrap it, and must not change with the place of the checkout.
 */
export function fixturePath(name: string): string {
  const path = join('fixtures', name);
  return existsSync(join(ROOT, path)) ? path : `${path}.gz`;
}

/** A folder for one test file; `remove` takes it away. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'trace-replay-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
