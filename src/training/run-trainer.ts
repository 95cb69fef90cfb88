import type { ExperimentSpec } from '../architecture/model';
import { formatInteger } from '../base/format';
import { type PreparedData, type PrepareProgress, prepareData } from '../data/prepare-data';
import { describeProblem } from '../data/problems';
import { createTrainingBatches } from '../data/training-batches';
import { createValidationBatches } from '../data/validation-batches';
import type { RunRecord } from '../protocol/run-records';
import type { TrainerArguments, TrainerMessage } from '../protocol/trainer';
import { listCheckpoints } from '../runs/checkpoints';
import { controlReader } from '../runs/run-control';
import { explainSystemError, messageOf, RunError } from '../runs/run-error';
import { runPaths } from '../runs/run-folder';
import { takeRunLock } from '../runs/run-lock';
import { readRunRecord } from '../runs/run-record';
import {
  pruneCheckpoints,
  readTrainingState,
  removeLeftovers,
  setAsideDamaged,
  type TrainingState,
  writeCheckpoint,
} from './checkpoint';
import { createCompany } from './company';
import { cacheFolder, dataOptionsOf } from './data-options';
import { createEngineLearner, type EngineLearner } from './engine-learner';
import { evaluate } from './evaluation';
import { createExpertRecorder, type ExpertRecorder } from './expert-recorder';
import type { Learner } from './learner';
import { freshState, type LoopEnd, type LoopParts, runLoop } from './loop';
import { openStart } from './open-start';
import { saveRunTokenizer } from './run-tokenizer';
import { openRunWriter, type RunWriter } from './run-writer';
import { sampleTexts } from './sampling';
import { startEngine } from './start-engine';

/** What the trainer needs from its process. */
export interface TrainerHost {
  readonly send: (message: TrainerMessage) => void;
  /** The process that started this one is still there. */
  readonly hasParent: () => boolean;
  /** The signal that asked for a stop, if one did. */
  readonly stopSignal: () => string | null;
  readonly log: (line: string) => void;
  /** How long an attended run goes on with nobody watching. */
  readonly graceMs: number;
}

/** How a trainer ended; the exit code of its process. */
export const trainerExit = { done: 0, failed: 1, wrongArguments: 2, refused: 3 } as const;

/**
 * Trains the run of a folder from its beginning or its newest checkpoint, and leaves in the folder how it ended. Whatever goes
 * wrong ends here, in words, in run.json and in the last message.
 */
export async function runTrainer(args: TrainerArguments, host: TrainerHost): Promise<number> {
  const { runFolder } = args;
  let writer: RunWriter | null = null;
  let release: () => void = () => {};
  try {
    const lock = takeRunLock(runFolder);
    release = lock.release;
    const touching = setInterval(() => lock.touch(), 10_000);
    try {
      const { value: record, problem } = readRunRecord(runFolder);
      if (record === null) throw new RunError(problem);
      if (record.status === 'completed') throw new RunError('This run is completed; there is nothing to resume.');
      writer = openRunWriter(runFolder, record);
      const { status, reason } = await train(args, host, writer);
      host.send({ type: 'ended', status, reason });
      return status === 'failed' ? trainerExit.failed : trainerExit.done;
    } finally {
      clearInterval(touching);
      writer?.close();
    }
  } catch (error) {
    const explained = explainSystemError(error, 'Training');
    if (!(explained instanceof RunError)) host.log(error instanceof Error ? (error.stack ?? '') : String(error));
    const reason =
      explained instanceof RunError
        ? explained.message
        : `Supra failed: ${messageOf(explained)}. This is a mistake in Supra; trainer.log in the run folder says where.`;
    host.log(reason);
    if (writer !== null) markFailed(writer, reason, host);
    host.send({ type: 'ended', status: 'failed', reason });
    return writer === null ? trainerExit.refused : trainerExit.failed;
  } finally {
    release();
  }
}

function markFailed(writer: RunWriter, reason: string, host: TrainerHost): void {
  try {
    writer.update({ status: 'failed', reason, endedAt: new Date().toISOString() });
  } catch (error) {
    // A full disk: the run will be shown as interrupted, and its last checkpoint is whole.
    host.log(`run.json could not be written: ${messageOf(error)}`);
  }
}

type Ended = Pick<LoopEnd, 'status' | 'reason'>;

