import { COLOUR_NAMES } from '../charts/palette.ts';

const colours = (scheme: 'light' | 'dark') =>
  [...COLOUR_NAMES].map(([name, colour]) => `--c${name}:${colour[scheme]}`).join(';');

const classes = [...COLOUR_NAMES.keys()]
  .map((name) => `.f${name}{fill:var(--c${name})}.k${name}{stroke:var(--c${name})}`)
  .join('\n');

const toggles = [1, 2, 3, 4, 5]
  .map((slot) => `.off${slot} .chart .f${slot},.off${slot} .chart .k${slot}{display:none}`)
  .concat('.offd .chart path.fd,.offd .chart .kd{display:none}')
  .join('\n');

const indents = Array.from(
  { length: 24 },
  (_, level) => `.i${level + 1}{padding-left:${0.6 + (level + 1) * 1.1}em}`,
).join('');

/** The page's style sheet. Constant, so that its hash can stand in the page. */
export const STYLE = `
:root{color-scheme:light dark;${colours('light')};
--soft:#f3f5f7;--line:#d9dee4;--link:#0b5aa2;--bad:#a3261b;--warn:#7a5200;--hit:#fff3c4}
@media (prefers-color-scheme:dark){:root{${colours('dark')};
--soft:#1b2026;--line:#343c46;--link:#86bff5;--bad:#ff9d92;--warn:#efc36a;--hit:#3d3513}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:.5rem}
body{margin:0;background:var(--cp);color:var(--ci);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
header,main,footer{max-width:80rem;margin:0 auto;padding:0 1.25rem}
h1{font-size:1.5rem;line-height:1.25;margin:1.25rem 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2rem 0 .5rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .3rem;overflow-wrap:anywhere}
h4{font-size:.93rem;margin:1rem 0 .25rem}
p,ul{margin:.35rem 0;max-width:62rem}
ul{padding-left:1.2rem}
a{color:var(--link)}
.perma{margin-left:.4em;text-decoration:none;font-weight:400;color:var(--cd);opacity:.55}
:is(h1,h2,h3):hover .perma,.perma:focus-visible{opacity:1}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:.5rem;top:.5rem;padding:.3rem .6rem;background:var(--cp)}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;padding:0;margin:.6rem 0 0;list-style:none}
.answer{font-size:1.07rem;padding-left:1.2rem}
.answer li{margin:.25rem 0}
.verdict{font-size:1.07rem;font-weight:600;margin-top:.6rem}
.nb{white-space:nowrap}
.sub,.note,figcaption{color:var(--cd)}
.note,figcaption{font-size:.94em}
code,pre,.mono,tbody th{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:.9em}
code,.wrap{overflow-wrap:anywhere}
pre{margin:.3rem 0;padding:.5rem .7rem;overflow-x:auto;background:var(--soft);line-height:1.4}
pre b{font-weight:400;color:var(--c1)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0;max-width:66rem}
dt{color:var(--cd)}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:.4rem 0;max-width:100%}
table{border-collapse:collapse;font-size:.96em;font-variant-numeric:tabular-nums;line-height:1.3}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.15rem .42rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line);font-weight:400}
thead th{color:var(--cd);border-bottom-color:var(--ca);vertical-align:bottom}
tbody th,.t,.b{text-align:left}
tbody th:first-child{position:sticky;left:0;background:var(--cp)}
tbody th a{color:inherit;text-decoration:none}tbody th a:hover{text-decoration:underline}tbody th .sub{color:var(--link);font-family:inherit;margin-left:.4em}
tbody th:first-child,thead th:first-child,td:first-child{padding-left:0}
table:is([data-sort=times],[data-sort=costs]) tbody th{white-space:normal;overflow-wrap:anywhere;min-width:8rem;max-width:15rem}
td.w{white-space:normal;min-width:18rem;text-align:left}
tbody tr:hover,tbody tr:hover th{background:var(--soft)}
tr:target,tr:target th,details:target>summary,section:target>h3{background:var(--hit)}
th button{all:unset;cursor:pointer;white-space:nowrap}
th button:hover{color:var(--ci);text-decoration:underline}
th button:focus-visible{outline:2px solid var(--link)}
th[aria-sort] button::after{content:" \\2193";color:var(--ci)}
th[aria-sort=ascending] button::after{content:" \\2191"}
.error{color:var(--bad);font-weight:600}.warning,.loss{color:var(--warn);font-weight:600}
details{margin:.3rem 0}
summary{cursor:pointer;width:fit-content;max-width:100%}
summary:hover{color:var(--link)}
summary h3{display:inline;font-weight:600;margin:0}
.item{border-top:1px solid var(--line);padding:.35rem 0;margin:0}
h2+.item{border-top:0}
.item>:not(summary){margin-left:1.05rem}
figure{margin:.6rem 0 1.2rem}
figcaption{margin:.2rem 0 .4rem;max-width:62rem}
.chart{display:block;width:100%;height:auto;min-width:38rem;max-width:56rem}
.chart text{font-size:11px;stroke:none;fill:var(--cd)}
.chart .fi{fill:var(--ci)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;padding:0;list-style:none;margin:.3rem 0}
.legend.tall{flex-direction:column}
.legend li,.legend label{display:flex;align-items:center;gap:.4rem;min-width:0}
.legend span{overflow-wrap:anywhere;min-width:0}
.legend input{margin:0}
.legend svg{flex:none}
html:not(.js) .legend input{display:none}
.bar{display:block;width:80px;height:9px;background:var(--c0)}.bar rect{height:9px;fill:var(--c1)}
${classes}
${toggles}
${indents}
@media (max-width:40rem){header,main,footer{padding:0 .75rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.35rem}.item>:not(summary){margin-left:0}td.w{min-width:11rem}tbody th:first-child{white-space:normal;overflow-wrap:anywhere;min-width:5rem;max-width:9rem}}
@media print{:root{color-scheme:light;${colours('light')};--soft:#f3f5f7;--line:#d9dee4;--link:#1b1f24;--bad:#a3261b;--warn:#7a5200;--hit:#fff}
html{font-size:12px}body{font-size:8.5pt}ul{padding-left:1.4rem}header,main,footer{max-width:none;padding:0}
nav,.skip,.perma,.legend input{display:none}
.scroll{overflow:visible}pre{white-space:pre-wrap;overflow:visible}
@page{margin:11mm}table{font-size:6.4pt}th,td{padding:.06rem .18rem}tbody th,code{font-size:.92em}td.t,thead th{white-space:normal;overflow-wrap:break-word}tbody th,td code{white-space:normal;overflow-wrap:anywhere}figure details:not([open]){display:none}.chart{min-width:0;max-width:100%}
figure,tr{break-inside:avoid}h2,h3,h4,thead{break-after:avoid}
details.item::details-content{content-visibility:visible;height:auto}}
`;
