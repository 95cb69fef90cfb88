import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, type SafetensorsEntry, type SafetensorsFile } from '../safetensors';
import { isObject, parseConfigJson } from './config-json';

/** The weights of a folder of Hugging Face, in one file or several. Close it. */
export interface Checkpoint {
  /** Every tensor by name. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  floats(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

const indexFile = 'model.safetensors.index.json';

/** Opens `model.safetensors`, or the files that `model.safetensors.index.json` names. Throws an error for people when there are none. */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const files: SafetensorsFile[] = [];
  const close = async () => {
    for (const file of files) await file.close();
  };
  try {
    for (const name of weightFiles(folder)) files.push(await openSafetensors(join(folder, name)));
  } catch (error) {
    await close();
    throw error;
  }
  const owners = new Map(files.flatMap(file => [...file.entries.keys()].map(name => [name, file] as const)));
  return {
    entries: new Map(files.flatMap(file => [...file.entries])),
    floats: async name => {
      const owner = owners.get(name);
      if (owner === undefined) throw new Error(`Expected a tensor of the checkpoint, got '${name}'.`);
      return owner.floats(name);
    },
    close,
  };
}

/** The names of the files with the weights of a folder. Throws an error for people when there are none. */
export function weightFiles(folder: string): readonly string[] {
  const index = join(folder, indexFile);
  if (existsSync(index)) {
    const parsed = parseConfigJson(readFileSync(index, 'utf8'));
    const map = 'value' in parsed && isObject(parsed.value) ? parsed.value.weight_map : undefined;
    if (!isObject(map)) throw new CheckpointError(`${index} has no weight_map. Copy or download it again.`);
    const names = [...new Set(Object.values(map))];
    for (const name of names) {
      // An index that names files elsewhere is no index.
      if (typeof name !== 'string' || /[\\/]/.test(name))
        throw new CheckpointError(`${index} names ${JSON.stringify(name)}, which is no file of its folder.`);
      if (!existsSync(join(folder, name)))
        throw new CheckpointError(`${name} is missing in ${folder}, though ${indexFile} names it.`);
    }
    return names.filter(name => typeof name === 'string').sort();
  }
  if (existsSync(join(folder, 'model.safetensors'))) return ['model.safetensors'];
  const shards = readdirSync(folder).filter(name => /^model-\d+-of-\d+\.safetensors$/.test(name));
  if (shards.length > 0) return shards.sort();
  throw new CheckpointError(`There is no model.safetensors in ${folder}, and no ${indexFile}.`);
}

/** A folder that holds no weights as they should be; the message is for people. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}
