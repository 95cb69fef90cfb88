import type { Instance } from '../../architecture/component';
import type { ModelSpec } from '../../architecture/model';
import { type SettingsOf, settingsIf } from '../../architecture/registry';
import { denseBefore, denseOf, firstOf, ropeOf, windowOf } from '../hugging-face/write-common';
import { bool, float32, type GgufMetadata, type GgufValue, string, uint32 } from './gguf-values';
import { periodOf, routerOf } from './read-spec';

/** Sizes of a model under the keys of llama.cpp. */

export function sizes(spec: ModelSpec): GgufMetadata {
  return {
    vocab_size: uint32(spec.vocab),
    context_length: uint32(spec.context),
    embedding_length: uint32(spec.hidden),
    block_count: uint32(spec.stack.length),
    feed_forward_length: uint32(denseOf(spec)?.width ?? firstOf(spec, 'ffn.moe')?.width ?? 0),
    'attention.layer_norm_rms_epsilon': float32(spec.finalNorm.config.epsilon as number),
  };
}

export function heads(spec: ModelSpec, reach: 'any' | 'global' = 'any'): GgufMetadata {
  const attention = firstOf(spec, 'attention.gqa');
  if (attention === undefined) return {};
  return {
    'attention.head_count': uint32(attention.heads),
    'attention.head_count_kv': uint32(attention.kv_heads),
    'attention.key_length': uint32(attention.head_dim),
    'attention.value_length': uint32(attention.value_dim),
    'rope.dimension_count': uint32(attention.head_dim),
    ...rope(ropeOf(spec, reach) ?? ropeOf(spec)),
  };
}

/** Latent attention as attention among the latents: one key and value head, of the latent's size. */
export function latentHeads(spec: ModelSpec): GgufMetadata {
  const attention = firstOf(spec, 'attention.mla');
  if (attention === undefined) return {};
  const { heads, kv_rank: rank, rope_dim: rotated, nope_dim: plain, value_dim: value, query_rank: query } = attention;
  return {
    'attention.head_count': uint32(heads),
    'attention.head_count_kv': uint32(1),
    'attention.key_length': uint32(rank + rotated),
    'attention.value_length': uint32(rank),
    'attention.key_length_mla': uint32(plain + rotated),
    'attention.value_length_mla': uint32(value),
    'attention.kv_lora_rank': uint32(rank),
    ...(query === null ? {} : { 'attention.q_lora_rank': uint32(query) }),
    'rope.dimension_count': uint32(rotated),
    leading_dense_block_count: uint32(denseBefore(spec)),
    ...rope(ropeOf(spec)),
  };
}

function rope(settings: SettingsOf<'position.rope'> | undefined): GgufMetadata {
  if (settings === undefined) return {};
  return { 'rope.freq_base': float32(settings.theta), ...scaling(settings.scaling) };
}

function scaling(instance: Instance): GgufMetadata {
  const linear = settingsIf(instance, 'scaling.linear');
  if (linear !== null) return { 'rope.scaling.type': string('linear'), 'rope.scaling.factor': float32(linear.factor) };
  const yarn = settingsIf(instance, 'scaling.yarn');
  if (yarn === null) return {};
  const usual = 0.1 * Math.log(yarn.factor) + 1;
  const factor = attentionFactor(yarn);
  return {
    'rope.scaling.type': string('yarn'),
    'rope.scaling.factor': float32(yarn.factor),
    'rope.scaling.original_context_length': uint32(yarn.original),
    'rope.scaling.yarn_beta_fast': float32(yarn.beta_fast),
    'rope.scaling.yarn_beta_slow': float32(yarn.beta_slow),
    // With the multiplier llama.cpp sharpens all scores and leaves rotated dimensions alone.
    ...(yarn.mscale_all_dim === null
      ? { 'rope.scaling.attn_factor': float32(factor / usual) }
      : { 'rope.scaling.yarn_log_multiplier': float32(0.1 * yarn.mscale_all_dim) }),
  };
}

/** The factor on rotated queries and keys. */
function attentionFactor({ factor, attention_factor: given, mscale, mscale_all_dim: all }: SettingsOf<'scaling.yarn'>) {
  if (given !== null) return given;
  const sharpness = (strength: number) => 0.1 * strength * Math.log(factor) + 1;
  return mscale !== null && all !== null ? sharpness(mscale) / sharpness(all) : sharpness(1);
}

/** Window and pattern; a model without windows gets one that reaches everything. */
export function windows(spec: ModelSpec): GgufMetadata {
  return {
    'attention.sliding_window': uint32(windowOf(spec) ?? spec.context),
    'attention.sliding_window_pattern': uint32(periodOf(spec) ?? 1),
  };
}

/** `expert_gating_func` of llama.cpp. */
const gating = { softmax: 1, sigmoid: 2, softmaxOfChosen: 3 } as const;

export function experts(spec: ModelSpec): GgufMetadata {
  const moe = firstOf(spec, 'ffn.moe');
  if (moe === undefined) return {};
  const router = routerOf(spec);
  const groups = router?.groups ?? 1;
  const optional: Record<string, GgufValue> = {};
  if (moe.shared > 0) optional.expert_shared_count = uint32((moe.shared * moe.shared_width) / moe.width);
  const chosenGroups = router?.top_groups ?? 1;
  // Where all groups are chosen there might as well be none; llama.cpp aborts on such a file.
  if (groups > chosenGroups) {
    optional.expert_group_count = uint32(groups);
    optional.expert_group_used_count = uint32(chosenGroups);
  }
  const isSigmoid = moe.router.id === 'router.sigmoid';
  return {
    expert_count: uint32(moe.experts),
    expert_used_count: uint32(moe.top_k),
    expert_feed_forward_length: uint32(moe.width),
    expert_weights_scale: float32(router?.scale ?? 1),
    expert_weights_norm: bool(router?.renormalize === true),
    expert_gating_func: uint32(
      isSigmoid ? gating.sigmoid : moe.router.config.bias === true ? gating.softmaxOfChosen : gating.softmax,
    ),
    ...optional,
  };
}

/** Sizes of a state-space model; `steps` is how many step sizes a token has. */
export function scan(
  spec: ModelSpec,
  { taps, inner, state, steps }: { taps: number; inner: number; state: number; steps: number },
): GgufMetadata {
  return {
    ...sizes(spec),
    'attention.head_count': uint32(0),
    'ssm.conv_kernel': uint32(taps),
    'ssm.inner_size': uint32(inner),
    'ssm.state_size': uint32(state),
    'ssm.time_step_rank': uint32(steps),
  };
}
