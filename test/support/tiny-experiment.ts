import { completeExperiment } from '../../src/architecture/complete-spec';
import type { ExperimentSpec, ModelSpec, TrainSpec } from '../../src/architecture/model';
import type { EvalRow, StepRow } from '../../src/protocol/run-records';

/** An experiment that trains in seconds: bytes, two narrow layers, a short context. */
export function tinyExperiment(
  change: { readonly model?: Partial<ModelSpec>; readonly train?: Partial<TrainSpec>; readonly source?: string } = {},
): ExperimentSpec {
  const norm = { id: 'norm.rms', config: {} } as const;
  const position = { id: 'position.rope', config: {} } as const;
  const model: ModelSpec = {
    name: 'tiny',
    vocab: 257,
    context: 16,
    hidden: 16,
    tied: true,
    initStd: 0.02,
    embedding: { id: 'embedding.token', config: {} },
    position,
    kinds: [
      {
        name: 'block',
        parallel: false,
        branches: [
          { kind: 'attention', body: { id: 'attention.gqa', config: { heads: 2 } }, norm, position },
          { kind: 'ffn', body: { id: 'ffn.swiglu', config: { width: 32 } }, norm, position },
        ],
      },
    ],
    stack: ['block', 'block'],
    finalNorm: norm,
    head: { id: 'head.linear', config: {} },
  };
  const experiment = completeExperiment({
    model,
    data: {
      source: change.source ?? null,
      textField: 'text',
      holdout: 0.05,
      tokenizer: { id: 'tokenizer.bytes', config: {} },
    },
    train: {
      batch: 4,
      accumulate: 1,
      steps: 60,
      clip: 1,
      precision: 'fp32',
      seed: 1,
      evalEvery: 20,
      evalTokens: 256,
      patience: null,
      sampleEvery: 30,
      sampleTokens: 4,
      temperature: 0.8,
      prompts: ['The '],
      checkpointEvery: 10,
      keep: 1,
      optimizer: {
        id: 'optimizer.adamw',
        config: { lr: 1e-2, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 },
      },
      schedule: { id: 'schedule.cosine', config: { warmup: 0.1, floor: 0.1 } },
    },
  });
  return {
    ...experiment,
    model: { ...experiment.model, ...change.model },
    train: { ...experiment.train, ...change.train },
  };
}

/** A recorded step with a falling loss. */
export const stepRow = (step: number, change: Partial<StepRow> = {}): StepRow => ({
  kind: 'step',
  step,
  tokens: step * 64,
  flops: step * 1e6,
  elapsedMs: step * 10,
  loss: 5 / Math.sqrt(step),
  learningRate: 1e-3,
  gradientNorm: 1,
  tokensPerSecond: 6400,
  samplesPerSecond: 400,
  memoryBytes: 1e8,
  ...change,
});

/** A recorded evaluation. */
export const evalRow = (step: number, change: Partial<EvalRow> = {}): EvalRow => {
  const loss = change.loss ?? 5.1 / Math.sqrt(step);
  return {
    kind: 'eval',
    step,
    tokens: step * 64,
    flops: step * 1e6,
    elapsedMs: step * 10,
    loss,
    perplexity: Math.exp(loss),
    bitsPerByte: loss / Math.LN2,
    evalTokens: 256,
    ...change,
  };
};
