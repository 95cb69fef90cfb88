/**
 * Every tiny model of the gallery at work. `curves` trains each on Moby-Dick, says whether it got below the entropy of single tokens
 * (what can be reached without looking at anything), and draws all curves into docs/images/gallery-curves.svg. `speed` takes the
 * training speed of each beside that of a dense model with as many active parameters and of transformers' own classes. `mixers` takes
 * that of models of one size whose layers mix tokens in different ways, at a long context. Results are kept in
 * bench/results/gallery.json, so that a run may be made in pieces.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { costsOf } from '../src/architecture/costs';
import { layerAt, type ModelSpec } from '../src/architecture/model';
import { formatInteger } from '../src/base/format';
import { createRandom } from '../src/base/random';
import { useBackend } from '../src/engine/backends/choose-backend';
import type { LessonBatch } from '../src/engine/model';
import { analyze } from '../src/language/analysis/analyze';
import { machineAndDay, markdownRows, writeBetweenMarks } from './document';
import { galleryCurvesSvg } from './gallery-curves-svg';
import { galleryPeer } from './gallery-peer';
import {
  lossAtEnd,
  mobyDickLessons,
  peakRate,
  type Trainer,
  tinyModels,
  trainerOf,
  trainOn,
  unigramEntropy,
} from './gallery-training';
import { median } from './statistics';

const help = `npm run bench:gallery -- curves|speed|mixers [options]

  --only LIST      models (tiny_mixtral,…), or mixers (attention,mamba2,…); the figures of the others stay what they were
  --steps N        of training (curves, 200), or turns of everybody (speed and mixers, 7)
  --batch N        sequences of a step (curves and speed, 4; mixers, 1)
  --context N      tokens of a sequence (curves, 128; speed, 256; mixers, 2048)
  --document       write the table into docs/gallery.md
  --again          measure nothing: only write what was found before
`;

interface Options {
  readonly root: string;
  readonly steps: number;
  readonly batch: number;
  readonly context: number;
  readonly only: readonly string[] | null;
}

interface CurveResult {
  /** Entropy of single tokens, in nats. */
  readonly entropy: number;
  readonly losses: readonly number[];
}

interface SpeedResult {
  readonly total: number;
  readonly active: number;
  readonly tokensPerSecond: number;
  readonly timesDense: number;
  /** Or why there is no such figure. */
  readonly timesTransformers: number | string;
}

interface MixerResult {
  readonly total: number;
  readonly tokensPerSecond: number;
}

interface Results {
  readonly curves: Record<string, CurveResult>;
  readonly speed: Record<string, SpeedResult>;
  readonly mixers: Record<string, MixerResult>;
}

interface Work {
  readonly defaults: Pick<Options, 'steps' | 'batch' | 'context'>;
  run(options: Options, results: Results): Promise<void>;
  table(results: Results, options: Options): string;
}

/** How a model mixes tokens. */
function kindOf(spec: ModelSpec): string {
  const bodies = spec.stack.flatMap((_, index) => layerAt(spec, index).branches.map(({ body }) => body.id));
  const attends = bodies.some(id => id.startsWith('attention.'));
  if (bodies.some(id => id.startsWith('mixer.'))) return attends ? 'recurrence and attention' : 'recurrence';
  return bodies.includes('attention.mla') ? 'latent attention' : 'attention';
}

/** What there are curves of, in the order of the files. */
const trained = ({ root }: Pick<Options, 'root'>, { curves: found }: Results) =>
  tinyModels(root).flatMap(spec => {
    const curve = found[spec.name];
    return curve === undefined ? [] : [{ ...curve, ...costsOf(spec), name: spec.name, kind: kindOf(spec) }];
  });

