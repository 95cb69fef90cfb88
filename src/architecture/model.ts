import {
  type Ambient,
  type BranchKind,
  elementsOf,
  type Instance,
  type NormSite,
  type NormStyle,
  type PlacedWeight,
  type Placement,
  type Weight,
  weight,
} from './component';
import { componentOf, type IdOf } from './registry';

/** A resolved model: plain, readonly, JSON safe. Everything that counts, trains or exports starts here. */
export interface ModelSpec {
  readonly name: string;
  readonly vocab: number;
  readonly context: number;
  readonly hidden: number;
  readonly tied: boolean;
  readonly initStd: number;
  readonly embedding: Instance;
  /** Position signal of the model block; only `learned` has tensors. */
  readonly position: Instance;
  /** The different layers, by name, in the order in which they first occur. */
  readonly kinds: readonly LayerSpec[];
  /** The stack: one entry per layer, the name of its kind. */
  readonly stack: readonly string[];
  readonly finalNorm: Instance;
  readonly head: Instance;
  /**
   * The layers of the multi-token prediction modules, one each: module k predicts the token k + 1 places further than the head
   * does, in training only. Left out: there are none.
   */
  readonly mtp?: readonly LayerSpec[];
}

export interface LayerSpec {
  readonly name: string;
  /** All branches read the same input. */
  readonly parallel: boolean;
  /** Residual branches in order. */
  readonly branches: readonly Branch[];
}

/** One residual branch: x + after(body(before(x))). */
export interface Branch {
  readonly kind: BranchKind;
  readonly body: Instance;
  /** The norm around the branch. */
  readonly norm: Instance;
  /** Position signal of the body; only attention uses it. */
  readonly position: Instance;
}

/** Where text comes from. */
export interface DataSpec {
  readonly source: string | null;
  readonly textField: string;
  /** Share kept for validation. */
  readonly holdout: number;
  readonly tokenizer: Instance<IdOf<'tokenizer'>>;
}

/** A training run, lengths resolved to steps. */
export interface TrainSpec {
  /** Where the first weights come from, as written; null or left out: they are drawn from the seed. */
  readonly start?: string | null;
  readonly batch: number;
  readonly accumulate: number;
  /** Optimizer steps of the whole run. */
  readonly steps: number;
  readonly clip: number | null;
  readonly precision: 'fp32' | 'bf16';
  readonly seed: number;
  /** Weight of the loss of the prediction modules; left out: 0.3. */
  readonly mtpWeight?: number;
  /** Share of an average of the weights that stays at each step; null or left out: none is kept. */
  readonly ema?: number | null;
  readonly evalEvery: number;
  readonly evalTokens: number;
  readonly patience: number | null;
  readonly sampleEvery: number;
  readonly sampleTokens: number;
  readonly temperature: number;
  readonly prompts: readonly string[];
  readonly checkpointEvery: number;
  readonly keep: number;
  readonly optimizer: Instance<IdOf<'optimizer'>>;
  readonly schedule: Instance<IdOf<'schedule'>>;
}

/** All that a run needs to know. */
export interface ExperimentSpec {
  readonly model: ModelSpec;
  readonly data: DataSpec;
  readonly train: TrainSpec;
}

/** A tensor of a whole model. */
export interface ModelWeight extends PlacedWeight {
  /** Unique path and checkpoint key: `layers.3.attention.query`, `embedding.table`. */
  readonly path: string;
  /** Index in the stack; `null` outside the layers. */
  readonly layer: number | null;
  /** Full name in Hugging Face checkpoints. */
  readonly hfName: string | null;
  /** Full name in GGUF files. */
  readonly ggufName: string | null;
}

/** Tokens per optimizer step. */
export const tokensPerStep = ({ model, train }: ExperimentSpec): number =>
  train.batch * train.accumulate * model.context;

/** The kind of layer `index` of the stack. */
export function layerAt(model: ModelSpec, index: number): LayerSpec {
  const name = model.stack[index];
  const kind = model.kinds.find(candidate => candidate.name === name);
  if (kind === undefined) throw new Error(`Expected a layer below ${model.stack.length}, got ${index} (${name}).`);
  return kind;
}

/** Placement of a branch's norm. */
export const placementOf = (branch: Branch): Placement => branch.norm.config.place as Placement;

/** What components of `model` see around them. */
export function ambientOf(
  model: ModelSpec,
  norm: Instance = model.finalNorm,
  site: Ambient['site'] = { of: 'final' },
): Ambient {
  const { vocab, context, hidden, tied, initStd, stack } = model;
  return { vocab, context, hidden, tied, initStd, layers: stack.length, norm: normStyleOf(norm), site };
}

