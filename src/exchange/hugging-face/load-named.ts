import { type ModelSpec, modelWeights } from '../../architecture/model';
import type { SafetensorsFile } from '../safetensors';
import { fromPublished, publishedLayout, publishedName } from './dialects';
import { fromRowGroups } from './row-groups';

/** Tensors by the paths of a model's table, with what they were called in the file. */
export type NamedTensors = ReadonlyMap<string, { readonly name: string; readonly data: Float32Array }>;

/** Reads what a file holds per tensor of a model (`grad.NAME`), in the layout of its table. */
export async function loadNamed(
  spec: ModelSpec,
  modelType: string,
  file: SafetensorsFile,
  prefix: string,
): Promise<NamedTensors> {
  const found = new Map<string, { readonly name: string; readonly data: Float32Array }>();
  for (const entry of modelWeights(spec)) {
    if (entry.tiedTo !== undefined || entry.hfName === null) continue;
    const name = publishedName(modelType, entry.hfName);
    if (!file.entries.has(`${prefix}${name}`)) continue;
    const data = await file.floats(`${prefix}${name}`);
    const layout = publishedLayout(modelType, name);
    const shape = Object.values(entry.shape);
    found.set(entry.path, {
      name,
      data: layout === null ? fromRowGroups(data, entry) : fromPublished(data, shape, layout),
    });
  }
  return found;
}
