import type { SideReader } from './side-data.ts';
import { type Cell, cellOf, type SideTableSet } from './side-table-set.ts';

/** /proc/version or `uname -a`, and the kernel's command line behind it. */
export class KernelVersionReader implements SideReader {
  readonly #tables: SideTableSet;
  #isNext = false;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const m = /^Linux (?:version|\S+) (\d+\.\d+\S*) /.exec(text);
    if (m) {
      this.#tables.add('kernel-version', ['release', 'text'], [m[1]!, text]);
      this.#isNext = true;
      return true;
    }
    const words = text.trim().split(' ');
    const isCommandLine = this.#isNext && words.every((word) => /^[\w.-]+(?:=\S*)?$/.test(word));
    this.#isNext = false;
    if (isCommandLine) this.#tables.add('kernel-command-line', ['text'], [text.trim()]);
    return isCommandLine;
  }

  end(): void {}
}

const CPU_COLUMNS: Readonly<Record<string, string>> = {
  processor: 'processor',
  vendor_id: 'vendor_id',
  'model name': 'model_name',
  'cpu MHz': 'cpu_mhz',
  'cache size': 'cache_size',
  'physical id': 'physical_id',
  'core id': 'core_id',
  'cpu cores': 'cpu_cores',
  flags: 'flags',
};

/** /proc/cpuinfo: a row for each processor. */
export class CpuinfoReader implements SideReader {
  readonly #tables: SideTableSet;
  #row: Map<string, Cell> | null = null;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const isProcessor = /^processor\t*: \d+$/.test(text);
    const colon = text.indexOf(':');
    if ((this.#row === null && !isProcessor) || colon < 0) return false;
    const key = text.slice(0, colon).trimEnd();
    if (!/^[\w ()]+$/.test(key)) return false;
    if (isProcessor) {
      this.end();
      this.#row = new Map();
    }
    const column = CPU_COLUMNS[key];
    if (column !== undefined) this.#row!.set(column, cellOf(text.slice(colon + 1).trim()));
    return true;
  }

  end(): void {
    if (this.#row === null) return;
    const columns = Object.values(CPU_COLUMNS);
    const row = this.#row;
    this.#tables.add(
      'cpuinfo',
      columns,
      columns.map((column) => row.get(column) ?? null),
    );
    this.#row = null;
  }
}

/** A kernel's .config: `CONFIG_X=y`, `# CONFIG_X is not set`. */
export class KernelConfigReader implements SideReader {
  readonly #tables: SideTableSet;
  #isBegun = false;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const set = /^(CONFIG_\w+)=(.*)$/.exec(text);
    const unset = /^# (CONFIG_\w+) is not set$/.exec(text);
    if (set || unset) {
      this.#isBegun = true;
      const value = set ? set[2]!.replace(/^"(.*)"$/, '$1') : 'n';
      this.#tables.add('kernel-config', ['option', 'value'], [(set ?? unset)![1]!, cellOf(value)]);
      return true;
    }
    const release = /^# Linux\/\w+ (\d+\.\d+\S*) Kernel Configuration$/.exec(text);
    if (release) this.#tables.add('kernel-version', ['release', 'text'], [release[1]!, text.slice(2)]);
    if (release || /^# Automatically generated file; DO NOT EDIT\.$/.test(text)) this.#isBegun = true;
    return this.#isBegun ? /^#/.test(text) : text === '#';
  }

  end(): void {}
}

/** Lines such as `swapbench round=0 procs=2 ns=1230 ns_per_page=12.5`: results of a workload. */
export class KeyValueReader implements SideReader {
  readonly #tables: SideTableSet;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    if (!/^[a-z][\w-]*(?: \w+=\S+){3,}$/.test(text)) return false;
    const [program, ...pairs] = text.split(' ');
    const cut = pairs.map(
      (pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const,
    );
    const columns = ['program', ...cut.map(([key]) => key)];
    this.#tables.add('workload-results', columns, [program!, ...cut.map(([, value]) => cellOf(value))]);
    return true;
  }

  end(): void {}
}

/** `perf version --build-options`. */
export class PerfBuildReader implements SideReader {
  readonly #tables: SideTableSet;

  constructor(tables: SideTableSet) {
    this.#tables = tables;
  }

  line(text: string): boolean {
    const version = /^perf version (\S+)$/.exec(text);
    const option = /^ *([\w-]+): \[ *(on|OFF) *\](?: +# \w+)?$/.exec(text);
    if (version) this.#tables.add('perf-build', ['option', 'value'], ['version', version[1]!]);
    else if (option)
      this.#tables.add('perf-build', ['option', 'value'], [option[1]!, option[2] === 'on' ? 1 : 0]);
    return version !== null || option !== null;
  }

  end(): void {}
}
