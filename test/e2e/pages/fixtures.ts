import { completeExperiment } from '../../../src/architecture/complete-spec';
import type { ExperimentSpec } from '../../../src/architecture/model';
import { createRandom } from '../../../src/base/random';
import type { EvalRow, MetricRow, RunRecord, SampleRow, StepRow } from '../../../src/protocol/run-records';

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

/** A run.json as the trainer writes it. */
export function recordOf(run: FakeRun, changed: Partial<RunRecord> = {}): RunRecord {
  const rms = { id: 'norm.rms', config: { epsilon: 1e-6, place: 'pre', unit_offset: false } };
  const rope = {
    id: 'position.rope',
    config: { theta: 10_000, fraction: 1, scaling: { id: 'scaling.none', config: {} } },
  };
  const spec = {
    model: {
      name: run.name,
      vocab: 8192,
      context: 256,
      hidden: run.hidden,
      tied: true,
      initStd: 0.02,
      embedding: { id: 'embedding.token', config: { scale: 1 } },
      position: { id: 'position.none', config: {} },
      kinds: [
        {
          name: 'block',
          parallel: false,
          branches: [
            {
              kind: 'attention',
              body: {
                id: 'attention.gqa',
                config: {
                  heads: run.heads,
                  kv_heads: run.heads,
                  head_dim: run.hidden / run.heads,
                  window: null,
                  qk_norm: 'none',
                },
              },
              norm: rms,
              position: rope,
            },
            { kind: 'ffn', body: { id: 'ffn.swiglu', config: { width: 4 * run.hidden } }, norm: rms, position: rope },
          ],
        },
      ],
      stack: Array.from({ length: run.layers }, () => 'block'),
      finalNorm: rms,
      head: { id: 'head.linear', config: { softcap: null } },
    },
    data: {
      source: 'data/*.txt',
      textField: 'text',
      holdout: 0.05,
      tokenizer: { id: 'tokenizer.bpe', config: { vocab: 8192 } },
    },
    train: {
      batch: 16,
      accumulate: 1,
      steps: run.steps,
      clip: 1,
      precision: 'bf16',
      seed: run.seed,
      evalEvery: 100,
      evalTokens: 65_536,
      patience: null,
      sampleEvery: 250,
      sampleTokens: 64,
      temperature: 0.8,
      prompts: ['The whale'],
      checkpointEvery: 250,
      keep: 3,
      optimizer: {
        id: 'optimizer.adamw',
        config: { lr: run.rate, betas: [0.9, 0.95], weight_decay: 0.1, epsilon: 1e-8 },
      },
      schedule: { id: 'schedule.cosine', config: { warmup: 0.02, floor: 0.1 } },
    },
  };
  return {
    version: 1,
    id: `2026-11-24-${run.name}`,
    name: run.name,
    status: 'running',
    reason: null,
    createdAt: '2026-11-24T16:05:00.000Z',
    endedAt: null,
    file: 'model.supra',
    spec: completeExperiment(spec as unknown as ExperimentSpec),
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

export const source = `# Shallow and wide: 5,244,672 parameters.
model shallow_wide {
  vocab   = 8192
  context = 256
  hidden  = 256

  layer block {
    norm rms
    attention gqa { heads = 8 }
    position rope { theta = 10k }
    ffn swiglu { width = 4 * hidden }
  }
  layers = block * 3
}
`;
