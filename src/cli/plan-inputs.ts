import { type InputSurvey, Surveyor } from '../timeline/input-survey.ts';
import { type PlanInput, planTimeLines, type TimeLinePlan } from '../timeline/plan.ts';
import { Diagnostics, InputError } from '../trace/diagnostics.ts';
import { NameTable } from '../trace/names.ts';
import { TaskTable } from '../trace/tasks.ts';
import type { InputName } from './expand-inputs.ts';
import { OpenedInput, type OpenOptions } from './open-input.ts';

/** When several inputs are put on one time line. */
export type MergeMode = 'auto' | 'always' | 'never';

/** Records after which an input without any stamp is known to have none. */
const ENOUGH_RECORDS = 1000;

interface Survey {
  readonly name: string;
  readonly input: OpenedInput;
  readonly surveyor: Surveyor;
  ended: boolean;
  failed: boolean;
}

/**
 * Decides which inputs are merged. They are read once for that, unless it is clear from the beginnings
 * that nothing can be merged; damage is told when they are read for good.
 */
export async function planInputs(
  inputs: readonly InputName[],
  mode: MergeMode,
  options: OpenOptions,
): Promise<TimeLinePlan> {
  if (inputs.length < 2 || mode === 'never') return oneByOne(inputs.length);
  const quiet = { ...options, hash: false, warn: () => {} };
  const surveys: (Survey | null)[] = [];
  for (const { name } of inputs) surveys.push(await begin(name, quiet));
  const open = surveys.filter((survey) => survey !== null);
  for (const survey of open) while (!survey.ended && countOf(survey) < ENOUGH_RECORDS) await step(survey);
  const stamped = open.filter(({ surveyor }) => surveyor.counts.stamped > 0);
  // The others are read no further: they go on no time line.
  if (stamped.length > 1) for (const survey of stamped) while (!survey.ended) await step(survey);
  const planInputs: PlanInput[] = [];
  for (const [i, survey] of surveys.entries()) {
    const { name, family } = inputs[i]!;
    planInputs.push({ name, family, survey: finish(survey) });
    await survey?.input.close();
  }
  options.progress.end();
  return planTimeLines(planInputs, mode === 'always');
}

function oneByOne(count: number): TimeLinePlan {
  const alone = { shiftNs: [0], originNs: 0, hasDoubles: false };
  const timeLines = Array.from({ length: count }, (_, i) => ({ ...alone, inputs: [i] }));
  return { timeLines, notes: [] };
}

/** Null for what cannot be read: reading it for good will say why. */
async function begin(name: string, options: OpenOptions): Promise<Survey | null> {
  try {
    const input = await OpenedInput.open(name, options);
    const names = new NameTable();
    const tasks = new TaskTable();
    const surveyor = new Surveyor(names, tasks, () => input.originNs);
    input.begin({ names, tasks, diagnostics: new Diagnostics(), sink: (batch) => surveyor.add(batch) });
    return { name, input, surveyor, ended: false, failed: false };
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

async function step(survey: Survey): Promise<void> {
  try {
    survey.ended = !(await survey.input.next());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    survey.ended = true;
    survey.failed = true;
  }
}

function countOf({ surveyor }: Survey): number {
  return surveyor.counts.stamped + surveyor.counts.unstamped;
}

function finish(survey: Survey | null): InputSurvey | null {
  if (survey === null || survey.failed) return null;
  return survey.surveyor.finish(survey.name, survey.input.finish().facts);
}
