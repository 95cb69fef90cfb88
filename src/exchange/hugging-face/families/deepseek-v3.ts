import type { Instance } from '../../../architecture/component';
import type { Maker } from '../../../architecture/make-instance';
import type { ModelSpec } from '../../../architecture/model';
import type { JsonObject } from '../config-json';
import type { ConfigReader } from '../config-reader';
import type { Family, ModelDraft } from '../family';
import { readLatentAttention, readLatentSizes, writeLatentAttention } from '../latent-attention';
import { readRoutedExperts, readSigmoidRouter, writeRoutedExperts, writeSigmoidRouter } from '../mixtures';
import { branch, perLayer, readAhead, readGatedFfn, readLayerTypes, readSizes } from '../read-common';
import { readRope } from '../read-rope';
import { firstOf, ropeOf, writeEpsilon, writeRope, writeSizes } from '../write-common';

/** What the classes after DeepSeek V3 take for keys that are missing. */
const deepseekDefaults: JsonObject = {
  vocab_size: 129280,
  hidden_size: 7168,
  intermediate_size: 18432,
  moe_intermediate_size: 2048,
  num_hidden_layers: 61,
  num_attention_heads: 128,
  n_shared_experts: 1,
  n_routed_experts: 256,
  routed_scaling_factor: 2.5,
  kv_lora_rank: 512,
  q_lora_rank: 1536,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  qk_nope_head_dim: 128,
  n_group: 8,
  topk_group: 4,
  num_experts_per_tok: 8,
  first_k_dense_replace: 3,
  norm_topk_prob: true,
  hidden_act: 'silu',
  initializer_range: 0.02,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  attention_bias: false,
  moe_layer_freq: 1,
  scoring_func: 'sigmoid',
  topk_method: 'noaux_tc',
};

/** Keys of the published files that only training or other engines read. */
const deepseekIdle = ['aux_loss_alpha', 'seq_aux', 'head_dim', 'qk_head_dim', 'num_key_value_heads'];

/** DeepSeek V3 and Kimi K2: latent attention, dense layers first, many experts in groups, one shared, modules that look further ahead. */
export const deepseekV3: Family = {
  types: ['deepseek_v3', 'kimi_k2'],
  className: 'DeepseekV3ForCausalLM',
  defaults: {
    ...deepseekDefaults,
    max_position_embeddings: 4096,
    rope_interleave: true,
    num_nextn_predict_layers: 1,
  },
  aliases: { n_routed_experts: ['num_local_experts'], num_nextn_predict_layers: ['num_mtp_layers'] },
  idle: deepseekIdle,
  read: config => readDeepseek(config, readLatentAttention),
  write: spec => writeDeepseek(spec),
};

/** DeepSeek V3.2: the same, and each token attends to the keys only that a lightning indexer picks. */
export const deepseekV32: Family = {
  types: ['deepseek_v32'],
  className: 'DeepseekV32ForCausalLM',
  defaults: {
    ...deepseekDefaults,
    max_position_embeddings: 163840,
    rope_interleave: true,
    num_nextn_predict_layers: 0,
    index_topk: 2048,
    index_head_dim: 128,
    index_n_heads: 64,
  },
  aliases: { n_routed_experts: ['num_local_experts', 'num_experts'], num_nextn_predict_layers: ['num_mtp_layers'] },
  idle: [...deepseekIdle, 'mlp_bias'],
  read: config =>
    readDeepseek(config, (from, make) => {
      if (from.flag('attention_bias')) from.fail('`attention_bias`: there is no latent attention with biases here.');
      const indexer = make('indexer.lightning', {
        heads: from.whole('index_n_heads'),
        head_dim: from.whole('index_head_dim'),
        top_k: from.whole('index_topk'),
      });
      return make('attention.mla', { ...readLatentSizes(from), indexer });
    }),
  write: spec => {
    const indexer = firstOf(spec, 'attention.mla')?.indexer.config ?? {};
    const { scoring_func: _, topk_method: __, ...config } = writeDeepseek(spec);
    return {
      ...config,
      index_n_heads: indexer.heads as number | undefined,
      index_head_dim: indexer.head_dim as number | undefined,
      index_topk: indexer.top_k as number | undefined,
    };
  },
};

function readDeepseek(config: ConfigReader, attentionOf: (config: ConfigReader, make: Maker) => Instance): ModelDraft {
  const { sizes, make } = readSizes(config);
  config.choice('scoring_func', ['sigmoid']);
  config.choice('topk_method', ['noaux_tc']);
  if (config.whole('moe_layer_freq') !== 1) config.fail('`moe_layer_freq` above 1 is not known here.');
  const norm = make('norm.rms', { epsilon: config.real('rms_norm_eps') });
  const position = readRope(config, make, { interleaved: config.flag('rope_interleave') });
  const attention = branch('attention', attentionOf(config, make));
  const dense = branch('ffn', readGatedFfn(config, make, { width: config.whole('intermediate_size') }));
  const sparse = branch('ffn', readRoutedExperts(config, make, make('router.sigmoid', readSigmoidRouter(config))));
  const firstSparse = config.whole('first_k_dense_replace', 0);
  readLayerTypes(config, sizes, ['indexed_attention', 'full_attention'], () => 'full_attention');
  const feeding = readLayerTypes(
    config,
    sizes,
    ['dense', 'sparse'],
    index => (index < firstSparse ? 'dense' : 'sparse'),
    'mlp_layer_types',
  );
  return {
    sizes,
    make,
    ahead: readAhead(config, { norm, position, branches: [attention, sparse] }),
    layers: perLayer(sizes, index => ({
      norm,
      position,
      branches: [attention, feeding[index] === 'dense' ? dense : sparse],
    })),
  };
}

function writeDeepseek(spec: ModelSpec): JsonObject {
  const moe = firstOf(spec, 'ffn.moe');
  const rope = ropeOf(spec);
  return {
    ...writeSizes(spec),
    ...writeEpsilon(spec),
    ...writeLatentAttention(spec),
    ...writeRope(rope),
    rope_interleave: rope?.interleaved,
    ...writeRoutedExperts(spec),
    scoring_func: 'sigmoid',
    topk_method: 'noaux_tc',
    ...writeSigmoidRouter(moe),
    num_nextn_predict_layers: spec.mtp?.length ?? 0,
  };
}
