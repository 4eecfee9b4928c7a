import { answerSentences, verdictSentence, worldSentence } from '../../what-if-summary.ts';
import { type Html, html, prose } from '../escape.ts';
import { plural } from '../quantity.ts';
import { hasScenarios, PARTS, type Plan, SIGNS } from './plan.ts';

export function whatIfTitle({ result }: Plan): string {
  const ids = result.designs.map(({ id }) => id);
  const names = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
  return `What if: ${names === '' ? 'the kernel as recorded' : names}`;
}

/** Title, whether to believe it, the answer in words, and the way to everything else. */
export function renderHeader(plan: Plan): Html {
  const { result } = plan;
  const { validation, frees, tasks, cpus, runs, kernel } = result;
  const about = [
    result.inputs.map(({ name }) => name).join(', '),
    `${plural(frees, 'free')} by ${plural(tasks, 'task')} on ${plural(cpus, 'CPU')}`,
    `era ${kernel.era}: ${kernel.title}`,
    plural(runs, 'run'),
  ];
  const links: readonly (readonly [string, string])[] = [
    [PARTS.fit, 'Does the model fit?'],
    [PARTS.designs, `Designs (${result.designs.length})`],
    [PARTS.latency, 'Latency'],
    [PARTS.locks, 'Lock waits'],
    ...(result.marginal.length > 0 ? [[PARTS.parts, 'What each part adds'] as const] : []),
    [PARTS.cpu, 'CPU work'],
    [PARTS.memory, 'Memory return'],
    ...(result.places ? [[PARTS.places, 'What a free takes'] as const] : []),
    ...(result.compaction ? [[PARTS.compaction, 'Compaction'] as const] : []),
    ...(result.migration ? [[PARTS.migration, 'Page migration'] as const] : []),
    ...(hasScenarios(result) ? [[PARTS.scenarios, 'Beyond the recording'] as const] : []),
    [PARTS.knowledge, 'What moves the answer'],
    ...(result.designs.length > 0 ? [[PARTS.steps, 'Steps'] as const] : []),
    [PARTS.trust, 'What this rests on'],
    [PARTS.method, 'Method'],
  ];
  const verdict = validation.verdict === 'fits' ? '' : ' error';
  const sentences = [...answerSentences(result), worldSentence(result)];
  return html`<header>
<h1 id="${PARTS.answer}">${whatIfTitle(plan)}<a class="perma" href="#${PARTS.answer}" aria-label="Link to this part">#</a></h1>
<p class="sub">${prose(about.join(' / '))}</p>
<p class="verdict${verdict}">${prose(verdictSentence(result))}</p>
<ul class="answer">${sentences.map((sentence) => html`<li>${prose(sentence)}</li>`)}</ul>
<p class="note">Signs: <b>${SIGNS.measured}</b> measured, <b>${SIGNS.modelled}</b> modelled, <b>${SIGNS.assumed}</b> assumed. All numbers of designs are ${SIGNS.modelled}; ranges are the middle 90 % of the runs.</p>
<nav aria-label="Parts of this report"><ul>${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
</header>`;
}
