import type { Instance } from '../../architecture/component';
import type { Maker } from '../../architecture/make-instance';
import type { ModelSpec } from '../../architecture/model';
import type { JsonObject } from './config-json';
import type { ConfigReader } from './config-reader';
import { firstOf } from './write-common';

/** Multi-head latent attention in the keys of DeepSeek. */
export function readLatentAttention(config: ConfigReader, make: Maker): Instance {
  if (config.flag('attention_bias')) config.fail('`attention_bias`: there is no latent attention with biases here.');
  return make('attention.mla', readLatentSizes(config));
}

export const readLatentSizes = (config: ConfigReader) => ({
  heads: config.whole('num_attention_heads'),
  query_rank: config.optionalWhole('q_lora_rank'),
  nope_dim: config.whole('qk_nope_head_dim'),
  rope_dim: config.whole('qk_rope_head_dim'),
  value_dim: config.whole('v_head_dim'),
  kv_rank: config.whole('kv_lora_rank'),
});

export function writeLatentAttention(spec: ModelSpec): JsonObject {
  const attention = firstOf(spec, 'attention.mla');
  if (attention === undefined) return {};
  return {
    num_attention_heads: attention.heads,
    num_key_value_heads: attention.heads,
    q_lora_rank: attention.query_rank,
    qk_nope_head_dim: attention.nope_dim,
    qk_rope_head_dim: attention.rope_dim,
    v_head_dim: attention.value_dim,
    kv_lora_rank: attention.kv_rank,
  };
}
