import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type ModelSpec, modelWeights } from '../../architecture/model';
import { openCheckpoint } from '../hugging-face/checkpoint';
import { planWeights, type WeightsPlan } from '../hugging-face/load-weights';
import { openSafetensors } from '../safetensors';
import type { Start } from './find-start';

/** The weights of a start, found but not read. Close it. */
export interface StartWeights {
  /** What does not fit, one tensor each, by the names of the files. */
  readonly problems: readonly string[];
  /** Reads every tensor of the model, by the paths of its table. Only without problems. */
  read(): Promise<ReadonlyMap<string, Float32Array>>;
  close(): Promise<void>;
}

/** Opens the files of a start and looks for every tensor of a model in them. Throws errors for people when a file is damaged. */
export async function openStartWeights(start: Start, model: ModelSpec): Promise<StartWeights> {
  // What the model leaves out on purpose.
  const isLeftOut = (name: string) =>
    model.mtp === undefined && start.spec.mtp !== undefined && isOfModule(name, model.stack.length);
  if (start.modelType !== null) {
    const checkpoint = await openCheckpoint(start.folder);
    const plan = planWeights(model, start.modelType, checkpoint);
    return {
      problems: problemsOf({ ...plan, unexpected: plan.unexpected.filter(name => !isLeftOut(name)) }),
      read: plan.read,
      close: checkpoint.close,
    };
  }
  const [path = ''] = start.files;
  const file = await openSafetensors(path);
  const table = modelWeights(model).filter(({ tiedTo }) => tiedTo === undefined);
  const known = new Map(table.map(entry => [entry.path, Object.values(entry.shape)] as const));
  const missing = [...known.keys()].filter(name => !file.entries.has(name));
  const unexpected = [...file.entries.keys()].filter(name => !known.has(name) && !isLeftOut(name));
  const wrongShape = [...file.entries].flatMap(([name, { shape }]) => {
    const expected = known.get(name);
    if (expected === undefined || expected.join() === shape.join()) return [];
    return [`${name} is [${shape.join(', ')}], where the model has [${expected.join(', ')}]`];
  });
  return {
    problems: problemsOf({ missing, unexpected, wrongShape }),
    async read() {
      const weights = new Map<string, Float32Array>();
      for (const name of known.keys()) weights.set(name, await file.floats(name));
      return weights;
    },
    close: file.close,
  };
}

/** Tensors of prediction modules: published files number them on behind the layers, ours call them by their name. */
const isOfModule = (name: string, layers: number): boolean =>
  name.startsWith('mtp.') || Number(/(?:^|\.)layers\.(\d+)\./.exec(name)?.[1] ?? 0) >= layers;

const problemsOf = ({
  missing,
  unexpected,
  wrongShape,
}: Pick<WeightsPlan, 'missing' | 'unexpected' | 'wrongShape'>) => [
  ...missing.map(name => `${name} is missing`),
  ...wrongShape,
  ...unexpected.map(name => `${name} has no place in the model`),
];

/** SHA-256 over the files of a start. */
export async function hashOfStart({ files }: Start): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