const curves: Work = {
  defaults: { steps: 200, batch: 4, context: 128 },
  async run(options, results) {
    for (const spec of chosenModels(options)) {
      const lessons = await lessonsOf(options, spec.vocab);
      const losses = trainOn(spec, lessons);
      const entropy = unigramEntropy(lessons);
      results.curves[spec.name] = { entropy, losses };
      const last = lossAtEnd(losses);
      process.stderr.write(`${spec.name}: ${last.toFixed(3)} of ${entropy.toFixed(3)}\n`);
      if (!(last < entropy)) process.exitCode = 1;
      save(options.root, results);
    }
    const images = join(options.root, 'docs', 'images');
    mkdirSync(images, { recursive: true });
    const drawn = trained(options, results).map(curve => ({ ...curve, name: plainName(curve.name) }));
    writeFileSync(join(images, 'gallery-curves.svg'), galleryCurvesSvg(drawn));
  },
  table: (results, options) =>
    markdownRows(
      ['model', 'mixes tokens by', 'parameters', 'active', 'loss', 'entropy', 'below by'],
      trained(options, results).map(({ name, kind, total, active, entropy, losses }) => {
        const last = lossAtEnd(losses);
        const below = (entropy - last).toFixed(2);
        return [name, kind, formatInteger(total), formatInteger(active), last.toFixed(2), entropy.toFixed(2), below];
      }),
      2,
    ),
};

const speed: Work = {
  defaults: { steps: 7, batch: 4, context: 256 },
  async run(options, results) {
    for (const spec of chosenModels(options)) {
      const [lesson] = await lessonsOf({ ...options, steps: 1 }, spec.vocab);
      if (lesson === undefined) throw new Error('Expected a batch.');
      results.speed[spec.name] = await speedOf(options, spec, lesson);
      save(options.root, results);
    }
  },
  table: results =>
    markdownRows(
      ['model', 'parameters', 'active', 'tokens/s', '× dense', '× transformers'],
      Object.entries(results.speed).map(([name, { total, active, tokensPerSecond, timesDense, timesTransformers }]) => [
        name,
        ...[total, active, Math.round(tokensPerSecond)].map(formatInteger),
        timesDense.toFixed(2),
        typeof timesTransformers === 'string' ? timesTransformers : timesTransformers.toFixed(2),
      ]),
      1,
    ),
};

/**
 * Takes turns between the model, its dense twin and transformers, so that a busy machine slows all alike. Without prediction
 * modules, which the others have not.
 */
async function speedOf(options: Options, { mtp: _, ...spec }: ModelSpec, lesson: LessonBatch): Promise<SpeedResult> {
  const { batch, context, root, steps } = options;
  const own = trainerOf(spec);
  const dense = trainerOf(denseLike(spec));
  const peer = await galleryPeer(root, spec, { batch, context });
  const times = { own: [] as number[], dense: [] as number[], peer: [] as number[] };
  for (let turn = -1; turn < steps; turn++) {
    const into = turn < 0 ? { own: [], dense: [], peer: [] } : times;
    into.own.push(stepMs(own, lesson));
    into.dense.push(stepMs(dense, lesson));
    const peerMs = await peer.step();
    if (peerMs !== null) into.peer.push(peerMs);
  }
  own.dispose();
  dense.dispose();
  peer.stop();
  const ms = median(times.own);
  const { total, active } = costsOf(spec);
  return {
    total,
    active,
    tokensPerSecond: (1000 * batch * context) / ms,
    timesDense: median(times.dense) / ms,
    timesTransformers: times.peer.length === 0 ? peer.problem : median(times.peer) / ms,
  };
}

function stepMs(trainer: Trainer, lesson: LessonBatch): number {
  const start = performance.now();
  trainer.step(lesson, 1e-4);
  return performance.now() - start;
}

/** A Llama with the vocabulary, context and hidden size of a model and as many parameters as that has active ones. */
const denseLike = (spec: ModelSpec): ModelSpec =>
  modelOf(`model dense {
    budget = ${costsOf(spec).active}
    vocab = ${spec.vocab}
    context = ${spec.context}
    hidden = ${spec.hidden}
    tied = ${spec.tied}
    layer block {
      attention gqa { heads = 4 }
      ffn swiglu { width = auto }
    }
    layers = block * ${spec.stack.length}
  }`);

/** What mixes tokens; the feed-forward layers are as wide as brings all models to the same size. */
const mixing = {
  attention: 'attention gqa { heads = 4 }',
  mamba1: 'mixer mamba1',
  mamba2: 'mixer mamba2 { head_dim = 64  state = 64 }',
  gdn: 'mixer gdn { heads = 4  key_dim = 64 }',
  kda: 'mixer kda { heads = 4  head_dim = 64 }',
} as const;

