/**
 * Every tiny model of the gallery at work. `curves` trains each on Moby-Dick, says whether it got below the entropy of single tokens
 * (what can be reached without looking at anything), and draws all curves into docs/images/gallery-curves.svg. `speed` writes the
 * training speed of each beside that of a dense model with as many active parameters and of transformers' own classes.
 *
 * usage: npm run bench:gallery -- curves|speed [--steps 200] [--batch 4] [--context 128] [--only tiny_mixtral,…]
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { costsOf } from '../src/architecture/costs';
import type { ModelSpec } from '../src/architecture/model';
import { prepareData } from '../src/data/prepare-data';
import { createTrainingBatches } from '../src/data/training-batches';
import { useBackend } from '../src/engine/backends/choose-backend';
import { createModel, type LessonBatch } from '../src/engine/model';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { type Curve, curvesSvg, smoothed } from '../src/exchange/curves-svg';
import { analyze } from '../src/language/analysis/analyze';
import { galleryPeer } from './gallery-peer';
import { median } from './statistics';

interface Options {
  readonly root: string;
  readonly steps: number;
  readonly batch: number;
  readonly context: number;
  readonly only: readonly string[] | null;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      steps: { type: 'string', default: '200' },
      batch: { type: 'string', default: '4' },
      context: { type: 'string', default: '128' },
      only: { type: 'string' },
    },
  });
  const [what] = positionals;
  const work = what === 'curves' ? curves : what === 'speed' ? speed : null;
  if (work === null) throw new Error(`Expected curves or speed, got ${what ?? 'nothing'}.`);
  await useBackend('native');
  await work({
    root: join(__dirname, '..', '..'),
    steps: Number(values.steps),
    batch: Number(values.batch),
    context: Number(values.context),
    only: values.only?.split(',') ?? null,
  });
}

/** The tiny models, by the names of their files. */
function tinyModels({ root, only }: Options): ModelSpec[] {
  const folder = join(root, 'gallery');
  return readdirSync(folder)
    .sort()
    .flatMap(file => analyze(readFileSync(join(folder, file), 'utf8')).file.models.map(({ spec }) => spec))
    .filter((spec): spec is ModelSpec => spec?.name.startsWith('tiny_') === true)
    .filter(({ name }) => only?.includes(name) ?? true);
}

const adamw = {
  id: 'optimizer.adamw',
  config: { lr: 1e-3, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 },
} as const;

/** A training that goes step by step; MTP modules train with the usual tenth of the weight. */
function trainerOf(spec: ModelSpec): {
  step(lesson: LessonBatch, learningRate: number): number;
  dispose(): void;
} {
  const model = createModel(spec, { seed: 1 });
  const optimizer = createOptimizer(adamw, model);
  const mtpWeight = spec.mtp === undefined ? 0 : 0.1;
  return {
    step: (lesson, learningRate) =>
      trainStep(model, optimizer, [lesson], { learningRate, clip: 1, precision: 'fp32', mtpWeight }).loss,
    dispose() {
      optimizer.dispose();
      model.dispose();
    },
  };
}

async function curves(options: Options): Promise<void> {
  const drawn: Curve[] = [];
  const floors = new Map<number, number>();
  console.log('| model | parameters | active | loss, last 10 steps | entropy of single tokens | below |');
  console.log('| --- | ---: | ---: | ---: | ---: | --- |');
  for (const spec of tinyModels(options)) {
    const lessons = await lessonsOf(options, spec.vocab);
    const entropy = floors.get(spec.vocab) ?? unigramEntropy(lessons);
    floors.set(spec.vocab, entropy);
    const trainer = trainerOf(spec);
    const losses = lessons.map((lesson, index) => {
      const warmup = Math.min(1, (index + 1) / 20);
      return trainer.step(lesson, 3e-3 * warmup * (0.1 + 0.45 * (1 + Math.cos((Math.PI * index) / options.steps))));
    });
    trainer.dispose();
    const last = losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10;
    const { total, active } = costsOf(spec);
    const numbers = [total, active].map(count => count.toLocaleString('en'));
    const below = last < entropy ? 'yes' : 'NO';
    console.log(`| ${spec.name} | ${numbers.join(' | ')} | ${last.toFixed(3)} | ${entropy.toFixed(3)} | ${below} |`);
    if (!(last < entropy)) process.exitCode = 1;
    drawn.push({
      name: spec.name.replace('tiny_', ''),
      points: smoothed(losses, 10).map((loss, index) => [index + 1, loss] as const),
    });
  }
  const images = join(options.root, 'docs', 'images');
  mkdirSync(images, { recursive: true });
  const labels = { title: 'Loss of every tiny model of the gallery on Moby-Dick', below: 'steps; loss in nats' };
  writeFileSync(join(images, 'gallery-curves.svg'), curvesSvg(drawn, { ...labels, height: 560, floors }));
}

