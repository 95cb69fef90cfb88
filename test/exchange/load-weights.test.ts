import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/exchange/hugging-face/checkpoint';
import { exportConfig } from '../../src/exchange/hugging-face/export-config';
import { importConfig, knownModelTypes } from '../../src/exchange/hugging-face/import-config';
import { loadWeights } from '../../src/exchange/hugging-face/load-weights';
import { writeFolder } from '../../src/exchange/hugging-face/write-folder';
import { writePublished } from '../support/published-folder';
import { tempFolder } from '../support/temp-folder';

const folder = join(import.meta.dirname, '..', 'fixtures', 'golden');
const typeOf = (family: string): string =>
  JSON.parse(readFileSync(join(folder, family, 'config.json'), 'utf8')).model_type;
const families = readdirSync(folder).filter(
  family => existsSync(join(folder, family, 'config.json')) && knownModelTypes().includes(typeOf(family)),
);

async function load(path: string) {
  const { value } = importConfig(readFileSync(join(path, 'config.json'), 'utf8'));
  if (value === null) throw new Error('Expected a model.');
  const checkpoint = await openCheckpoint(path);
  try {
    return await loadWeights(value.spec, value.modelType, checkpoint);
  } finally {
    await checkpoint.close();
  }
}

const whole = { missing: [], unexpected: [], wrongShape: [] };

describe.each(families)('%s', family => {
  test('is loaded whole by the names in memory, and the same by published names from several files', async () => {
    const plain = await load(join(folder, family));
    expect(plain).toMatchObject(whole);
    const published = tempFolder();
    await writePublished(family, published);
    const loaded = await load(published);
    expect(loaded).toMatchObject(whole);
    expect(loaded.weights).toEqual(plain.weights);
  });

  test('is written under the names that save_pretrained gives, and read back the same', async () => {
    const plain = await load(join(folder, family));
    const [written, published] = [tempFolder(), tempFolder()];
    await writePublished(family, published);
    const { value } = exportConfig(plain.spec, typeOf(family));
    if (value === null) throw new Error('Expected a config.');
    const read = (path: string) => plain.weights.get(path) ?? new Float32Array();
    await writeFolder(written, plain.spec, { ...value, dtype: 'F32', read, fileBytes: 100_000 });
    const [ours, theirs] = [await openCheckpoint(written), await openCheckpoint(published)];
    const shapes = ({ entries }: typeof ours) =>
      Object.fromEntries([...entries].map(([name, { shape }]) => [name, shape]));
    expect(shapes(ours)).toEqual(shapes(theirs));
    for (const name of theirs.entries.keys()) expect(await ours.floats(name)).toEqual(await theirs.floats(name));
    await ours.close();
    await theirs.close();
    expect((await load(written)).weights).toEqual(plain.weights);
  });
});

test('what is missing, what has no place and what has another shape is named', async () => {
  const path = tempFolder();
  const piece = 'model.layers.0.mlp.experts.1.down_proj.weight';
  await writePublished('qwen3_moe', path, tensors =>
    tensors.flatMap(tensor => {
      if (tensor.name.endsWith('layers.1.mlp.experts.3.up_proj.weight')) return [];
      if (tensor.name === 'model.norm.weight') return [{ ...tensor, shape: [24, 2] }];
      if (tensor.name === piece) return [{ ...tensor, shape: [...tensor.shape].reverse() }];
      return tensor.name === 'lm_head.weight' ? [tensor, { ...tensor, name: 'extra.weight' }] : [tensor];
    }),
  );
  const { missing, unexpected, wrongShape } = await load(path);
  expect(missing).toEqual(['model.layers.1.mlp.experts.3.up_proj.weight']);
  expect(unexpected).toEqual(['extra.weight']);
  expect([...wrongShape].sort()).toEqual([
    `${piece} is [20, 48], where the model has [48, 20]`,
    'model.norm.weight is [24, 2], where the model has [48]',
  ]);
});

test('a folder without weights, and an index that names files elsewhere or missing ones, are refused', async () => {
  await expect(openCheckpoint(tempFolder())).rejects.toThrow('There is no model.safetensors');
  const path = tempFolder();
  for (const [name, message] of [
    ['../other.safetensors', 'no file of its folder'],
    ['model-1.safetensors', 'is missing'],
  ] as const) {
    writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { weight: name } }));
    await expect(openCheckpoint(path)).rejects.toThrow(message);
  }
});
