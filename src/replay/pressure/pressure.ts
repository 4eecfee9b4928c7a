import type { Reading } from '../result.ts';
import type { Recording } from '../run-what-if.ts';
import { parsePressureDesign } from './designs.ts';
import { recordedPressure } from './from-recording.ts';
import { drawParameters } from './parameters.ts';
import { type PressureRequest, parametersOf, predictPressure, setupOf } from './predict.ts';
import { publishedPressure } from './published.ts';
import { PRESSURE_SCHEMA_VERSION, type PressureResult } from './result.ts';
import { runPressure } from './run.ts';
import { SWAP_CLUSTER_MAX } from './setup.ts';

/** Fewer folios than this fit into the memory of a slice, and reclaim has little to choose from. */
const FEW_FOLIOS = 256;
/** One pass of each process together takes more of the slice than one part in so many. */
const LARGE_PASS = 32;
const PAGE_BYTES = 4096;

/** A question, with the recording still to be read for it. */
export type PressureQuestion = Omit<PressureRequest, 'recorded'> & {
  readonly recording: Recording | null;
  /** Lay the published kernel builds beside. */
  readonly published: boolean;
};

/**
 * Plays the loop of reclaim, store, load and writeback for the base and the designs.
 * @throws {DesignError} for designs that are not known or do not fit.
 * @throws {ScenarioError} for a parameter that there is not.
 * @throws {RangeError} for a recording without stores and loads.
 */
export function pressure(question: PressureQuestion, tool: PressureResult['tool']): PressureResult {
  const { recording } = question;
  const recorded = recording && recordedPressure(recording);
  const request: PressureRequest = { ...question, recorded };
  const asked = recorded === null ? request : withRecordedPace(request, recorded.gapNs);
  const predicted = predictPressure(asked);
  return {
    schemaVersion: PRESSURE_SCHEMA_VERSION,
    tool,
    inputs: recording?.files ?? [],
    reading: recording && readingOf(recording),
    recording: recorded && { version: recorded.version, stores: recorded.stores, loads: recorded.loads },
    scenario: recorded === null ? question.scenario : { ...question.scenario, codec: 'recorded' },
    runs: question.runs,
    seed: question.seed,
    ...predicted,
    parameters: predicted.parameters.map((parameter) =>
      recorded !== null && parameter.name === 'touch' && !question.given.has('touch')
        ? {
            ...parameter,
            basis: 'measured',
            source: 'fitted to the time between operations in the recording',
          }
        : parameter,
    ),
    published: question.published ? publishedPressure({ ...request, given: new Map() }) : [],
    notes: notesOf(asked),
  };
}

function readingOf({ lostRecords, findings, tracer }: Recording): Reading {
  return {
    lostRecords,
    findings,
    tracerNs: tracer && { inside: tracer.insideNs, outside: tracer.outsideNs },
  };
}

/** Touches at a pace at which stores and loads of the loop are as far apart as in the recording. */
function withRecordedPace(request: PressureRequest, gapNs: number): PressureRequest {
  if (request.given.has('touch')) return request;
  const middle = drawParameters(parametersOf(request), 0, request.seed);
  const pilot = runPressure(setupOf(request, middle, 0));
  const operations = pilot.storedFolios + pilot.loadedFromZswap;
  const touchNs = Math.max(1, Math.round((gapNs * operations) / pilot.touchedPages));
  return { ...request, given: new Map([...request.given, ['touch', touchNs]]) };
}

function notesOf({ scenario, designs, recorded }: PressureRequest): readonly string[] {
  const notes: string[] = [];
  const isSoftware = recorded !== null || scenario.codec !== 'deflate-iaa';
  const batched = designs.filter((text) => /iaa-batch|decompress-batch|writeback-batch/.test(text));
  if (isSoftware && batched.length > 0) {
    const codec = recorded === null ? scenario.codec : 'the recorded compressor';
    notes.push(
      `${batched.join(', ')}: ${codec} is taken to be software, which compresses and decompresses one page after the other; batches of pages change nothing there`,
    );
  }
  const isolated = Math.max(1, Math.floor(SWAP_CLUSTER_MAX / scenario.folioPages));
  const few = designs.filter((text) => /reclaim-batch/.test(text) && !/scan-folios/.test(text));
  if (scenario.folioPages > 1 && few.length > 0)
    notes.push(
      `${few.join(', ')}: a pass takes 32 pages off a list at once, so ${isolated} or ${isolated + 1} folios are handed over together; whether the announced 32 folios take more pages is not published: scan-folios asks what follows if they do`,
    );
  const slicePages = scenario.sliceBytes / PAGE_BYTES;
  const large = designs.filter(
    (text) =>
      parsePressureDesign(text).scanFolios * scenario.folioPages * LARGE_PASS * scenario.processes >
      slicePages,
  );
  if (large.length > 0 && scenario.listScale > 1)
    notes.push(
      `${large.join(', ')}: what a pass takes is a large part of the slice, and more pages are stored for it than in the whole memory: a larger --slice is nearer`,
    );
  if (slicePages / scenario.folioPages < FEW_FOLIOS)
    notes.push('few folios fit into the slice: a larger --slice would be nearer to the kernel');
  if (scenario.nodes === 1 && designs.some((text) => text.includes('-entries')))
    notes.push('one node: bulk-entries and node-entries differ in time only (--nodes 2)');
  return notes;
}
