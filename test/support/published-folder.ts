import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, type SafetensorsSource, writeSafetensors } from '../../src/exchange/safetensors';

const goldens = join(import.meta.dirname, '..', 'fixtures', 'golden');

/**
 * Writes a golden as it would be published: under the names of save_pretrained, experts and convolutions in pieces, in two
 * files with an index. `alter` may change the tensors first.
 */
export async function writePublished(
  family: string,
  folder: string,
  alter: (tensors: SafetensorsSource[]) => SafetensorsSource[] = tensors => tensors,
): Promise<void> {
  const source = join(goldens, family);
  const meta = JSON.parse(await readFile(join(source, 'meta.json'), 'utf8')) as {
    readonly hub_tensors?: Readonly<Record<string, string>>;
  };
  const model = await openSafetensors(join(source, 'model.safetensors'));
  const renamed = Object.entries(meta.hub_tensors ?? {});
  const replaced = new Set(renamed.map(([, place]) => place.split(' ')[0] ?? ''));
  const tensors: SafetensorsSource[] = [];
  for (const [name, { shape }] of model.entries) {
    const data = await model.floats(name);
    if (!replaced.has(name)) tensors.push({ name, shape, dtype: 'F32', read: () => data });
    for (const [published, place] of renamed) {
      if (place.split(' ')[0] !== name) continue;
      const piece = pieceOf(data, shape, place);
      tensors.push({ name: published, shape: piece.shape, dtype: 'F32', read: () => piece.data });
    }
  }
  await model.close();
  const altered = alter(tensors);
  const half = Math.ceil(altered.length / 2);
  const shards = [altered.slice(0, half), altered.slice(half)];
  const map: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const file = `model-0000${index + 1}-of-00002.safetensors`;
    await writeSafetensors(join(folder, file), shard);
    for (const { name } of shard) map[name] = file;
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  writeFileSync(join(folder, 'config.json'), await readFile(join(source, 'config.json')));
}

/** `NAME [expert], first half of dim 1`, `NAME third 2 of dim 0`, or the whole. */
function pieceOf(data: Float32Array, shape: readonly number[], place: string) {
  const expert = /\[(\d+)\]/.exec(place)?.[1];
  const [first = 1, ...rest] = shape;
  const inner =
    expert === undefined
      ? data
      : data.subarray((Number(expert) * data.length) / first, ((Number(expert) + 1) * data.length) / first);
  const innerShape = expert === undefined ? shape : rest;
  const third = /third (\d) of/.exec(place)?.[1];
  const [parts, part] =
    third !== undefined ? [3, Number(third)] : / half of/.test(place) ? [2, place.includes('second') ? 1 : 0] : [1, 0];
  const [rows = 1, ...columns] = innerShape;
  const size = inner.length / parts;
  return { data: inner.slice(part * size, (part + 1) * size), shape: [rows / parts, ...columns] };
}
