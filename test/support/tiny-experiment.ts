import type { ExperimentSpec, ModelSpec, TrainSpec } from '../../src/architecture/model';
import type { EvalRow, StepRow } from '../../src/protocol/run-records';
import { modelFile } from './model-file';
import { experimentOf } from './written-specs';

/** An experiment that trains in seconds: bytes, two narrow layers, a short context. */
export function tinyExperiment(
  change: { readonly model?: Partial<ModelSpec>; readonly train?: Partial<TrainSpec>; readonly source?: string } = {},
): ExperimentSpec {
  const { source } = change;
  const experiment = experimentOf(
    modelFile({
      data: [...(source === undefined ? [] : [`source = ${JSON.stringify(source)}`]), 'tokenizer bytes'],
      train: [
        'optimizer adamw { lr = 1e-2 }',
        'schedule cosine { warmup = 10%  floor = 10% }',
        'precision = fp32',
        'batch = 4',
        'steps = 60',
        'eval_every = 20',
        'eval_tokens = 256',
        'sample_every = 30',
        'sample_tokens = 4',
        'prompts = ["The "]',
        'checkpoint_every = 10',
        'keep = 1',
      ],
    }),
  );
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