const mixers: Work = {
  defaults: { steps: 7, batch: 1, context: 2048 },
  async run({ root, steps, batch, context, only }, results) {
    const random = createRandom(1);
    const ids = () => Int32Array.from({ length: batch * context }, () => random.below(4096));
    const lesson = { batch, seq: context, inputs: ids(), targets: ids() };
    const runners = Object.entries(mixing)
      .filter(([name]) => only?.includes(name) ?? true)
      .map(([name, written]) => {
        const spec = modelOf(`model mixing {
          budget = 5.2M
          vocab = 4096
          context = ${context}
          hidden = 256
          layer block {
            ${written}
            ffn swiglu { width = auto }
          }
          layers = block * 4
        }`);
        return { name, total: costsOf(spec).total, trainer: trainerOf(spec), times: [] as number[] };
      });
    for (let turn = -1; turn < steps; turn++) {
      for (const { trainer, times } of runners) {
        const ms = stepMs(trainer, lesson);
        if (turn >= 0) times.push(ms);
      }
    }
    for (const { name, total, trainer, times } of runners) {
      results.mixers[name] = { total, tokensPerSecond: (1000 * batch * context) / median(times) };
      trainer.dispose();
    }
    save(root, results);
  },
  table: results => {
    const attention = results.mixers.attention?.tokensPerSecond ?? Number.NaN;
    return markdownRows(
      ['tokens are mixed by', 'parameters', 'tokens/s', '× attention'],
      Object.entries(results.mixers).map(([name, { total, tokensPerSecond }]) => [
        name,
        formatInteger(total),
        formatInteger(Math.round(tokensPerSecond)),
        (tokensPerSecond / attention).toFixed(2),
      ]),
      1,
    );
  },
};

const works = { curves, speed, mixers } as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      steps: { type: 'string' },
      batch: { type: 'string' },
      context: { type: 'string' },
      only: { type: 'string' },
      document: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const [what = ''] = positionals;
  const work = Object.entries(works).find(([name]) => name === what)?.[1];
  if (work === undefined) throw new Error(`Expected curves, speed or mixers, got ${what || 'nothing'}.\n\n${help}`);
  const root = join(__dirname, '..', '..');
  const { defaults } = work;
  const options: Options = {
    root,
    steps: Number(values.steps ?? defaults.steps),
    batch: Number(values.batch ?? defaults.batch),
    context: Number(values.context ?? defaults.context),
    only: values.again ? [] : (values.only?.split(',') ?? null),
  };
  const results = earlier(root);
  await useBackend('native');
  await work.run(options, results);
  console.log(work.table(results, options));
  if (!values.document) return;
  const { steps, batch, context } = options;
  const amount = what === 'curves' ? `${steps} steps` : `Median of ${steps} steps`;
  const rate = what === 'curves' ? `, AdamW up to ${peakRate}` : '';
  const settings = `${amount} of ${batch} x ${context} tokens${rate}. ${machineAndDay(root)}`;
  writeBetweenMarks(join(root, 'docs', 'gallery.md'), what, `${settings}\n\n${work.table(results, options)}`);
}

function chosenModels({ root, only }: Options): ModelSpec[] {
  const models = tinyModels(root);
  const unknown = only?.find(name => models.every(spec => spec.name !== name));
  if (unknown !== undefined)
    throw new Error(`Unknown model ${unknown}: expected ${models.map(({ name }) => name).join(', ')}.`);
  return models.filter(({ name }) => only?.includes(name) ?? true);
}

const lessonsOf = ({ root, steps, batch, context }: Options, vocab: number): Promise<LessonBatch[]> =>
  mobyDickLessons({ vocab, steps, batch, context }, { root, cacheDir: join(root, '.bench', 'cache') });

const plainName = (name: string): string =>
  name
    .replace('tiny_', '')
    .replace(/(?<=\d)_(?=\d)/g, '.')
    .replaceAll('_', ' ');

function modelOf(text: string): ModelSpec {
  const { file, problems } = analyze(text);
  const spec = file.models[0]?.spec;
  const error = problems.find(({ severity }) => severity === 'error');
  if (!spec || error !== undefined) throw new Error(`Expected a sound model: ${error?.message}\n${text}`);
  return spec;
}

const resultsFile = (root: string): string => join(root, 'bench', 'results', 'gallery.json');

function earlier(root: string): Results {
  const file = resultsFile(root);
  if (!existsSync(file)) return { curves: {}, speed: {}, mixers: {} };
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}

/** After every model, so that a run that is stopped has not run in vain. */
function save(root: string, results: Results): void {
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  writeFileSync(resultsFile(root), `${JSON.stringify(results)}\n`);
}

void main();