/** The batches of a run with this vocabulary, always the same ones. */
async function lessonsOf({ root, steps, batch, context }: Options, vocab: number): Promise<LessonBatch[]> {
  const data = await prepareData(
    { source: 'moby-dick', tokenizer: { kind: 'bpe', vocab }, holdout: 0.05 },
    { root, cacheDir: join(root, '.bench', 'cache') },
  );
  if (data.value === null) throw new Error(data.problems[0]?.what);
  const stream = createTrainingBatches(data.value.train, { batch, seq: context, seed: 1 }).value;
  if (stream === null) throw new Error('Expected a text long enough for a batch.');
  const lessons = Array.from({ length: steps }, () => stream.next());
  data.value.close();
  return lessons;
}

/** Entropy in nats of the targets as if each stood alone. */
function unigramEntropy(lessons: readonly LessonBatch[]): number {
  const counts = new Map<number, number>();
  let all = 0;
  for (const { targets } of lessons) {
    for (const id of targets) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      all++;
    }
  }
  return [...counts.values()].reduce((sum, count) => sum - (count / all) * Math.log(count / all), 0);
}

/** A Llama with the vocabulary, context and hidden size of a model and as many parameters as that has active ones. */
function denseLike(spec: ModelSpec): ModelSpec {
  const budget = costsOf(spec).active;
  const text = `model dense {
    budget = ${budget}
    vocab = ${spec.vocab}
    context = ${spec.context}
    hidden = ${spec.hidden}
    tied = ${spec.tied}
    layer block {
      attention gqa { heads = 4 }
      ffn swiglu { width = auto }
    }
    layers = block * ${spec.stack.length}
  }`;
  const dense = analyze(text).file.models[0]?.spec;
  if (!dense) throw new Error(`Expected a dense model for ${spec.name}.`);
  return dense;
}

/** Takes turns between the model, its dense twin and transformers, so that a busy machine slows all alike. */
async function speed(options: Options): Promise<void> {
  const { batch, context, root } = options;
  const turns = 5;
  console.log(`| model | parameters | active | tokens/s | × dense | × transformers |`);
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const spec of tinyModels(options)) {
    const [lesson] = await lessonsOf({ ...options, steps: 1 }, spec.vocab);
    if (lesson === undefined) throw new Error('Expected a batch.');
    const own = trainerOf(spec);
    const dense = trainerOf(denseLike(spec));
    const peer = await galleryPeer(root, spec, { batch, context });
    const times = { own: [] as number[], dense: [] as number[], peer: [] as number[] };
    const timed = (into: number[], work: () => unknown) => {
      const start = performance.now();
      work();
      into.push(performance.now() - start);
    };
    for (let turn = -1; turn < turns; turn++) {
      const into = turn < 0 ? { own: [], dense: [], peer: [] } : times;
      timed(into.own, () => own.step(lesson, 1e-4));
      timed(into.dense, () => dense.step(lesson, 1e-4));
      const stepMs = await peer.step();
      if (stepMs !== null) into.peer.push(stepMs);
    }
    own.dispose();
    dense.dispose();
    peer.stop();
    const ms = median(times.own);
    const { total, active } = costsOf(spec);
    const numbers = [total, active, Math.round((1000 * batch * context) / ms)].map(each => each.toLocaleString('en'));
    const peerRatio = times.peer.length === 0 ? peer.problem : (median(times.peer) / ms).toFixed(2);
    console.log(`| ${spec.name} | ${numbers.join(' | ')} | ${(median(times.dense) / ms).toFixed(2)} | ${peerRatio} |`);
  }
}

void main();
