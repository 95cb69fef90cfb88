import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelSpec, modelWeights } from '../../architecture/model';
import { type SafetensorsSource, writeSafetensors } from '../safetensors';
import { type JsonObject, printConfigJson } from './config-json';
import { publishedTensors } from './published-spelling';

/** Bytes of one file of weights; larger models are written in several, as transformers does. */
const largestFileBytes = 4e9;

export interface FolderOptions {
  readonly config: JsonObject;
  readonly modelType: string;
  readonly dtype: 'F32' | 'BF16';
  /** A tensor of the model by its path. */
  read(path: string): Float32Array;
  readonly fileBytes?: number;
}

/** Writes config.json and the weights of a model as transformers loads them. The folder must exist. */
export async function writeFolder(folder: string, spec: ModelSpec, options: FolderOptions): Promise<void> {
  const { config, modelType, dtype, read, fileBytes = largestFileBytes } = options;
  const sources = modelWeights(spec).flatMap(entry =>
    publishedTensors(modelType, entry).map(
      ({ name, shape, arrange }): SafetensorsSource => ({ name, shape, dtype, read: () => arrange(read(entry.path)) }),
    ),
  );
  const size = ({ shape }: SafetensorsSource) =>
    shape.reduce((product, each) => product * each, 1) * (dtype === 'F32' ? 4 : 2);
  const files: SafetensorsSource[][] = [[]];
  let bytes = 0;
  for (const source of sources) {
    const isFull = bytes > 0 && bytes + size(source) > fileBytes;
    if (isFull) files.push([]);
    bytes = (isFull ? 0 : bytes) + size(source);
    files.at(-1)?.push(source);
  }
  const map: Record<string, string> = {};
  for (const [index, tensors] of files.entries()) {
    const number = (value: number) => String(value).padStart(5, '0');
    const name =
      files.length === 1 ? 'model.safetensors' : `model-${number(index + 1)}-of-${number(files.length)}.safetensors`;
    await writeSafetensors(join(folder, name), tensors, { format: 'pt' });
    for (const tensor of tensors) map[tensor.name] = name;
  }
  if (files.length > 1) {
    const metadata = { total_size: sources.reduce((sum, source) => sum + size(source), 0) };
    const index = JSON.stringify({ metadata, weight_map: map }, null, 2);
    writeFileSync(join(folder, 'model.safetensors.index.json'), `${index}\n`);
  }
  const numbers = dtype === 'F32' ? 'float32' : 'bfloat16';
  writeFileSync(join(folder, 'config.json'), printConfigJson({ ...config, dtype: numbers, torch_dtype: numbers }));
}
