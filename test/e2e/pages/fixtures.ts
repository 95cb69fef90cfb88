import { createRandom } from '../../../src/base/random';
import type { ExpertLoad } from '../../../src/protocol/expert-load';
import type { EvalRow, MetricRow, RunRecord, SampleRow, StepRow } from '../../../src/protocol/run-records';
import { modelFile } from '../../support/model-file';
import { experimentOf } from '../../support/written-specs';

export interface FakeRun {
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly parameters: number;
  readonly rate: number;
  readonly steps: number;
  readonly speed: number;
  readonly seed: number;
  /** Has a mixture of experts, whose imbalance falls. */
  readonly mixed?: true;
}

export const depthVersusWidth: readonly FakeRun[] = [
  {
    name: 'deep_narrow',
    layers: 12,
    hidden: 128,
    heads: 4,
    parameters: 4_197_504,
    rate: 1.178e-3,
    steps: 3000,
    speed: 9100,
    seed: 1,
  },
  {
    name: 'middle',
    layers: 6,
    hidden: 192,
    heads: 6,
    parameters: 5_114_304,
    rate: 1.178e-3,
    steps: 3000,
    speed: 12_400,
    seed: 2,
  },
  {
    name: 'shallow_wide',
    layers: 3,
    hidden: 256,
    heads: 8,
    parameters: 5_244_672,
    rate: 1.178e-3,
    steps: 3000,
    speed: 17_800,
    seed: 3,
  },
];

export const manyRuns = (count: number, steps: number): FakeRun[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `sweep_${String(index + 1).padStart(2, '0')}`,
    layers: 2 + (index % 5),
    hidden: 128 + 32 * (index % 4),
    heads: 4,
    parameters: 1_200_000 + 210_000 * index,
    rate: 3e-4 * 1.15 ** index,
    steps,
    speed: 8000 + 700 * index,
    seed: index + 1,
  }));

const tokensPerStep = 16 * 256;

/** The model file of a run. */
export const sourceOf = ({ name, layers, hidden, heads, rate, steps, seed }: FakeRun): string =>
  modelFile({
    name,
    vocab: 8192,
    context: 256,
    hidden,
    heads,
    width: '4 * hidden',
    layers,
    data: ['source = "data/*.txt"', 'tokenizer bpe { vocab = 8192 }'],
    train: [
      `optimizer adamw { lr = ${rate} }`,
      'schedule cosine { warmup = 2%  floor = 10% }',
      'precision = bf16',
      'batch = 16',
      `steps = ${steps}`,
      `seed = ${seed}`,
      'eval_every = 100',
      'eval_tokens = 64Ki',
      'sample_every = 250',
      'sample_tokens = 64',
      'prompts = ["The whale"]',
      'checkpoint_every = 250',
    ],
  });

/** A run.json as the trainer writes it. */
export function recordOf(run: FakeRun, changed: Partial<RunRecord> = {}): RunRecord {
  return {
    version: 1,
    id: `2026-11-24-${run.name}`,
    name: run.name,
    status: 'running',
    reason: null,
    createdAt: '2026-11-24T16:05:00.000Z',
    endedAt: null,
    file: 'model.supra',
    spec: experimentOf(sourceOf(run)),
    parameters: run.parameters,
    trainingFlopsPerToken: run.parameters * 6,
    stepsDone: 0,
    seed: run.seed,
    dataHash: 'b3a9f04c71d2',
    machine: { cpu: 'AMD EPYC 7B13', cores: 8, memoryBytes: 32 * 2 ** 30, platform: 'linux x64' },
    engine: { backend: 'native', detail: 'AVX2, 8 threads, bf16 products', threads: 8 },
    versions: { supra: '0.1.0', node: 'v20.20.0' },
    best: null,
    ...changed,
  };
}

/** Rows that look like training: a falling loss with noise, an evaluation every `evalEvery` steps. */
export function rowsOf(run: FakeRun, upTo: number, evalEvery = Math.max(1, Math.floor(run.steps / 40))): MetricRow[] {
  const random = createRandom(run.seed);
  const rows: MetricRow[] = [];
  const floor = 3.25 + 0.9 * (4_000_000 / (run.parameters + 2_000_000)) + 0.02 * (run.seed % 5);
  for (let step = 1; step <= upTo; step++) {
    const share = step / run.steps;
    const warmup = Math.min(1, share / 0.02);
    const clean = floor + (9.01 - floor) * Math.exp(-14 * share) * (0.55 + 0.45 * Math.exp(-90 * share));
    const spike = random.float() < 0.0006 ? 1.4 : 0;
    const at = {
      step,
      tokens: step * tokensPerStep,
      flops: step * tokensPerStep * run.parameters * 6,
      elapsedMs: (step * tokensPerStep * 1000) / run.speed,
    };
    rows.push({
      kind: 'step',
      ...at,
      loss: clean + 0.11 * random.normal() + spike,
      learningRate: run.rate * warmup * (0.1 + 0.45 * (1 + Math.cos(Math.PI * share))),
      gradientNorm: Math.abs(0.35 + 1.8 * Math.exp(-20 * share) + 0.08 * random.normal() + spike * 3),
      tokensPerSecond: run.speed * (1 + 0.04 * random.normal()),
      samplesPerSecond: run.speed / 256,
      memoryBytes: 400 * 2 ** 20,
      ...(run.mixed ? { expertImbalance: 1.4 + 2.6 * Math.exp(-12 * share) + 0.25 * random.float() } : {}),
    } satisfies StepRow);
    if (step % evalEvery === 0) {
      const loss = clean + 0.06;
      rows.push({
        kind: 'eval',
        ...at,
        loss,
        perplexity: Math.exp(loss),
        bitsPerByte: loss / Math.LN2 / 4.1,
        evalTokens: 65_536,
      } satisfies EvalRow);
    }
  }
  return rows;
}

/** The load of experts as after some hundred steps: uneven, in each layer one that gets nothing and one with far too much. */
export function expertLoadOf(layers: number, experts: number, lastStep = 500): ExpertLoad {
  const random = createRandom(`${layers} ${experts} ${lastStep}`);
  const tokensOf = (layer: number) =>
    Array.from({ length: experts }, (_, expert) => {
      if (expert === layer % experts) return 0;
      const share = expert === (layer * 7 + 3) % experts ? 4 : Math.exp(0.35 * random.normal());
      return Math.round(2000 * share);
    });
  return {
    version: 1,
    firstStep: lastStep - 49,
    lastStep,
    layers: Array.from({ length: layers }, (_, layer) => ({ path: `layers.${layer}.ffn`, tokens: tokensOf(layer) })),
  };
}

const continuations = [
  ' the the of a whale and sea , he the boat of it was the and a .',
  ' was a great white thing upon the sea; and the captain said that he should see the ship, and all the men were in the boats.',
  ' had gone down into the blue water. "There she blows!" cried the mate, and every man sprang to his oar, as though the boat itself had heard the word.\n\nStill the old captain stood, and looked out over the quiet sea.',
];

/** Texts of three prompts every 250 steps. */
export const samplesOf = (upTo: number): SampleRow[] =>
  Array.from({ length: Math.floor(upTo / 250) }, (_, index) => index).flatMap(index =>
    ['The whale', 'Call me'].map((prompt, which) => ({
      step: (index + 1) * 250,
      prompt,
      text: continuations[Math.max(0, Math.min(2, Math.floor(index / 3)) - which)] ?? '',
    })),
  );
