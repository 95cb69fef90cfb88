import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isParameter, type ModelSpec, modelWeights } from '../../src/architecture/model';
import { fromPublished, publishedLayout, publishedName } from '../../src/exchange/hugging-face/dialects';
import { fromRowGroups } from '../../src/exchange/hugging-face/row-groups';
import { openSafetensors } from '../../src/exchange/safetensors';

/** What transformers computed for a tiny model, see ../fixtures/golden/README.md. */
export interface Golden {
  readonly batch: number;
  readonly seq: number;
  readonly vocab: number;
  readonly inputs: Int32Array;
  readonly logits: Float32Array;
  readonly loss: number;
  /** Weights by our paths. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Gradients by our paths. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly parameters: number;
  readonly learningRate: number;
  readonly lossesAfterStep: readonly number[];
  /** Our paths of gradients that are rounding noise only. */
  readonly zeroInTheory: ReadonlySet<string>;
  /** Names of its tensors that our table lacks. Must be empty. */
  readonly unknownNames: readonly string[];
}

interface GoldenMeta {
  readonly parameters: number;
  readonly sgd: { readonly learning_rate: number; readonly losses_after_step: readonly number[] };
  readonly gradients: { readonly zero_in_theory: readonly string[]; readonly without_gradient: readonly string[] };
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'golden');

/** Reads the fixtures of a family and gives its tensors the paths of `spec`. */
export async function readGolden(family: string, spec: ModelSpec): Promise<Golden> {
  const meta = JSON.parse(readFileSync(join(folder, family, 'meta.json'), 'utf8')) as GoldenMeta;
  const config = JSON.parse(readFileSync(join(folder, family, 'config.json'), 'utf8')) as {
    readonly model_type: string;
  };
  const table = modelWeights(spec).filter(({ tiedTo }) => tiedTo === undefined);
  const published = new Map(
    table.flatMap(entry =>
      entry.hfName === null ? [] : [[publishedName(config.model_type, entry.hfName), entry] as const],
    ),
  );
  const paths = new Map([...published].map(([name, { path }]) => [name, path]));
  const model = await openSafetensors(join(folder, family, 'model.safetensors'));
  const io = await openSafetensors(join(folder, family, 'io.safetensors'));
  const pathOf = (name: string): string => {
    const path = paths.get(name);
    if (path === undefined) throw new Error(`${family}: no tensor of the spec is called ${name}.`);
    return path;
  };
  const withoutGradient = new Set(meta.gradients.without_gradient);
  const weights = new Map<string, Float32Array>();
  const gradients = new Map<string, Float32Array>();
  for (const name of model.entries.keys()) {
    const entry = published.get(name);
    if (entry === undefined) continue;
    const layout = publishedLayout(config.model_type, name);
    const arranged = (data: Float32Array) =>
      layout === null ? fromRowGroups(data, entry) : fromPublished(data, Object.values(entry.shape), layout);
    weights.set(entry.path, arranged(await model.floats(name)));
    // Buffers, frozen parameters and what the loss never reaches have none.
    const gradient = `grad.${name}`;
    if (io.entries.has(gradient)) gradients.set(entry.path, arranged(await io.floats(gradient)));
    else if (isParameter(entry) && entry.trainable !== false && !withoutGradient.has(name)) {
      throw new Error(`${family}: no gradient of ${name}.`);
    }
  }
  const [batch = 0, seq = 0, vocab = 0] = io.entries.get('logits')?.shape ?? [];
  const golden: Golden = {
    batch,
    seq,
    vocab,
    inputs: Int32Array.from(await io.integers('input_ids')),
    logits: await io.floats('logits'),
    loss: (await io.floats('loss'))[0] ?? Number.NaN,
    weights,
    gradients,
    parameters: meta.parameters,
    learningRate: meta.sgd.learning_rate,
    lossesAfterStep: meta.sgd.losses_after_step,
    zeroInTheory: new Set(meta.gradients.zero_in_theory.map(pathOf)),
    unknownNames: [...model.entries.keys()].filter(name => !paths.has(name)),
  };
  await model.close();
  await io.close();
  return golden;
}
