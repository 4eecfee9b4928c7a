import type { KernelModel } from '../../../model/steps.ts';
import { lineDiff, pathText } from '../../step-text.ts';
import { type Html, html, joinHtml, NOTHING, prose } from '../escape.ts';
import { heading } from '../figure.ts';
import { PARTS, type Plan } from './plan.ts';

/** What the steps of a design are told from. */
interface Stepped {
  readonly id: string;
  readonly title: string;
  readonly safety: readonly string[];
  readonly notes: readonly string[];
  readonly kernel: KernelModel;
}

/** The steps that were run: where each design's paths differ from the base's. */
export function renderSteps({ result }: Plan): Html {
  return result.designs.length === 0 ? NOTHING : renderStepsOf(result.baseline, result.designs);
}

/** The same for a base and its designs. */
export function renderStepsOf(baseline: Stepped, designs: readonly Stepped[]): Html {
  const base = baseline.kernel;
  return html`<section aria-labelledby="${PARTS.steps}">
${heading(2, PARTS.steps, 'Steps')}
<p class="note">What is printed is what was run: lines of the base that a design has not begin with -, its own with +. The base: ${prose(base.title)} (${base.source}).</p>
${joinHtml(
  designs.map((design) => item(baseline, design)),
  '\n',
)}
</section>`;
}

function item(base: Stepped, design: Stepped): Html {
  const names = [...new Set([...Object.keys(base.kernel.paths), ...Object.keys(design.kernel.paths)])];
  const changed = names.flatMap((name) => {
    const before = pathText(base.kernel.paths[name] ?? []);
    const after = pathText(design.kernel.paths[name] ?? []);
    const lines = lineDiff(before, after);
    if (lines.every(({ mark }) => mark === '=')) return [];
    const text = lines.map(({ mark, text: line }) => {
      if (mark === '=') return html`  ${line}`;
      return html`<b>${mark === '<' ? '-' : '+'} ${line}</b>`;
    });
    return [
      html`<h3>${name}</h3><pre tabindex="0" role="group" aria-label="Steps of ${name}">${joinHtml(text, '\n')}</pre>`,
    ];
  });
  const safety = [...new Set(design.safety)].join(', ');
  const unsafe = design.safety.includes('unsafe')
    ? html` <span class="warning">a bound, not a design</span>`
    : NOTHING;
  return html`<details class="item"><summary><span class="mono">${design.id}</span>: ${design.title} (${safety})${unsafe}</summary>
${changed.length === 0 ? html`<p>No path differs from the base's.</p>` : joinHtml(changed)}
${design.notes.length === 0 ? NOTHING : html`<p>Before believing it:</p><ul>${design.notes.map((note) => html`<li>${note}</li>`)}</ul>`}
</details>`;
}