async function train(args: TrainerArguments, host: TrainerHost, writer: RunWriter): Promise<Ended> {
  const { runFolder, root } = args;
  const { spec } = writer.record;
  const wanted = requestsOf(args, host);
  const say = (phase: string, fraction: number | null) => host.send({ type: 'progress', phase, fraction });
  const end = (ended: Ended, state?: TrainingState): Ended => {
    const progress = state === undefined ? {} : { stepsDone: state.step, best: state.best };
    writer.update({ ...progress, ...ended, endedAt: new Date().toISOString() });
    return ended;
  };

  removeLeftovers(runFolder);
  writer.update({ status: 'preparing', reason: null, endedAt: null });
  host.send({ type: 'changed' });
  say('Starting the engine', null);
  const { engine, machine } = await startEngine(spec);
  writer.update({ engine, machine });
  if (engine.backend === 'fallback') {
    const why = 'Training runs on plain JavaScript, a hundred times slower than the native engine.';
    host.send({ type: 'warning', text: `${why} supra doctor helps.\n${engine.detail}` });
  }

  const warn = (text: string) => host.send({ type: 'warning', text });
  // A run that has a checkpoint goes on from that; what it started from may be gone.
  const mayResume = args.mode === 'resume' && listCheckpoints(runFolder).length > 0;
  const early = mayResume ? null : await openStart(root, spec);
  const prepared = await prepare({ spec, root, say, wanted, warn });
  if ('ended' in prepared) return end(prepared.ended);
  const { data } = prepared;
  let learner: EngineLearner | null = null;
  try {
    checkData(writer.record, spec, data);
    await early?.checkTokenizer(data.tokenizer);
    saveRunTokenizer(runFolder, data.tokenizer);
    writer.update({ dataHash: data.hash });
    say('Making the model', null);
    if (mayResume) learner = createEngineLearner(spec);
    const from = learner === null ? null : await newestState(runFolder, learner, host);
    const start = from === null ? (early ?? (await openStart(root, spec))) : null;
    if (start !== null) {
      for (const text of start.warnings) warn(text);
      say('Reading the weights to start from', null);
      const { weights, startedFrom } = await start.read();
      checkStart(writer.record, startedFrom);
      writer.update({ startedFrom });
      learner?.dispose();
      learner = null;
      learner = createEngineLearner(spec, weights);
    }
    learner ??= createEngineLearner(spec);
    const isStarted = start !== null;
    const experts = createExpertRecorder(runPaths(runFolder).experts);
    const parts = loopParts({ args, host, writer, experts, data, learner, wanted, resumed: from, isStarted });
    writer.update({ status: 'running' });
    host.send({ type: 'changed' });
    const ended = await runLoop(parts, from ?? freshState(parts.batches.state()));
    writer.sync();
    experts.flush();
    return end({ status: ended.status, reason: ended.reason }, ended.state);
  } finally {
    learner?.dispose();
    data.close();
  }
}

type Wanted = LoopParts['wanted'];

/** Everything that can ask for a pause or a stop, as one question. */
function requestsOf({ runFolder, company }: TrainerArguments, host: TrainerHost): Wanted {
  const control = controlReader(runFolder);
  const watching = createCompany({ runFolder, hasParent: host.hasParent, graceMs: host.graceMs });
  return () => {
    const signal = host.stopSignal();
    if (signal !== null) return { request: 'stop', reason: `Stopped by ${signal}. It can go on: supra resume` };
    const request = control();
    if (request === 'stop') return { request, reason: 'Stopped on request. It can go on: supra resume' };
    if (company === 'attended' && watching.isGone()) {
      return {
        request: 'stop',
        reason:
          'Stopped because its window was closed and nobody watched any more. It can go on: supra resume (or start it with --detach)',
      };
    }
    return request === null ? null : { request, reason: '' };
  };
}

const phaseNames: Readonly<Record<PrepareProgress['phase'], string>> = {
  find: 'Finding the data',
  scan: 'Reading the data',
  tokenizer: 'Training the tokenizer',
  pack: 'Turning text into tokens',
};

interface Preparation {
  readonly spec: ExperimentSpec;
  readonly root: string;
  readonly say: (phase: string, fraction: number | null) => void;
  readonly warn: (text: string) => void;
  readonly wanted: Wanted;
}

async function prepare({
  spec,
  root,
  say,
  warn,
  wanted,
}: Preparation): Promise<{ readonly data: PreparedData } | { readonly ended: Ended }> {
  const abort = new AbortController();
  const stopped = { reason: '' };
  const polling = setInterval(() => {
    const now = wanted();
    if (now?.request !== 'stop') return;
    stopped.reason = now.reason;
    abort.abort();
  }, 200);
  let said = 0;
  try {
    const { value, problems } = await prepareData(dataOptionsOf(spec.data, spec.model.context), {
      root,
      cacheDir: cacheFolder(root),
      signal: abort.signal,
      onProgress({ phase, fraction }) {
        if (performance.now() - said < 50 && fraction < 1) return;
        said = performance.now();
        say(phaseNames[phase], fraction);
      },
    });
    for (const problem of problems) if (problem.severity === 'warning') warn(describeProblem(problem));
    if (value !== null) return { data: value };
    const reasons = problems.filter(problem => problem.severity === 'error').map(describeProblem);
    return { ended: { status: 'failed', reason: reasons.join('\n') } };
  } catch (error) {
    if (abort.signal.aborted) return { ended: { status: 'stopped', reason: stopped.reason } };
    throw error;
  } finally {
    clearInterval(polling);
  }
}

