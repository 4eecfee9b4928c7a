import type { TopLevelSpec } from 'vega-lite';
import { drawChart } from '../charts/draw.ts';
import { DASHES } from '../charts/palette.ts';
import type { LegendEntry } from '../exhibits.ts';
import { Html, html, NOTHING } from './escape.ts';

export type { LegendEntry };

export interface Figure {
  readonly id: string;
  /** What the chart shows, as a finding. */
  readonly title: string;
  /** The same for those who cannot see it, and how to read it. */
  readonly text: string;
  readonly spec: TopLevelSpec;
  readonly legend: readonly LegendEntry[];
  /** Whether the series can be hidden one by one. */
  readonly switches?: boolean;
  /** Its tables. */
  readonly table: Html;
  readonly level?: 3 | 4;
}

/** A chart with its title, key, description and numbers. */
export async function renderFigure(figure: Figure): Promise<Html> {
  const { id, title, text, spec } = figure;
  const chart = new Html(await drawChart(spec, id, spoken(figure)));
  const { text: markup } = html`<figure>
${heading(figure.level ?? 3, id, title)}
<figcaption>${text}</figcaption>
${legend(figure)}
<div class="scroll" role="group" tabindex="0" aria-label="Chart: ${title}">${chart}</div>
<details><summary>Numbers of this chart</summary>
${figure.table}
</details>
</figure>`;
  const tables = figure.table.exhibits.filter((exhibit) => exhibit.kind === 'table');
  return new Html(markup, [{ kind: 'chart', id, title, text, spec, legend: figure.legend, tables }]);
}

/** The chart in words, for those who cannot see it. */
function spoken({ title, text, legend: entries }: Figure): string {
  const notes = entries.flatMap(({ label, note }) => (note === undefined ? [] : [`${label}: ${note}.`]));
  return [`${title}.`, text, ...notes].join(' ');
}

function legend({ legend: entries, switches }: Figure): Html {
  if (entries.length === 0) return NOTHING;
  const items = entries.map((entry) => {
    const note = entry.note === undefined ? NOTHING : html` <span class="sub">${entry.note}</span>`;
    const key = html`${swatch(entry)}<span><span class="mono">${entry.label}</span>${note}</span>`;
    if (!switches) return html`<li>${key}</li>`;
    return html`<li><label><input type="checkbox" value="${entry.slot}" checked>${key}</label></li>`;
  });
  const tall = entries.some((entry) => entry.note !== undefined);
  return html`<ul class="legend${tall ? ' tall' : ''}">${items}</ul>`;
}

function swatch({ slot, line }: LegendEntry): Html {
  if (!line) {
    return html`<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="f${slot}"/></svg>`;
  }
  const dash = DASHES[Number(slot) - 1] ?? [1, 0];
  return html`<svg width="28" height="8" aria-hidden="true"><path d="M0,4h28" class="k${slot}" stroke-width="2" stroke-dasharray="${dash.join(',')}"/></svg>`;
}

/** A heading that can be linked to. */
export function heading(level: 2 | 3 | 4, id: string, text: string): Html {
  return html`<h${level} id="${id}">${text}<a class="perma" href="#${id}" aria-label="Link to this part">#</a></h${level}>`;
}