const normStyleOf = (norm: Instance): NormStyle => ({
  epsilon: norm.config.epsilon as number,
  unitOffset: norm.config.unit_offset as boolean,
});

/** The tensors of one layer, with paths below `layers.N.`. */
export function layerWeights(
  model: ModelSpec,
  layer: LayerSpec,
): readonly (PlacedWeight & { readonly path: string })[] {
  return layer.branches.flatMap(branch => {
    const place = placementOf(branch);
    const normAt = (when: 'before' | 'after') =>
      componentOf(branch.norm)
        .weights(branch.norm.config, ambientOf(model, branch.norm, { of: branch.kind, when, place }))
        .map(tensor => ({ ...tensor, part: 'norm', path: `${branch.kind}_norm_${when}.${tensor.name}` }));
    const body = componentOf(branch.body)
      .weights(branch.body.config, ambientOf(model, branch.norm))
      .map(tensor => ({ ...tensor, part: branch.kind, path: `${branch.kind}.${tensor.name}` }));
    return [...(place === 'post' ? [] : normAt('before')), ...body, ...(place === 'pre' ? [] : normAt('after'))];
  });
}

/** The tensors before the layers and those behind them. */
export function outsideWeights(model: ModelSpec): {
  readonly before: readonly ModelWeight[];
  readonly behind: readonly ModelWeight[];
} {
  const ambient = ambientOf(model);
  const outside = (part: string, instance: Instance): ModelWeight[] =>
    componentOf(instance)
      .weights(instance.config, ambient)
      .map(tensor => ({
        ...tensor,
        part,
        layer: null,
        path: `${part}.${tensor.name}`,
        hfName: tensor.hf,
        ggufName: tensor.gguf,
      }));
  return {
    before: [...outside('embedding', model.embedding), ...outside('position', model.position)],
    behind: [...outside('final_norm', model.finalNorm), ...outside('head', model.head)],
  };
}

/**
 * The tensors of the prediction modules: norms on the next token's embedding and on the state, the projection of both to one
 * vector, a whole layer, and the norm before the head, which is the model's, as the embedding is. DeepSeek-AI 2024, "DeepSeek-V3".
 */
export function mtpWeights(model: ModelSpec): readonly ModelWeight[] {
  const { hidden, initStd, stack, finalNorm } = model;
  const normAt = (on: (NormSite & { of: 'mtp' })['on']) =>
    componentOf(finalNorm)
      .weights(finalNorm.config, ambientOf(model, finalNorm, { of: 'mtp', on }))
      .map(tensor => ({ ...tensor, path: `${on}_norm.${tensor.name}` }));
  const projection = weight('projection', {
    // Columns: the embedding, then the state.
    shape: { hidden, both: 2 * hidden },
    init: { kind: 'normal', std: initStd },
    role: 'matmul',
    hf: 'eh_proj.weight',
    gguf: 'nextn.eh_proj.weight',
  });
  return (model.mtp ?? []).flatMap((layer, module) =>
    [
      ...normAt('token'),
      ...normAt('state'),
      { ...projection, path: projection.name },
      ...layerWeights(model, layer),
      ...normAt('output'),
    ].map(tensor => ({
      ...tensor,
      part: 'mtp',
      layer: null,
      path: `mtp.${module}.${tensor.path}`,
      // Published checkpoints number the modules on behind the layers.
      hfName: tensor.hf === null ? null : `model.layers.${stack.length + module}.${tensor.hf}`,
      ggufName: tensor.gguf === null ? null : `blk.${stack.length + module}.${tensor.gguf}`,
    })),
  );
}

/** Every tensor of a model, in forward order, prediction modules last. Tied tensors are listed with `tiedTo`. */
export function modelWeights(model: ModelSpec): readonly ModelWeight[] {
  const { before, behind } = outsideWeights(model);
  const kinds = new Map(model.kinds.map(kind => [kind.name, layerWeights(model, kind)]));
  const layers = model.stack.flatMap((name, layer) =>
    (kinds.get(name) ?? []).map(tensor => ({
      ...tensor,
      layer,
      path: `layers.${layer}.${tensor.path}`,
      hfName: tensor.hf === null ? null : `model.layers.${layer}.${tensor.hf}`,
      ggufName: tensor.gguf === null ? null : `blk.${layer}.${tensor.gguf}`,
    })),
  );
  return [...before, ...layers, ...behind, ...mtpWeights(model)];
}

/** Distinct trainable elements of a list of tensors. */
export const countParameters = (tensors: readonly Weight[]): number =>
  tensors.reduce((sum, tensor) => sum + (isParameter(tensor) ? elementsOf(tensor) : 0), 0);

/** True for tensors that count: not a second name, not a buffer. */
export const isParameter = (tensor: Weight): boolean => tensor.tiedTo === undefined && tensor.role !== 'buffer';
