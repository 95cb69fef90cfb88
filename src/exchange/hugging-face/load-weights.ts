import { elementsOf } from '../../architecture/component';
import { type ModelSpec, type ModelWeight, modelWeights } from '../../architecture/model';
import type { Checkpoint } from './checkpoint';
import { fromPublished, publishedLayout, publishedName } from './dialects';
import { type FoundTensor, findPublished, namesIn, type PublishedSource } from './published-sources';
import { fromRowGroups } from './row-groups';

/** What was found of a model in a checkpoint. */
export interface LoadedWeights {
  /** The model without the prediction modules that the checkpoint lacks. */
  readonly spec: ModelSpec;
  /** By the paths of the model's table. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Names of tensors that the checkpoint lacks, or of the pieces where it has others of them. */
  readonly missing: readonly string[];
  /** Names of the checkpoint that the model has no place for. */
  readonly unexpected: readonly string[];
  /** Tensors of another shape than the model's. */
  readonly wrongShape: readonly string[];
  /** What was left out on purpose. */
  readonly notes: readonly string[];
}

/** Tensors that say nothing: tables that are computed anyway, and second copies that prediction modules hold. */
const expendable =
  /rotary_emb\.inv_freq$|\.masked_bias$|\.attn\.bias$|\.shared_head\.head\.weight$|^model\.layers\.\d+\.embed_tokens\.weight$/;

/** Where the tensors of a model lie in a checkpoint. */
export interface WeightsPlan extends Pick<LoadedWeights, 'missing' | 'unexpected' | 'wrongShape'> {
  /** Reads what was found, by the paths of the model's table. */
  read(): Promise<ReadonlyMap<string, Float32Array>>;
}

/** Reads the weights of a model by the names of transformers or those of published files, into the layout of its table. */
export async function loadWeights(spec: ModelSpec, modelType: string, checkpoint: Checkpoint): Promise<LoadedWeights> {
  const notes: string[] = [];
  const present = withoutAbsentModules(spec, modelType, checkpoint, notes);
  const { read, ...found } = planWeights(present, modelType, checkpoint);
  return { spec: present, weights: await read(), ...found, notes };
}

/** Finds the tensors of a model in a checkpoint, without reading them. */
export function planWeights(spec: ModelSpec, modelType: string, checkpoint: Checkpoint): WeightsPlan {
  const sources: { readonly entry: ModelWeight; readonly source: PublishedSource }[] = [];
  const missing: string[] = [];
  const wrongShape: string[] = [];
  const used = new Set<string>();
  for (const entry of tableOf(spec)) {
    const name = publishedName(modelType, entry.hfName ?? entry.path);
    const { source, missing: lacking } = find(name, entry, checkpoint);
    missing.push(...lacking);
    for (const each of namesIn(source)) used.add(each);
    const problems = shapeProblems(source, entry, modelType, checkpoint);
    wrongShape.push(...problems);
    if (lacking.length + problems.length === 0) sources.push({ entry, source });
  }
  const tiedHead = /(^|\.)lm_head\.weight$/;
  const left = [...checkpoint.entries.keys()].filter(name => !used.has(name));
  const unexpected = left.filter(name => {
    if (expendable.test(name)) return false;
    return !(spec.tied && tiedHead.test(name));
  });
  return {
    missing,
    unexpected,
    wrongShape,
    async read() {
      const weights = new Map<string, Float32Array>();
      for (const { entry, source } of sources)
        weights.set(entry.path, await readEntry(source, entry, modelType, checkpoint));
      return weights;
    },
  };
}

const tableOf = (spec: ModelSpec): readonly ModelWeight[] =>
  modelWeights(spec).filter(({ tiedTo }) => tiedTo === undefined);

const expertsOf = ({ shape }: ModelWeight): number => shape.experts ?? 0;

const find = (name: string, entry: ModelWeight, { entries }: Checkpoint): FoundTensor =>
  findPublished(name, expertsOf(entry), each => entries.has(each));

/** Transformers leaves prediction modules out of its models; a checkpoint without them is whole all the same. */
function withoutAbsentModules(spec: ModelSpec, modelType: string, checkpoint: Checkpoint, notes: string[]): ModelSpec {
  if (spec.mtp === undefined) return spec;
  const modules = tableOf(spec).filter(({ part }) => part === 'mtp');
  const isThere = modules.some(entry => {
    return (
      entry.hfName !== null && find(publishedName(modelType, entry.hfName), entry, checkpoint).missing.length === 0
    );
  });
  if (isThere) return spec;
  notes.push('The checkpoint holds no prediction modules (mtp); the model is loaded without them.');
  const { mtp: _, ...rest } = spec;
  return rest;
}

/** Says which tensors have another shape than the table's, or its pieces; sizes of one do not count. */
function shapeProblems(
  source: PublishedSource,
  entry: ModelWeight,
  modelType: string,
  { entries }: Checkpoint,
): readonly string[] {
  const expected = significant(publishedShape(source, entry, modelType));
  return namesIn(source).flatMap(name => {
    const shape = entries.get(name)?.shape;
    if (shape === undefined || significant(shape).join() === expected.join()) return [];
    return [`${name} is [${shape.join(', ')}], where the model has [${expected.join(', ')}]`];
  });
}

const significant = (shape: readonly number[]): readonly number[] => shape.filter(size => size !== 1);

/** The shape of the tensor of a source, or of each of its pieces. */
function publishedShape(source: PublishedSource, entry: ModelWeight, modelType: string): readonly number[] {
  const shape = Object.values(entry.shape);
  const [first = 1, rows = 1, ...rest] = shape;
  switch (source.kind) {
    case 'whole': {
      const [columns = 1] = rest;
      return publishedLayout(modelType, source.name)?.transposed ? [first, columns, rows] : shape;
    }
    case 'stacked':
      return [rows / (source.experts[0]?.length ?? 1), ...rest];
    case 'joined':
      return [first / source.names.length, rows, ...rest];
  }
}

async function readEntry(
  source: PublishedSource,
  entry: ModelWeight,
  modelType: string,
  checkpoint: Checkpoint,
): Promise<Float32Array> {
  if (source.kind === 'whole') {
    const data = await checkpoint.floats(source.name);
    const layout = publishedLayout(modelType, source.name);
    return layout === null ? fromRowGroups(data, entry) : fromPublished(data, Object.values(entry.shape), layout);
  }
  const joined = new Float32Array(elementsOf(entry));
  let offset = 0;
  for (const name of namesIn(source)) {
    const piece = await checkpoint.floats(name);
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
