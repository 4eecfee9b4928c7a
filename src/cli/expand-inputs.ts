import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { InputError } from '../trace/diagnostics.ts';
import { statOf } from './stat-of.ts';

/** An input to be read. */
export interface InputName {
  /** Path, or `-` for standard input. */
  readonly name: string;
  /**
   * What the names of the per-CPU files of one recording have in common; null for other files. Only
   * together with other members of it a family means something.
   */
  readonly family: string | null;
  /** Found in a directory: when it is empty, its CPU recorded nothing. */
  readonly mayBeEmpty: boolean;
}

const PACKED = '(?:\\.(?:gz|zst|xz))?';
/** `trace`, `trace.txt.gz`: what people call the copy of tracefs' own file. */
const TRACE = new RegExp(`^trace(?:_pipe)?(?:\\.txt)?${PACKED}$`);
const CPU_FOLDER = /^cpu\d+$/;
/** `cpu0.txt`, `trace.cpu0`, `fg-percpu1.txt.gz`; not `cpuinfo.txt`. */
const CPU_FILE = /(?:^|[^a-z]|per)cpu[-_.]?\d+(?!\d*[a-z])/i;

/**
 * The inputs that the arguments of a command stand for: a file is itself, a directory the traces by CPU
 * in it, and what is no file and has `*`, `?`, `[` or `{` in it is a glob, because not every shell expands
 * them. Files come in natural order (cpu2 before cpu10).
 * @throws {InputError} for a directory or glob that stands for nothing.
 */
export function expandInputs(given: readonly string[]): InputName[] {
  return given.flatMap((name): InputName[] => {
    const stats = name === '-' ? undefined : statOf(name);
    if (stats?.isDirectory()) return traceFilesOf(name);
    if (stats !== undefined || name === '-' || !/[*?[{]/.test(name)) return [input(name, false)];
    const found = globSync(name, { expandDirectories: false, onlyFiles: false, dot: false });
    if (found.length === 0) throw new InputError(`${name}: no such file, and as a glob it matches none`);
    const paths = found.map((path) => path.replace(/\/$/, '')).sort(naturally);
    return paths.flatMap((path) => (statOf(path)?.isDirectory() ? traceFilesOf(path) : [input(path, false)]));
  });
}

/** The trace files by CPU in a directory, or its one trace file. */
function traceFilesOf(directory: string): InputName[] {
  const names = list(directory).sort(naturally);
  const whole = names.filter((name) => TRACE.test(name) && isFile(join(directory, name)));
  if (whole.length > 0) {
    // `trace_pipe` is for who asks for it: reading it takes the records away, and waits for more.
    const path = join(directory, whole.find((name) => !name.startsWith('trace_pipe')) ?? whole[0]!);
    return [input(path, true)];
  }
  if (names.includes('per_cpu')) return traceFilesOf(join(directory, 'per_cpu'));
  const folders = names.filter((name) => CPU_FOLDER.test(name));
  const inFolders = folders.flatMap((name) => {
    const folder = join(directory, name);
    const file = list(folder)
      .sort(naturally)
      .find((inner) => TRACE.test(inner) && isFile(join(folder, inner)));
    return file === undefined ? [] : [input(join(folder, file), true)];
  });
  if (inFolders.length > 0) return inFolders;
  const files = names.filter((name) => CPU_FILE.test(name) && isFile(join(directory, name)));
  if (files.length > 0) return files.map((name) => input(join(directory, name), true));
  throw new InputError(
    `${directory}: is a directory; expected a trace file, or trace files by CPU in it (per_cpu/cpuN/trace, cpuN.txt)`,
  );
}

function input(name: string, mayBeEmpty: boolean): InputName {
  const match = /^(.*?)((?:^|[^a-z]|per)cpu[-_.]?)\d+(?!\d*[a-z])(.*)$/i.exec(name);
  const packing = new RegExp(`${PACKED}$`);
  return {
    name,
    mayBeEmpty,
    family: match ? `${match[1]}${match[2]}N${match[3]!.replace(packing, '')}` : null,
  };
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    throw new InputError(`${directory}: ${denied ? 'permission denied' : (error as Error).message}`);
  }
}

function isFile(path: string): boolean {
  const stats = statOf(path);
  return stats !== undefined && !stats.isDirectory();
}

function naturally(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
