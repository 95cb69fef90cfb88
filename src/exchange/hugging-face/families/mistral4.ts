import type { Instance } from '../../../architecture/component';
import type { Maker } from '../../../architecture/make-instance';
import { settingsIf } from '../../../architecture/registry';
import type { ConfigReader } from '../config-reader';
import type { Family } from '../family';
import { readLatentSizes, writeLatentAttention } from '../latent-attention';
import { readRoutedExperts, writeRoutedExperts } from '../mixtures';
import { branch, perLayer, readGatedFfn, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, ropeParameters, writeEpsilon, writeSizes } from '../write-common';

/** Mistral Large 3 and Mistral 4: the attention of DeepSeek V3, queries that grow with the position, experts chosen by a softmax. */
export const mistral4: Family = {
  types: ['mistral4', 'mistral_large3'],
  className: 'Mistral4ForCausalLM',
  auto: false,
  defaults: {
    vocab_size: 131072,
    hidden_size: 4096,
    intermediate_size: 12288,
    moe_intermediate_size: 2048,
    num_hidden_layers: 36,
    num_attention_heads: 32,
    n_shared_experts: 1,
    n_routed_experts: 128,
    routed_scaling_factor: 1,
    kv_lora_rank: 256,
    q_lora_rank: 1024,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    qk_nope_head_dim: 64,
    n_group: 1,
    topk_group: 1,
    num_experts_per_tok: 4,
    first_k_dense_replace: 0,
    norm_topk_prob: true,
    hidden_act: 'silu',
    max_position_embeddings: 1048576,
    initializer_range: 0.02,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    rope_interleave: true,
    attention_bias: false,
    scoring_func: 'softmax',
    moe_layer_freq: 1,
    num_nextn_predict_layers: 0,
    rope_parameters: {
      type: 'yarn',
      rope_theta: 10000,
      factor: 128,
      original_max_position_embeddings: 8192,
      beta_fast: 32,
      beta_slow: 1,
      mscale_all_dim: 1,
      mscale: 1,
      llama_4_scaling_beta: 0.1,
    },
  },
  aliases: { n_routed_experts: ['num_local_experts'] },
  idle: ['head_dim', 'qk_head_dim', 'num_key_value_heads', 'topk_method'],
  read: config => {
    const { sizes, make } = readSizes(config);
    config.choice('scoring_func', ['softmax']);
    for (const key of ['n_group', 'topk_group', 'moe_layer_freq']) {
      if (config.whole(key) !== 1) config.fail(`\`${key}\` above 1 is not known here for this class.`);
    }
    if (config.whole('num_nextn_predict_layers', 0) > 0) {
      config.warn(
        '`num_nextn_predict_layers`: this class has no modules that predict further ahead; they are left out.',
      );
    }
    if (config.flag('attention_bias')) config.fail('`attention_bias`: there is no latent attention with biases here.');
    const { position, temperature, floor } = readPosition(config, make);
    const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
    const attention = branch(
      'attention',
      make('attention.mla', {
        ...readLatentSizes(config),
        temperature,
        ...(floor === null ? {} : { temperature_floor: floor }),
      }),
    );
    const dense = branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') }));
    const sparse = branch(
      'ffn',
      readRoutedExperts(
        config,
        make,
        make('router.softmax', {
          renormalize: config.flag('norm_topk_prob'),
          scale: config.real('routed_scaling_factor'),
        }),
      ),
    );
    const firstSparse = config.whole('first_k_dense_replace', 0);
    return {
      sizes,
      make,
      layers: perLayer(sizes, index => ({
        norm,
        position,
        branches: [attention, index < firstSparse ? dense : sparse],
      })),
    };
  },
  write: spec => {
    const moe = firstOf(spec, 'ffn.moe');
    const attention = firstOf(spec, 'attention.mla');
    const rope = ropeOf(spec);
    const { renormalize, scale } = moe?.router.config ?? {};
    return {
      ...writeSizes(spec),
      ...writeEpsilon(spec),
      ...writeLatentAttention(spec),
      rope_interleave: rope?.interleaved,
      ...(rope === undefined
        ? {}
        : {
            rope_parameters: {
              ...ropeParameters(rope),
              ...(attention?.temperature == null ? {} : { llama_4_scaling_beta: attention.temperature }),
            },
          }),
      ...writeRoutedExperts(spec),
      norm_topk_prob: renormalize === true,
      routed_scaling_factor: typeof scale === 'number' ? scale : 1,
    };
  },
};

/** Positions and the temperature of queries: in the keys of transformers, or in those of Mistral's own params.json. */
function readPosition(
  config: ConfigReader,
  make: Maker,
): { readonly position: Instance; readonly temperature: number | null; readonly floor: number | null } {
  const parameters = config.inner('rope_scaling') ?? config.inner('rope_parameters');
  // The share of rotated dimensions follows from their numbers.
  parameters?.ignore(['partial_rotary_factor', 'max_position_embeddings']);
  const own = config.inner('llama_4_scaling');
  const temperature = own?.optionalReal('beta') ?? parameters?.optionalReal('llama_4_scaling_beta') ?? null;
  const floor =
    own?.optionalWhole('original_max_position_embeddings') ??
    parameters?.optionalWhole('original_max_position_embeddings') ??
    null;
  const position = readRope(config, make, { interleaved: config.flag('rope_interleave'), fractionFollows: true });
  const yarn = settingsIf(position.config.scaling as Instance, 'scaling.yarn');
  if (yarn === null || parameters === null) return { position, temperature, floor };
  const isScaled = !parameters.has('apply_scale') || parameters.flag('apply_scale');
  const scaling = make('scaling.yarn', {
    ...yarn,
    beta_fast: parameters.optionalReal('beta') ?? yarn.beta_fast,
    beta_slow: parameters.optionalReal('alpha') ?? yarn.beta_slow,
    attention_factor: isScaled ? yarn.attention_factor : 1,
  });
  const { theta, fraction, interleaved } = position.config;
  return {
    position: make('position.rope', {
      theta: theta as number,
      fraction: fraction as number,
      interleaved: interleaved as boolean,
      scaling,
    }),
    temperature,
    floor,
  };
}
