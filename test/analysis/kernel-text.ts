/**
 * function_graph text for tests, written without the kernel's columns: one row a line, as
 * `10.000100 0 a-101 0.300 | zs_free();`, with `-` where no duration is printed and two blanks behind
 * the bar for each open call. Times may be left out (`0 a-101 0.300 | ..`), and so may tasks
 * (`0 0.300 | ..`). Lines without a bar are taken as they are.
 */
export function kernelText(rows: string): string {
  const lines = rows
    .split('\n')
    .filter((row) => row.trim() !== '')
    .map((row) => (row.includes('|') ? kernelLine(row) : row.trimStart()));
  return `${header(rows.slice(0, rows.indexOf('|')))}${lines.join('\n')}\n`;
}

/** The column names go with the first row. */
function header(firstColumns: string): string {
  const columns = firstColumns.trim().split(/\s+/);
  const hasTime = columns[0]!.includes('.');
  const hasTask = columns.length > (hasTime ? 3 : 2);
  const names = `${hasTime ? '     TIME       ' : ''} CPU${hasTask ? '  TASK/PID       ' : ''}  DURATION   `;
  return `# tracer: function_graph\n#\n#${names}               FUNCTION CALLS\n`;
}

function kernelLine(row: string): string {
  const bar = row.indexOf('|');
  const columns = row.slice(0, bar).trim().split(/\s+/);
  const duration = columns.pop()!;
  const time = columns[0]!.includes('.') ? `  ${columns.shift()} |  ` : '';
  const cpu = ` ${columns.shift()}) `;
  const task = columns.length > 0 ? `${centred(columns.join(' '))} | ` : '';
  const body = row.slice(bar + 1).replace(/^ /, '');
  return `${time}${cpu}${task}${durationColumn(duration)}|  ${body}`;
}

/** As trace_print_graph_duration writes it, up to seven digits. */
function durationColumn(us: string): string {
  if (us === '-') return ' '.repeat(14);
  const value = Number(us);
  const mark = value > 1000 ? '#' : value > 100 ? '!' : value > 10 ? '+' : ' ';
  return `${mark} ${value.toFixed(3)} us`.padEnd(14);
}

function centred(task: string): string {
  const left = Math.max(0, Math.floor((14 - task.length) / 2));
  return ' '.repeat(left) + task + ' '.repeat(Math.max(0, 14 - left - task.length));
}

/** The banner that another task runs on a CPU now. */
export function banner(cpu: number, before: string, after: string): string {
  const rule = ` ${'-'.repeat(42)}`;
  return `${rule}\n ${cpu}) ${centred(before)} => ${centred(after)}\n${rule}\n`;
}
