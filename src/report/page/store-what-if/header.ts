import type { StoreWhatIfResult } from '../../../replay/stores/result.ts';
import { storeAnswers, storeVerdict, storeWorld } from '../../store-what-if-summary.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { type Html, html, prose } from '../escape.ts';
import { STORE_PARTS } from './parts.ts';

export function storeTitle({ designs }: StoreWhatIfResult): string {
  const ids = designs.map(({ id }) => id);
  const names = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
  return `What if, for stores: ${names === '' ? 'the kernel as recorded' : names}`;
}

/** Title, whether to believe it, the answer in words, what was replayed, and the way to everything else. */
export function renderStoreHeader(result: StoreWhatIfResult): Html {
  const { inputs, validation, designs, sweep } = result;
  const links: readonly (readonly [string, string])[] = [
    [STORE_PARTS.fit, 'Does the model fit?'],
    [STORE_PARTS.designs, `Designs (${designs.length})`],
    [STORE_PARTS.latency, 'Latency'],
    [STORE_PARTS.device, result.iaa ? 'Lock waits and IAA' : 'Lock waits'],
    ...(sweep ? [[STORE_PARTS.sweep, `Combinations (${sweep.length})`] as const] : []),
    [STORE_PARTS.entries, 'Entries'],
    ...(designs.length > 0 ? [[STORE_PARTS.steps, 'Steps'] as const] : []),
    [STORE_PARTS.unknown, 'What is not known'],
    [STORE_PARTS.trust, 'What this rests on'],
    [STORE_PARTS.method, 'Method'],
  ];
  const sentences = [...storeAnswers(result), ...storeWorld(result)];
  return html`<header>
<h1 id="${STORE_PARTS.answer}">${storeTitle(result)}<a class="perma" href="#${STORE_PARTS.answer}" aria-label="Link to this part">#</a></h1>
<p class="sub">${prose(inputs.map(({ name }) => name).join(', '))}</p>
<p class="verdict${validation.verdict === 'fits' ? '' : ' error'}">${prose(storeVerdict(result))}</p>
<ul class="answer">${sentences.map((sentence) => html`<li>${prose(sentence)}</li>`)}</ul>
<p class="note">Signs: <b>${SIGNS.measured}</b> measured, <b>${SIGNS.modelled}</b> modelled, <b>${SIGNS.assumed}</b> assumed. All numbers of designs are ${SIGNS.modelled}; ranges are the middle 90 % of the runs.</p>
<nav aria-label="Parts of this report"><ul>${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
</header>`;
}
