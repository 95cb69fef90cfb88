import type { BranchKind, Instance } from '../../architecture/component';
import { type Maker, makeInstance, type WrittenSettings } from '../../architecture/make-instance';
import type { LayerDraft } from '../layer-draft';
import type { ConfigReader } from './config-reader';
import type { Sizes } from './family';

/** What nearly every class says in the same keys. */

/** Sizes of the model, and a maker of components inside it. */
export function readSizes(
  config: ConfigReader,
  keys: { readonly context?: string | number; readonly layers?: string | number } = {},
): { readonly sizes: Sizes; readonly make: Maker } {
  const { context = 'max_position_embeddings', layers = 'num_hidden_layers' } = keys;
  const sizes: Sizes = {
    vocab: config.whole('vocab_size'),
    context: typeof context === 'number' ? context : config.whole(context),
    hidden: config.whole('hidden_size'),
    layers: typeof layers === 'number' ? layers : config.whole(layers),
    tied: config.flag('tie_word_embeddings'),
    initStd: config.real('initializer_range'),
  };
  if (sizes.layers > mostLayers)
    config.fail(`A model has at most ${mostLayers} layers here, and this one has ${sizes.layers}.`);
  const { vocab, hidden } = sizes;
  const around = { vocab, context: sizes.context, hidden, layers: sizes.layers };
  return { sizes, make: (id, written = {}) => makeInstance(id, written, around) };
}

/** More layers than this are a slip of the finger. */
const mostLayers = 4096;

/** One entry per layer. */
export const perLayer = <T>({ layers }: Sizes, of: (index: number) => T): readonly T[] =>
  Array.from({ length: Math.min(layers, mostLayers) }, (_, index) => of(index));

/** Modules that predict further ahead, all with this layer. */
export const readAhead = (
  config: ConfigReader,
  layer: LayerDraft,
  key = 'num_nextn_predict_layers',
): readonly LayerDraft[] => Array.from({ length: Math.min(config.whole(key, 0), mostLayers) }, () => layer);

/** A residual branch. */
export const branch = (kind: BranchKind, body: Instance) => ({ kind, body });

/** Numbers of heads and their size: `num_key_value_heads` defaults to all, `head_dim` to an equal share of `hidden_size`. */
export function readHeads(
  config: ConfigReader,
  { hidden }: Sizes,
): { readonly heads: number; readonly kv_heads: number; readonly head_dim: number } {
  const heads = config.whole('num_attention_heads');
  const kvHeads = config.optionalWhole('num_key_value_heads') ?? heads;
  const headDim = config.optionalWhole('head_dim') ?? Math.max(1, Math.floor(hidden / heads));
  if (heads % kvHeads !== 0)
    config.fail(`\`num_key_value_heads\` (${kvHeads}) does not divide \`num_attention_heads\` (${heads}).`);
  return { heads, kv_heads: kvHeads, head_dim: headDim };
}

/** Words of transformers for GELU by its tanh approximation. */
const tanhGelus = ['gelu_pytorch_tanh', 'gelu_new', 'gelu_fast'] as const;

/** An activation of layers without a gate, by its word in transformers. */
export function readPlainActivation(
  config: ConfigReader,
  key: string,
): 'relu2' | 'relu' | 'silu' | 'gelu' | 'gelu_tanh' {
  const word = config.choice(key, ['relu2', 'relu', 'silu', 'gelu', ...tanhGelus]);
  return tanhGelus.some(tanh => tanh === word) ? 'gelu_tanh' : (word as 'relu2' | 'relu' | 'silu' | 'gelu');
}

/** A gated feed-forward layer of this width, by its activation. */
export function readGatedFfn(
  config: ConfigReader,
  make: Maker,
  written: { readonly width: number; readonly bias?: boolean },
  key = 'hidden_act',
): Instance {
  const activation = config.choice(key, ['silu', 'swish', 'gelu', ...tanhGelus]);
  if (activation === 'silu' || activation === 'swish') return make('ffn.swiglu', written);
  return make('ffn.geglu', { ...written, approximation: activation === 'gelu' ? 'none' : 'tanh' });
}

/** A part of a layer: the same in all of them, or by type and place of the layer. */
type Part = Instance | ((type: WindowedType, index: number) => Instance);
type WindowedType = 'full_attention' | 'sliding_attention';

/** Layers that are alike but for a window in those of type `sliding_attention`. */
export function windowedLayers(
  make: Maker,
  types: readonly WindowedType[],
  parts: {
    readonly norm: Instance;
    readonly position: Part;
    readonly attention: WrittenSettings<'attention.gqa'>;
    readonly window: number | null;
    readonly ffn: Part;
  },
): readonly LayerDraft[] {
  const { norm, position, attention, window, ffn } = parts;
  const seeing = (reach: number | null) => branch('attention', make('attention.gqa', { ...attention, window: reach }));
  const byType = { full_attention: seeing(null), sliding_attention: seeing(window) };
  return types.map((type, index) => {
    const of = (part: Part) => (typeof part === 'function' ? part(type, index) : part);
    return { norm, position: of(position), branches: [byType[type], branch('ffn', of(ffn))] };
  });
}

/** Types of layers, one per layer: as listed, or by the rule of the class. Unknown words are errors. */
export function readLayerTypes<const Word extends string>(
  config: ConfigReader,
  sizes: Sizes,
  words: readonly Word[],
  rule: (index: number) => Word,
  key = 'layer_types',
): readonly Word[] {
  const listed = config.words(key);
  if (listed === null) return perLayer(sizes, rule);
  if (listed.length !== sizes.layers)
    config.fail(`\`${key}\` names ${listed.length} layers, and the model has ${sizes.layers}.`);
  const unknown = listed.filter(word => !words.some(known => known === word));
  if (unknown.length > 0) {
    config.fail(
      `\`${key}\` says "${unknown[0]}", which means nothing here. It knows ${words.map(word => `"${word}"`).join(', ')}.`,
    );
  }
  return perLayer(sizes, index => words.find(word => word === listed[index]) ?? rule(index));
}
