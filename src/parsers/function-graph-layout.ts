/**
 * Which columns a function_graph text has. The kernel prints them in this order, each only when its
 * option is on (kernel/trace/trace_functions_graph.c, print_graph_prologue and print_graph_duration).
 */
export interface FunctionGraphLayout {
  /** `  34.685896 |  ` (funcgraph-abstime). */
  readonly abstime: boolean;
  /** `       12 us |  ` (irqsoff and other latency tracers with display-graph); not used as a time. */
  readonly reltime: boolean;
  /** ` 7) ` (funcgraph-cpu). */
  readonly cpu: boolean;
  /** ` swapben-200   | ` (funcgraph-proc). */
  readonly proc: boolean;
  /** ` .N.3. | ` (latency-format). */
  readonly latency: boolean;
  /** `+ 32.821 us   |  ` (funcgraph-duration). */
  readonly duration: boolean;
  /** Blanks were collapsed on the way (mail archives): indentation and column widths mean nothing. */
  readonly collapsed: boolean;
}

/** The layout that the column header names: the line that ends in `FUNCTION CALLS`. */
export function layoutFromHeader(line: string): FunctionGraphLayout | null {
  if (!/^#.*FUNCTION CALLS\s*$/.test(line)) return null;
  return {
    abstime: /\bTIME\b/.test(line) && !line.includes('REL TIME'),
    reltime: line.includes('REL TIME'),
    cpu: /\bCPU\b/.test(line) || /CPU\|/.test(line),
    proc: line.includes('TASK/PID'),
    latency: line.includes('||||'),
    duration: line.includes('DURATION'),
    collapsed: false,
  };
}

/** The columns by name, for people: `abstime cpu duration`; `bare` when there is none. */
export function layoutText(layout: FunctionGraphLayout): string {
  const names = (['abstime', 'reltime', 'cpu', 'proc', 'latency', 'duration', 'collapsed'] as const).filter(
    (key) => layout[key],
  );
  return names.length > 0 ? names.join(' ') : 'bare';
}

const BODY = String.raw`(?:[\w.$'@]+(?: \[[^\]]+\])?\(.*\)(?:;| \{)(?: /\*.*\*/)?|\}(?: /\*.*\*/)?|/\*.*\*/)`;

/** A centred `comm-pid`: 14 wide, wider only for a pid that needs it. */
const PROC = String.raw`(?=.{0,17}-\d+ *\| )(?:.{14}|\S.{13,16}\d) \| `;
const PROC_COLLAPSED = String.raw` *.{1,20}-\d+ *\| ?`;

/** A regular expression that a whole line of this layout matches. */
export function layoutPattern(layout: FunctionGraphLayout): RegExp {
  const gap = layout.collapsed ? ' *' : '';
  let source = '^';
  if (layout.abstime) source += String.raw` *\d+\.\d{6} \| ${gap || ' '}`;
  if (layout.reltime) source += String.raw` *\d+ us \|  `;
  if (layout.cpu) source += String.raw` *\d+\) ${gap}`;
  if (layout.proc) source += layout.collapsed ? PROC_COLLAPSED : PROC;
  if (layout.latency) source += String.raw` *[.\w]{4,7} \| ?`;
  if (layout.duration) {
    source += layout.collapsed
      ? String.raw` *(?:[+!#*@$] *)?(?:\d+(?:\.\d+)? us *)?\| `
      : String.raw`(?:[ +!#*@$] \d+\.?\d* us +\|  | {14}\|  )`;
  }
  return new RegExp(`${source} *${BODY}\\s*$`);
}

/** What is tried without a header; `reltime` comes with one, or not at all. */
const ALL_LAYOUTS: readonly FunctionGraphLayout[] = allLayouts();

function allLayouts(): FunctionGraphLayout[] {
  const bit = [false, true];
  const layouts: FunctionGraphLayout[] = [];
  for (const collapsed of bit)
    for (const duration of bit)
      for (const latency of bit)
        for (const proc of bit)
          for (const abstime of bit)
            for (const cpu of bit) {
              const layout = { abstime, reltime: false, cpu, proc, latency, duration, collapsed };
              // Without a duration column there is nothing by which a collapsed line could be told.
              if (collapsed && !duration) continue;
              layouts.push(layout);
            }
  const columns = (l: FunctionGraphLayout) => layoutText(l).split(' ').length;
  return layouts.sort((a, b) => columns(a) - columns(b));
}

/** Longer lines tell no more about the columns, and take a regular expression long. */
const MAX_LINE_TRIED = 1024;

/** The best layout for lines without a header, and how many of the lines it explains. */
export interface InferredLayout {
  readonly layout: FunctionGraphLayout;
  readonly matches: number;
}

/**
 * The layout that explains most of the lines; the one with fewest columns when several do, and a
 * layout with true indentation before a collapsed one. Null when no line is function_graph text.
 */
export function inferLayout(lines: readonly string[]): InferredLayout | null {
  let best: InferredLayout | null = null;
  for (const layout of ALL_LAYOUTS) {
    const pattern = layoutPattern(layout);
    let matches = 0;
    for (const line of lines) if (line.length <= MAX_LINE_TRIED && pattern.test(line)) matches++;
    // A collapsed layout reads every line of the true one, and a few damaged ones besides.
    const weight = layout.collapsed ? matches / 2 : matches;
    if (matches > 0 && (best === null || weight > best.matches)) best = { layout, matches };
  }
  return best;
}
