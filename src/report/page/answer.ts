import type { AnalysisResult } from '../../analysis/result.ts';
import { SECTIONS } from './anchors.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { plural } from './quantity.ts';

/** What the page is about: the functions looked at, or the files. */
export function pageTitle(result: AnalysisResult): string {
  const names = result.tails.slice(0, 3).map((tail) => tail.function);
  if (names.length > 0)
    return `Latency of ${names.join(', ')}${result.tails.length > 3 ? ' and others' : ''}`;
  const files = result.input.files.map((file) => file.name);
  return files.length > 0 ? `Trace ${files.join(', ')}` : 'Trace without input';
}

/** A profile or other events alone: what is said of calls would be empty. */
export function hasCalls({ functions, profile, events, hits }: AnalysisResult): boolean {
  return functions.length > 0 || profile.length + events.length + hits.length === 0;
}

/** Title, the answer in words, and the way to everything else. */
export function renderAnswer(result: AnalysisResult, summary: readonly string[]): Html {
  const { files, durationNs, cpus, tasks } = result.input;
  const about = [
    files.length === 1 ? files[0]!.name : plural(files.length, 'trace file'),
    durationNs === null ? 'no time stamps' : `${(durationNs / 1e9).toFixed(3)} s traced`,
    cpus > 0 ? plural(cpus, 'CPU') : 'no CPU column',
    tasks > 0 ? plural(tasks, 'task') : 'tasks not named',
  ];
  const links: readonly (readonly [string, string])[] = [
    [SECTIONS.trust, 'What this rests on'],
    ...part(hasCalls(result), SECTIONS.latency, `Latency (${plural(result.functions.length, 'function')})`),
    ...part(result.profile.length > 0, SECTIONS.profile, 'Profile'),
    ...part(result.hits.length > 0, SECTIONS.hits, `Hits (${plural(result.hits.length, 'function')})`),
    [SECTIONS.locks, `Locks (${result.locks.length})`],
    ...part(result.scheduling !== null, SECTIONS.scheduling, 'Scheduling'),
    ...part(hasCalls(result), SECTIONS.tails, `Slow calls (${plural(result.tails.length, 'function')})`),
    ...part(hasCalls(result), SECTIONS.callTree, 'Call tree'),
    ...part(result.events.length > 0, SECTIONS.events, `Events (${result.events.length})`),
    ...part(
      result.sideTables.length + result.sideHistograms.length > 0,
      SECTIONS.side,
      'As other tools counted',
    ),
    [SECTIONS.method, 'Method'],
  ];
  // An arrow between numbers must not be broken into `-` and `>`.
  const sentences = summary.map((sentence) => html`<li>${sentence.replaceAll(' -> ', ' \u2192 ')}</li>`);
  return html`<header>
<h1 id="${SECTIONS.answer}">${pageTitle(result)}<a class="perma" href="#${SECTIONS.answer}" aria-label="Link to this part">#</a></h1>
<p class="sub">${about.join(' / ')}</p>
${sentences.length > 0 ? html`<ul class="answer">${sentences}</ul>` : NOTHING}
<nav aria-label="Parts of this report"><ul>${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
</header>`;
}

/** The way to a part that is there only when the trace has something for it. */
function part(isThere: boolean, id: string, text: string): (readonly [string, string])[] {
  return isThere ? [[id, text]] : [];
}
