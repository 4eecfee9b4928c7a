import { FunctionGraphParser } from '../../src/parsers/function-graph.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { it } from 'vitest';
const lines: string[] = [];
it('x', () => {
const H = '# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n';
function time(label: string, text: (n: number) => string, header = true) {
  const out: string[] = [];
  for (const n of [5000, 10000, 20000, 40000]) {
    const bytes = new Uint8Array(Buffer.from((header ? H : '') + text(n) + '\n 0)   1.000 us    |  a();\n', 'latin1'));
    const t = performance.now();
    const p = new FunctionGraphParser({ inputName: 'x', names: new NameTable(), tasks: new TaskTable(), diagnostics: new Diagnostics(), sink: () => {} });
    p.push(bytes); p.finish();
    const ms = performance.now() - t;
    out.push(ms.toFixed(1));
    if (ms > 4000) break;
  }
  lines.push([label.padEnd(34), header ? 'header ' : 'guessed', out.join('  ')].join(' '));
}
const B = (n: number) => ' '.repeat(n);
for (const header of [true, false]) {
  time('blanks', (n) => B(n), header);
  time('blanks x', (n) => B(n) + 'x', header);
  time('blanks x-1', (n) => B(n) + 'x-1', header);
  time('cpu blanks x', (n) => ' 0) ' + B(n) + 'x', header);
  time('cpu blanks |', (n) => ' 0) ' + B(n) + '|', header);
  time('1) repeated', (n) => '1) '.repeat(n / 3), header);
  time(' 1) repeated', (n) => ' 1) '.repeat(n / 4), header);
  time('-1 repeated', (n) => ' 0) ' + '-1 '.repeat(n / 3), header);
  time('a-1 => repeated', (n) => ' 0) ' + 'a-1 => '.repeat(n / 7), header);
  time('> repeated', (n) => '>'.repeat(n), header);
  time('> blank repeated', (n) => '> '.repeat(n / 2), header);
  time('digits', (n) => '1'.repeat(n), header);
  time('digits) ', (n) => '1'.repeat(n) + ') ', header);
  time('x digits', (n) => 'x' + '1'.repeat(n), header);
  time('x - digits', (n) => 'x-' + '1'.repeat(n), header);
  time('-digits repeated', (n) => '-1'.repeat(n / 2), header);
  time('(((', (n) => ' 0)   1.000 us    |  f' + '('.repeat(n), header);
  time('f()); repeated', (n) => ' 0)   1.000 us    |  f(' + ')'.repeat(n), header);
  time('f(); /* repeated', (n) => ' 0)   1.000 us    |  ' + 'f(); /* '.repeat(n / 8), header);
  time('name', (n) => ' 0)   1.000 us    |  ' + 'f'.repeat(n), header);
  time('name()', (n) => ' 0)   1.000 us    |  ' + 'f'.repeat(n) + '();', header);
  time('[ [ [', (n) => ' 0)   1.000 us    |  f' + ' ['.repeat(n / 2), header);
  time('f [x] (', (n) => ' 0)   1.000 us    |  f [' + 'x'.repeat(n), header);
  time('/* /* */', (n) => ' 0)               |  /* ' + '/* '.repeat(n / 3) + '*', header);
  time('event blanks', (n) => 'a-1   [000] ' + B(n), header);
  time('event a-1 blanks', (n) => 'a-1' + B(n), header);
  time('event body <- ', (n) => 'a-1   [000] .....   1.000000: ' + 'f <-'.repeat(n / 4), header);
  time('event body blanks', (n) => 'a-1   [000] .....   1.000000: ' + 'f' + B(n) + '<-', header);
  time('event body f((', (n) => 'a-1   [000] .....   1.000000: f(' + ')'.repeat(n), header);
  time('event body <-p blanks x', (n) => 'a-1   [000] .....   1.000000: f <-p' + B(n) + 'x', header);
  time('grep 1:1:1:', (n) => '1:'.repeat(n / 2), header);
  time('printk', (n) => '[    1.000000] '.repeat(n / 15), header);
  time('===', (n) => ' 0) ' + '='.repeat(n), header);
  time('=>', (n) => ' 0) ' + '==========> '.repeat(n / 12) + 'x', header);
  time('dots', (n) => '.'.repeat(n) + 'x', header);
  time('---', (n) => ' ' + '-'.repeat(n) + 'x', header);
  time('#', (n) => '#' + B(n) + 'x', header);
  time('# FUNCTION', (n) => '#' + 'FUNCTION CALLS'.repeat(n / 14) + ' x', header);
  time('NULs', (n) => '\0'.repeat(n), header);
  time('NUL a NUL', (n) => 'a\0'.repeat(n / 2), header);
  time('tabs', (n) => '\t'.repeat(n) + 'x', header);
  time('CPU:', (n) => 'CPU:' + '1'.repeat(n), header);
}

console.log(lines.join('\n'));
}, 600000);