/** What would make ids or order of the data another than those of the model and the run. */
function checkData(record: RunRecord, spec: ExperimentSpec, data: PreparedData): void {
  const { vocabSize } = data.tokenizer;
  if (vocabSize > spec.model.vocab) {
    throw new RunError(
      `The tokenizer makes ${formatInteger(vocabSize)} different tokens, but the model has a vocab of ${formatInteger(spec.model.vocab)}. Set vocab = ${vocabSize} in the model, or take a smaller tokenizer.`,
    );
  }
  if (record.dataHash !== null && record.dataHash !== data.hash) {
    throw new RunError(
      'The data is not what this run began with: a file, the tokenizer or the held-out part changed. Put the data back as it was, or start a new run.',
    );
  }
}

/** A run that begins anew must begin from the same weights. */
function checkStart({ startedFrom: before }: RunRecord, now: NonNullable<RunRecord['startedFrom']>): void {
  if (!before || before.sha256 === now.sha256) return;
  throw new RunError(
    `The weights of ${now.path} are not those that this run began with (${before.title}; now ${now.title}), and it has no checkpoint of its own yet. Put them back as they were, or start a new run.`,
  );
}

/** Loads the newest checkpoint that can be read; `null` when there is none: then the run begins anew. */
async function newestState(runFolder: string, learner: Learner, host: TrainerHost): Promise<TrainingState | null> {
  for (const checkpoint of listCheckpoints(runFolder)) {
    const { value, problem } = readTrainingState(checkpoint);
    try {
      if (value === null) throw new Error(problem);
      await learner.load(checkpoint.path);
      return value;
    } catch (error) {
      host.log(`The checkpoint of step ${checkpoint.step} cannot be used and is set aside: ${messageOf(error)}`);
      setAsideDamaged(checkpoint);
    }
  }
  return null;
}

interface PartsInput {
  readonly args: TrainerArguments;
  readonly host: TrainerHost;
  readonly writer: RunWriter;
  readonly experts: ExpertRecorder;
  readonly data: PreparedData;
  readonly learner: EngineLearner;
  readonly wanted: Wanted;
  readonly resumed: TrainingState | null;
  readonly isStarted: boolean;
}

function loopParts({ args, host, writer, experts, data, learner, wanted, resumed, isStarted }: PartsInput): LoopParts {
  const { runFolder } = args;
  const { spec, trainingFlopsPerToken } = writer.record;
  const { model, train } = spec;
  const shape = { batch: train.batch, seq: model.context };
  const { value: batches, problems } = createTrainingBatches(data.train, {
    ...shape,
    seed: train.seed,
    ...(resumed === null ? {} : { state: resumed.data }),
  });
  if (batches === null) throw new RunError(problems.map(describeProblem).join('\n'));
  const validation =
    spec.data.holdout > 0 && data.validation.tokens > 1
      ? createValidationBatches(data.validation, { ...shape, maxTokens: train.evalTokens }).value
      : null;
  const text =
    validation === null ? null : { batches: validation, bytesPerToken: data.validation.bytes / data.validation.tokens };
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    spec,
    trainingFlopsPerToken,
    learner,
    batches,
    isStarted,
    evaluate: text === null ? null : () => evaluate(text, learner.lossOf),
    sample: step => learner.judged(() => sampleTexts(learner.model, data.tokenizer, train, step)),
    recordMetric: writer.metric,
    recordSample: writer.sample,
    recordExperts: experts.add,
    async checkpoint(state) {
      // Rows first: a checkpoint on the disk then never knows more than the rows.
      writer.sync();
      await writeCheckpoint(runFolder, state, learner.save);
      writer.update({ stepsDone: state.step, best: state.best });
      pruneCheckpoints(runFolder, { keep: train.keep, bestStep: state.best?.step ?? null });
    },
    wanted,
    onStatus(status, state) {
      experts.flush();
      writer.update({ status, stepsDone: state.step, best: state.best });
      host.send({ type: 'changed' });
    },
    onStep(state) {
      writer.note({ stepsDone: state.step, best: state.best });
      if (performance.now() - toldAt < 100) return;
      toldAt = performance.now();
      host.send({ type: 'changed' });
    },
    clock: () => performance.now(),
    memoryBytes: () => process.memoryUsage.rss(),
    pause: () => new Promise(resolve => setTimeout(resolve, 100)),
  };
}
