import type { Instance } from '../../architecture/component';
import type { Branch, ModelSpec } from '../../architecture/model';
import { type ComponentId, type SettingsOf, settingsIf } from '../../architecture/registry';
import type { JsonObject } from './config-json';

/** The first component of this kind in the stack, by its id; `undefined` when there is none. */
export function firstOf<Id extends ComponentId>(spec: ModelSpec, id: Id): SettingsOf<Id> | undefined {
  for (const { branches } of spec.kinds) {
    for (const { body } of branches) {
      const settings = settingsIf(body, id);
      if (settings !== null) return settings;
    }
  }
  return undefined;
}

/** One value per layer of the stack. */
export function perStack<T>(spec: ModelSpec, of: (branches: readonly Branch[]) => T): readonly T[] {
  const values = new Map(spec.kinds.map(kind => [kind.name, of(kind.branches)] as const));
  return spec.stack.flatMap(name => {
    const value = values.get(name);
    return value === undefined ? [] : [value];
  });
}

/** The branch of a kind that this slot fills. */
export const branchOf = (branches: readonly Branch[], kind: Branch['kind']): Branch | undefined =>
  branches.find(branch => branch.kind === kind);

/** What nearly every class says in the same keys. */
export function writeSizes(spec: ModelSpec): JsonObject {
  return {
    vocab_size: spec.vocab,
    hidden_size: spec.hidden,
    num_hidden_layers: spec.stack.length,
    max_position_embeddings: spec.context,
    tie_word_embeddings: spec.tied,
    initializer_range: spec.initStd,
  };
}

/** Epsilon of the norms, which all have the same in these classes. */
export const writeEpsilon = (spec: ModelSpec): JsonObject => ({
  rms_norm_eps: spec.finalNorm.config.epsilon as number,
});

export function writeHeads(spec: ModelSpec): JsonObject {
  const attention = firstOf(spec, 'attention.gqa');
  return attention === undefined
    ? {}
    : {
        num_attention_heads: attention.heads,
        num_key_value_heads: attention.kv_heads,
        head_dim: attention.head_dim,
      };
}

/** What is said of every layer of classes with grouped-query attention. */
export const writeBody = (spec: ModelSpec): JsonObject => ({
  ...writeSizes(spec),
  ...writeEpsilon(spec),
  ...writeHeads(spec),
});

/** Position signals of the attention layers, in the order of the kinds. */
const positionsOf = (spec: ModelSpec): readonly { readonly position: Instance; readonly attention: Instance }[] =>
  spec.kinds.flatMap(({ branches }) => {
    const attention = branchOf(branches, 'attention');
    return attention === undefined ? [] : [{ position: attention.position, attention: attention.body }];
  });

/** The first rotary position of the layers that see everything, or of those with a window. */
export function ropeOf(
  spec: ModelSpec,
  reach: 'any' | 'local' | 'global' = 'any',
): SettingsOf<'position.rope'> | undefined {
  for (const { position, attention } of positionsOf(spec)) {
    const local = typeof attention.config.window === 'number' || typeof attention.config.chunk === 'number';
    const rope = settingsIf(position, 'position.rope');
    if (rope !== null && (reach === 'any' || local === (reach === 'local'))) return rope;
  }
  return undefined;
}

/** The base and the scaling in the spelling that every transformers reads. */
export function writeRope(rope: SettingsOf<'position.rope'> | undefined): JsonObject {
  if (rope === undefined) return {};
  const scaling = scalingEntry(rope.scaling);
  return { rope_theta: rope.theta, rope_scaling: scaling === null ? null : scaling };
}

/** An entry of `rope_parameters` of transformers 5. */
export const ropeParameters = (rope: SettingsOf<'position.rope'>): JsonObject => ({
  rope_theta: rope.theta,
  ...(scalingEntry(rope.scaling) ?? { rope_type: 'default' }),
});

function scalingEntry(scaling: Instance): JsonObject | null {
  const linear = settingsIf(scaling, 'scaling.linear');
  if (linear !== null) return { rope_type: 'linear', factor: linear.factor };
  const llama3 = settingsIf(scaling, 'scaling.llama3');
  if (llama3 !== null) {
    return {
      rope_type: 'llama3',
      factor: llama3.factor,
      low_freq_factor: llama3.low,
      high_freq_factor: llama3.high,
      original_max_position_embeddings: llama3.original,
    };
  }
  const yarn = settingsIf(scaling, 'scaling.yarn');
  if (yarn === null) return null;
  return {
    rope_type: 'yarn',
    factor: yarn.factor,
    original_max_position_embeddings: yarn.original,
    beta_fast: yarn.beta_fast,
    beta_slow: yarn.beta_slow,
    ...(yarn.attention_factor === null ? {} : { attention_factor: yarn.attention_factor }),
    ...(yarn.mscale === null ? {} : { mscale: yarn.mscale }),
    ...(yarn.mscale_all_dim === null ? {} : { mscale_all_dim: yarn.mscale_all_dim }),
    ...(yarn.truncate ? {} : { truncate: false }),
  };
}

/** Width, bias and activation of the first dense feed-forward layer. */
export function denseOf(
  spec: ModelSpec,
): { readonly width: number; readonly bias: boolean; readonly activation: string } | undefined {
  const swiglu = firstOf(spec, 'ffn.swiglu');
  if (swiglu !== undefined) return { ...swiglu, activation: 'silu' };
  const geglu = firstOf(spec, 'ffn.geglu');
  if (geglu === undefined) return undefined;
  return { ...geglu, activation: geglu.approximation === 'tanh' ? 'gelu_pytorch_tanh' : 'gelu' };
}

export function writeDense(spec: ModelSpec, activationKey = 'hidden_act'): JsonObject {
  const dense = denseOf(spec);
  return dense === undefined ? {} : { intermediate_size: dense.width, [activationKey]: dense.activation };
}

/** Whether each layer is a mixture of experts. */
export const writeSparse = (spec: ModelSpec): readonly boolean[] =>
  perStack(spec, branches => branchOf(branches, 'ffn')?.body.id === 'ffn.moe');

/** How many layers come before the first mixture. */
export function denseBefore(spec: ModelSpec): number {
  const sparse = writeSparse(spec);
  return sparse.includes(true) ? sparse.indexOf(true) : sparse.length;
}

/** The window of the first attention that has one. */
export function windowOf(spec: ModelSpec): number | null {
  for (const { attention } of positionsOf(spec)) {
    const { window } = attention.config;
    if (typeof window === 'number') return window;
  }
  return null;
}

/** `sliding_attention` or `full_attention`, per layer. */
export const writeLayerTypes = (spec: ModelSpec): readonly string[] =>
  perStack(spec, branches => {
    const window = branchOf(branches, 'attention')?.body.config.window;
    return typeof window === 'number' ? 'sliding_attention' : 'full_attention';
  });

/** `linear_attention` for recurrent layers, `full_attention` for the others, per layer. */
export const writeMixing = (spec: ModelSpec): readonly string[] =>
  perStack(spec, branches => (branchOf(branches, 'mixer') === undefined ? 'full_attention' : 'linear_attention'));
